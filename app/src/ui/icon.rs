//! Icons from the sprite, and the mark of the product.

use leptos::prelude::*;

/// One icon of `/icons.svg`. Decoration only: a word stands beside it.
#[component]
pub fn Icon(
    name: &'static str,
    /// `size-4` or `size-5`, and anything about its place.
    #[prop(default = "size-4 shrink-0")]
    class: &'static str,
) -> impl IntoView {
    let href = format!("/icons.svg#{name}");
    view! { <svg class=class aria-hidden="true"><use href=href></use></svg> }.into_any()
}

/// Three lines flowing into one.
#[component]
pub fn Mark(#[prop(default = "size-6 text-river")] class: &'static str) -> impl IntoView {
    // Not written into the view: a wholly static element inside an svg does not hydrate.
    let href = "/mark.svg#mark".to_owned();
    view! {
        <svg
            class=class
            viewBox="0 0 24 24"
            fill="none"
            stroke="currentColor"
            stroke-width="1.75"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
        >
            <use href=href></use>
        </svg>
    }
    .into_any()
}
