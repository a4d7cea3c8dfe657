//! Tabs as links: each has an address, works without scripts, and can be opened in a window of its own. Where they do not
//! fit into one row they make a second one, so that none is out of sight.

use leptos::prelude::*;

/// One tab: its address, its word, whether it is the current one.
pub type Tab = (String, String, bool);

#[component]
pub fn Tabs(#[prop(into)] label: String, tabs: Vec<Tab>) -> impl IntoView {
    let links = tabs
        .into_iter()
        .map(|(href, word, current)| {
            view! { <li class="flex"><a href=href class="tab min-h-11" aria-current=current.then_some("page") data-noscroll="true">{word}</a></li> }
        })
        .collect_view();
    view! {
        <nav aria-label=label class="mb-5 border-b border-line">
            <ul class="-mb-px flex flex-wrap gap-x-5">{links}</ul>
        </nav>
    }
    .into_any()
}
