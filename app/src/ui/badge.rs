//! A state in one word with its own shape and colour: never colour alone.

use leptos::prelude::*;
use model::{ConnectionState, RunState};

use super::Icon;

/// Red: a person must act. Amber: we are handling it. Blue: working. Green: verified. Grey: off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Off,
    Work,
    Ok,
    Warn,
    Bad,
}

impl Tone {
    pub const fn class(self) -> &'static str {
        match self {
            Self::Off => "badge",
            Self::Work => "badge badge-work",
            Self::Ok => "badge badge-ok",
            Self::Warn => "badge badge-warn",
            Self::Bad => "badge badge-bad",
        }
    }

    pub const fn text(self) -> &'static str {
        match self {
            Self::Off => "text-ink-mute",
            Self::Work => "text-work",
            Self::Ok => "text-ok",
            Self::Warn => "text-warn",
            Self::Bad => "text-bad",
        }
    }
}

#[component]
pub fn Badge(tone: Tone, icon: &'static str, #[prop(into)] label: String) -> impl IntoView {
    let class = if icon == "loader" {
        "size-3.5 shrink-0 spin"
    } else {
        "size-3.5 shrink-0"
    };
    view! { <span class=tone.class()><Icon name=icon class=class />{label}</span> }.into_any()
}

const fn connection_tone(state: ConnectionState) -> (Tone, &'static str) {
    match state {
        ConnectionState::Draft => (Tone::Off, "circle-dashed"),
        ConnectionState::Checking | ConnectionState::FirstLoad | ConnectionState::Running => {
            (Tone::Work, "loader")
        }
        ConnectionState::Ready => (Tone::Work, "circle-dot"),
        ConnectionState::UpToDate => (Tone::Ok, "circle-check"),
        ConnectionState::Queued => (Tone::Work, "clock"),
        ConnectionState::NeedsYou => (Tone::Bad, "circle-alert"),
        ConnectionState::Failing => (Tone::Warn, "alert-triangle"),
        ConnectionState::Paused => (Tone::Off, "circle-pause"),
    }
}

/// A connection's state, in the one vocabulary of pages and API.
#[component]
pub fn ConnectionBadge(state: ConnectionState) -> impl IntoView {
    let (tone, icon) = connection_tone(state);
    view! { <Badge tone=tone icon=icon label=state.label() /> }
}

const fn run_tone(state: RunState) -> (Tone, &'static str) {
    match state {
        RunState::Queued => (Tone::Work, "clock"),
        RunState::Running | RunState::Cancelling => (Tone::Work, "loader"),
        RunState::Succeeded => (Tone::Ok, "circle-check"),
        RunState::Partial => (Tone::Warn, "alert-triangle"),
        RunState::Failed => (Tone::Bad, "circle-x"),
        RunState::Cancelled => (Tone::Off, "ban"),
    }
}

#[component]
pub fn RunBadge(state: RunState) -> impl IntoView {
    let (tone, icon) = run_tone(state);
    view! { <Badge tone=tone icon=icon label=state.name() /> }
}
