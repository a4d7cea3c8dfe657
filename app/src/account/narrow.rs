//! The narrow page that account forms stand on.

use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn Narrow(
    #[prop(into)] title: String,
    #[prop(into)] lead: String,
    #[prop(optional)] foot: Option<AnyView>,
    children: Children,
) -> impl IntoView {
    view! {
        <Title text=title.clone() />
        <div class="mx-auto w-full max-w-sm pt-4 md:pt-12">
            <h1 id="page-title" tabindex="-1" class="text-title">{title}</h1>
            <p class="mt-1 mb-6 text-ink-soft">{lead}</p>
            {children()}
            {foot.map(|foot| view! { <div class="mt-6 border-t border-line pt-4 text-ink-soft">{foot}</div> })}
        </div>
    }
    .into_any()
}
