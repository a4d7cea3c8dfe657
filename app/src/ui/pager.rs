//! The foot of a long list: a link that reads on.

use leptos::prelude::*;

use super::{Kind, LinkButton};

#[component]
pub fn Pager(
    /// Address of the next page; nothing is shown without one.
    next: Option<String>,
    /// Address of the first page, when this is not it.
    #[prop(optional)]
    first: Option<String>,
) -> impl IntoView {
    view! {
        <nav aria-label="More of this list" class="mt-4 flex justify-between gap-2">
            <span>{first.map(|href| view! { <LinkButton href=href label="Back to the start" icon="arrow-left" kind=Kind::Small /> })}</span>
            <span>{next.map(|href| view! { <LinkButton href=href label="Show more" icon="chevron-right" kind=Kind::Small /> })}</span>
        </nav>
    }
    .into_any()
}
