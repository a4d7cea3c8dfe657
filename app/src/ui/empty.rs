//! The empty state: what this is, what happens next, and one action.

use leptos::prelude::*;

use super::{Icon, Kind, LinkButton};

#[component]
pub fn Empty(
    icon: &'static str,
    /// What this place is for, in one sentence.
    #[prop(into)]
    what: String,
    /// What happens next.
    #[prop(into)]
    next: String,
    /// Address and label of the one action.
    #[prop(optional)]
    action: Option<(String, &'static str)>,
    /// How its button looks: plain where the head of the page has the primary one.
    #[prop(default = Kind::Primary)]
    kind: Kind,
) -> impl IntoView {
    view! {
        <div class="card grid justify-items-center gap-2 px-6 py-12 text-center">
            <span class="grid size-11 place-items-center rounded-full bg-river-tint text-river">
                <Icon name=icon class="size-5" />
            </span>
            <p class="mt-1 text-base font-semibold">{what}</p>
            <p class="max-w-[52ch] text-ink-soft">{next}</p>
            {action.map(|(href, label)| view! { <div class="mt-3"><LinkButton href=href label=label kind=kind /></div> })}
        </div>
    }
    .into_any()
}
