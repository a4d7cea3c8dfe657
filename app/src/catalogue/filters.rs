//! Search and filters of the catalogue: a GET form and links, so that every choice is in the address.

use leptos::prelude::*;
use leptos_router::components::Form as GetForm;
use model::{Category, RunsFilter};

use super::Asked;
use crate::{paths, ui::Icon};

pub fn search(asked: &Asked) -> AnyView {
    let Asked {
        q, category, runs, ..
    } = asked.clone();
    let hidden = |name: &'static str, value: &'static str| {
        (!value.is_empty()).then(|| view! { <input type="hidden" name=name value=value /> })
    };
    view! {
        <GetForm method="GET" action=paths::INTEGRATIONS>
            <div class="mb-4 flex gap-2" role="search">
                {hidden("view", "all")}
                {hidden("category", category.map_or("", Category::name))}
                {hidden("runs", runs.map_or("", RunsFilter::name))}
                <input
                    type="search"
                    name="q"
                    id="catalogue-search"
                    class="input max-w-md"
                    aria-label="Search integrations"
                    placeholder="Search by name, category or table"
                    autocomplete="off"
                    value=q
                />
                <button type="submit" class="btn"><Icon name="search" />"Search"</button>
            </div>
        </GetForm>
    }
    .into_any()
}

/// `has_others`: the Airbyte of this installation offers more than the catalogue knows.
pub fn chips(asked: &Asked, has_others: bool) -> AnyView {
    let category = |category: Option<Category>, word: &'static str| {
        chip(
            asked.href(category, asked.runs),
            word,
            asked.category == category,
        )
    };
    let runs = |runs: Option<RunsFilter>, word: &'static str| {
        chip(asked.href(asked.category, runs), word, asked.runs == runs)
    };
    let categories = Category::ALL
        .into_iter()
        .filter(|one| has_others || *one != Category::Others)
        .map(|one| category(Some(one), one.label()))
        .collect_view();
    let places = [RunsFilter::Here, RunsFilter::AirbyteOnly]
        .into_iter()
        .map(|one| runs(Some(one), one.label()))
        .collect_view();
    view! {
        <nav aria-label="Filters" class="mb-4 space-y-2">
            <ul aria-label="Category" class="flex gap-1.5 overflow-x-auto pb-1 md:flex-wrap">{category(None, "All categories")}{categories}</ul>
            <ul aria-label="Where it runs" class="flex gap-1.5 overflow-x-auto pb-1 md:flex-wrap">{runs(None, "Anywhere")}{places}</ul>
        </nav>
    }
    .into_any()
}

fn chip(href: String, word: &'static str, current: bool) -> AnyView {
    view! { <li><a href=href class="chip" aria-current=current.then_some("true") data-noscroll="true">{word}</a></li> }.into_any()
}
