//! A sentence that stands out: something needs a person, is being handled, or is done.

use leptos::prelude::*;

use super::{Icon, Tone};

#[component]
pub fn Notice(
    tone: Tone,
    #[prop(optional, into)] title: Option<String>,
    children: Children,
) -> impl IntoView {
    let (class, icon) = match tone {
        Tone::Off => (
            "flex gap-3 rounded-card border border-line bg-sunken px-4 py-3",
            "info",
        ),
        Tone::Work => ("flex gap-3 rounded-card bg-work-tint px-4 py-3", "info"),
        Tone::Ok => (
            "flex gap-3 rounded-card bg-ok-tint px-4 py-3",
            "circle-check",
        ),
        Tone::Warn => (
            "flex gap-3 rounded-card bg-warn-tint px-4 py-3",
            "alert-triangle",
        ),
        Tone::Bad => (
            "flex gap-3 rounded-card bg-bad-tint px-4 py-3",
            "circle-alert",
        ),
    };
    view! {
        <div class=class>
            <span class=tone.text()><Icon name=icon class="mt-px size-5 shrink-0" /></span>
            <div class="min-w-0 flex-1 space-y-1 wrap-anywhere">
                {title.map(|title| view! { <p class="font-semibold">{title}</p> })}
                {children()}
            </div>
        </div>
    }
    .into_any()
}
