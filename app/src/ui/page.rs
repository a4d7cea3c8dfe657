//! The head of every page: title, breadcrumb, heading, status sentence, actions.

use leptos::prelude::*;
use leptos_meta::Title;

use super::Icon;

/// One step back up: its word and address.
pub type Crumb = (String, String);

#[component]
pub fn PageHead(
    #[prop(into)] title: String,
    /// The pages above this one, outermost first.
    #[prop(optional)]
    crumbs: Vec<Crumb>,
    /// What stands in front of the heading, such as a brand tile.
    #[prop(optional)]
    mark: Option<AnyView>,
    /// What stands behind the heading, such as a badge.
    #[prop(optional)]
    state: Option<AnyView>,
    /// One sentence about what is on the page.
    #[prop(optional)]
    lead: Option<AnyView>,
    #[prop(optional)] actions: Option<AnyView>,
) -> impl IntoView {
    let trail = (!crumbs.is_empty()).then(|| trail(crumbs, title.clone()));
    view! {
        <Title text=title.clone() />
        {trail}
        <header class="mb-5 flex flex-wrap items-start justify-between gap-x-6 gap-y-3 lg:flex-nowrap">
            <div class="flex min-w-0 items-start gap-3">
                {mark}
                <div class="min-w-0">
                    <div class="flex flex-wrap items-center gap-x-3 gap-y-1">
                        <h1 id="page-title" tabindex="-1" class="text-title wrap-anywhere">{title}</h1>
                        {state}
                    </div>
                    {lead.map(|lead| view! { <div class="mt-0.5 max-w-[72ch] text-ink-soft wrap-anywhere">{lead}</div> })}
                </div>
            </div>
            {actions.map(|actions| view! { <div class="flex flex-wrap items-center gap-2 lg:max-w-3/5 lg:shrink-0 lg:justify-end">{actions}</div> })}
        </header>
    }
    .into_any()
}

/// The pages above as links, this page last.
fn trail(crumbs: Vec<Crumb>, here: String) -> AnyView {
    let links = crumbs
        .into_iter()
        .map(|(word, href)| {
            view! {
                <li class="flex min-w-0 items-center gap-1.5">
                    <a href=href class="min-w-0 wrap-anywhere hover:text-ink hover:underline">{word}</a>
                    <Icon name="chevron-right" class="size-3.5 shrink-0" />
                </li>
            }
        })
        .collect_view();
    view! {
        <nav aria-label="Breadcrumb" class="mb-2 text-label text-ink-mute">
            <ol class="flex flex-wrap gap-x-1.5">
                {links}
                <li aria-current="page" class="min-w-0 wrap-anywhere text-ink-soft">{here}</li>
            </ol>
        </nav>
    }
    .into_any()
}
