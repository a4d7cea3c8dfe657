//! The catalogue: what to connect first and why, everything there is, and one integration in detail.

pub mod api;
mod detail;
mod filters;
mod list;
mod recommended;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::{Category, ProfileAnswer, RunsFilter};

use crate::{
    paths,
    ui::{self, Kind, LinkButton, PageHead, Tabs},
};
use api::{Catalogue, load_catalogue};

pub use detail::IntegrationPage;

/// What the address asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    pub q: String,
    pub category: Option<Category>,
    pub runs: Option<RunsFilter>,
    /// The whole catalogue rather than the suggestions.
    pub all: bool,
}

impl Asked {
    fn is_filtered(&self) -> bool {
        !self.q.trim().is_empty() || self.category.is_some() || self.runs.is_some()
    }

    /// This address with another category or place to run.
    fn href(&self, category: Option<Category>, runs: Option<RunsFilter>) -> String {
        let view = if self.all { "all" } else { "" };
        paths::with_query(
            paths::INTEGRATIONS,
            &[
                ("view", view),
                ("q", &self.q),
                ("category", category.map_or("", Category::name)),
                ("runs", runs.map_or("", RunsFilter::name)),
            ],
        )
    }
}

#[component]
pub fn CataloguePage() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        query.with(|query| Asked {
            q: query.get("q").unwrap_or_default(),
            category: query
                .get("category")
                .and_then(|name| Category::parse(&name)),
            runs: query.get("runs").and_then(|name| RunsFilter::parse(&name)),
            all: query.get("view").is_some_and(|view| view == "all"),
        })
    });
    let data = ui::page_data(
        move || {
            asked.with(|asked| {
                (
                    asked.q.clone(),
                    asked.category.map_or("", Category::name).to_owned(),
                    asked.runs.map_or("", RunsFilter::name).to_owned(),
                )
            })
        },
        |(q, category, runs)| load_catalogue(q, category, runs),
    );
    ui::load_with(
        data,
        Callback::new(move |data| page(data, &asked.get_untracked())),
    )
}

fn page(data: Catalogue, asked: &Asked) -> AnyView {
    let show_all = asked.all || asked.is_filtered() || data.recommended.is_empty();
    let lead = match data.profile {
        ProfileAnswer::Given(profile) => view! { <p>{profile.words()} " · " <a href=paths::WELCOME>"Change"</a></p> }.into_any(),
        _ => view! { <p>"Suggestions get better with three answers. " <a href=paths::WELCOME>"Tell us about the business"</a></p> }.into_any(),
    };
    let describe = view! { <LinkButton href=paths::INTEGRATIONS_NEW label="Describe your own" icon="plus" kind=Kind::Plain /> }.into_any();
    let tabs = vec![
        (
            paths::INTEGRATIONS.to_owned(),
            "Recommended".to_owned(),
            !show_all,
        ),
        (
            paths::with_query(paths::INTEGRATIONS, &[("view", "all")]),
            "All".to_owned(),
            show_all,
        ),
    ];
    let body = if show_all {
        list::all(&data, asked)
    } else {
        recommended::cards(data.recommended, &data.connected)
    };
    view! {
        <PageHead title="Integrations" lead=lead actions=describe />
        {filters::search(asked)}
        <Tabs label="Which integrations" tabs=tabs />
        {body}
    }
    .into_any()
}
