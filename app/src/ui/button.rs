//! Buttons that send a form, and links that look like them.

use leptos::prelude::*;

use super::{FormState, Icon};

/// How much a button asks for attention. A page has one `Primary`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    Primary,
    /// Primary over the whole width, for narrow forms.
    Wide,
    #[default]
    Plain,
    Quiet,
    Danger,
    Small,
    SmallQuiet,
}

impl Kind {
    pub const fn class(self) -> &'static str {
        match self {
            Self::Primary => "btn btn-primary",
            Self::Wide => "btn btn-primary btn-wide",
            Self::Plain => "btn",
            Self::Quiet => "btn btn-quiet",
            Self::Danger => "btn btn-danger",
            Self::Small => "btn btn-small",
            Self::SmallQuiet => "btn btn-small btn-quiet",
        }
    }
}

/// Sends the form it stands in. While the form is on its way the button says so and does nothing.
#[component]
pub fn Button(
    #[prop(optional)] kind: Kind,
    #[prop(optional)] icon: Option<&'static str>,
    /// Name and value that are posted when this button is pressed.
    #[prop(optional, into)]
    name: Option<String>,
    #[prop(optional, into)] value: Option<String>,
    #[prop(into)] label: String,
    /// Words for screen readers when the label alone says too little.
    #[prop(optional, into)]
    about: Option<String>,
) -> impl IntoView {
    let busy = FormState::busy();
    view! {
        <button
            type="submit"
            class=kind.class()
            name=name
            value=value
            aria-busy=move || busy.get().then_some("true")
            aria-label=about
        >
            {icon.map(|name| view! { <Icon name=name /> })}
            {label}
        </button>
    }
    .into_any()
}

/// Shown in place of words while a form is on its way.
#[component]
pub fn Busy(#[prop(into)] words: String) -> impl IntoView {
    let busy = FormState::busy();
    view! {
        <span role="status" class="text-label text-ink-mute">
            {move || busy.get().then(|| words.clone())}
        </span>
    }
    .into_any()
}

/// A link with the weight of a button.
#[component]
pub fn LinkButton(
    #[prop(into)] href: String,
    #[prop(optional)] kind: Kind,
    #[prop(optional)] icon: Option<&'static str>,
    #[prop(into)] label: String,
    #[prop(optional, into)] about: Option<String>,
) -> impl IntoView {
    view! {
        <a href=href class=kind.class() aria-label=about>
            {icon.map(|name| view! { <Icon name=name /> })}
            {label}
        </a>
    }
    .into_any()
}
