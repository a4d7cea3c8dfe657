//! The business profile in three taps: industry, size, type. Links carry the answers, the last tap stores them.

pub mod api;

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_query_map;
use model::{BusinessType, CompanySize, Industry, ProfileAnswer};

use crate::{
    paths,
    ui::{self, After, Button, Form, Icon, Kind, PageHead},
};
use api::{SaveProfile, SkipProfile, load_profile};

/// The answers so far, as the address holds them.
#[derive(Clone, Copy, PartialEq)]
struct Answers {
    industry: Option<Industry>,
    size: Option<CompanySize>,
}

#[component]
pub fn WelcomePage() -> impl IntoView {
    let query = use_query_map();
    let answers = Memo::new(move |_| {
        query.with(|query| Answers {
            industry: query
                .get("industry")
                .and_then(|name| Industry::parse(&name)),
            size: query.get("size").and_then(|name| CompanySize::parse(&name)),
        })
    });
    let data = ui::page_data(move || answers.get(), |_| load_profile());
    ui::load_with(
        data,
        Callback::new(move |answer| page(&answer, answers.get_untracked())),
    )
}

fn page(answer: &ProfileAnswer, answers: Answers) -> AnyView {
    let (step, title, lead, body) = match (answers.industry, answers.size) {
        (None, _) => (
            1,
            "What do you work in?",
            "Decides which tools we suggest first.",
            industries(answer),
        ),
        (Some(industry), None) => (
            2,
            "How many people work there?",
            "Small teams and large ones connect different tools first.",
            sizes(industry),
        ),
        (Some(industry), Some(size)) => (
            3,
            "Whom do you serve?",
            "Decides what an app could do with your data.",
            kinds(industry, size),
        ),
    };
    let lead = view! { <p>{format!("{step} of 3 · {lead}")}</p> }.into_any();
    let skip = view! { <Form action=SkipProfile::PATH id="skip" class="" after=After::Reload><Button label="Skip for now" kind=Kind::Quiet /></Form> };
    let back = (step > 1).then(|| view! { <a href=paths::WELCOME class="btn btn-quiet"><Icon name="arrow-left" />"Start over"</a> });
    view! {
        <div class="mx-auto max-w-3xl">
            <PageHead title=title lead=lead actions=skip.into_any() />
            {body}
            <div class="mt-5">{back}</div>
        </div>
    }
    .into_any()
}

const TILE: &str = "card flex w-full items-center justify-between gap-2 px-4 py-3 text-start font-medium hover:border-river hover:bg-river-tint";

fn tile(href: String, word: &'static str, current: bool) -> AnyView {
    view! {
        <li>
            <a href=href class=TILE data-noscroll="true">
                {word}
                <span class="text-ink-mute">{if current { view! { <Icon name="check" /> } } else { view! { <Icon name="chevron-right" /> } }}</span>
            </a>
        </li>
    }
    .into_any()
}

/// The list can be narrowed by typing, once scripts run.
fn industries(answer: &ProfileAnswer) -> AnyView {
    let before = match answer {
        ProfileAnswer::Given(profile) => Some(profile.industry),
        _ => None,
    };
    let words = RwSignal::new(String::new());
    let shown = move || {
        let words = words.get().to_lowercase();
        Industry::ALL
            .iter()
            .copied()
            .filter(|industry| industry.label().to_lowercase().contains(&words))
            .collect::<Vec<_>>()
    };
    let row = move |industry: Industry| {
        tile(
            paths::with_query(paths::WELCOME, &[("industry", industry.name())]),
            industry.label(),
            before == Some(industry),
        )
    };
    view! {
        <input
            type="search"
            class="input needs-script mb-3"
            aria-label="Search industries"
            placeholder="Search industries"
            on:input=move |event| words.set(event_target_value(&event))
        />
        <ul class="grid gap-2 sm:grid-cols-2">
            <For each=shown key=|industry| industry.name() children=row />
        </ul>
    }
    .into_any()
}

fn sizes(industry: Industry) -> AnyView {
    let tiles = CompanySize::ALL
        .iter()
        .map(|size| {
            tile(
                paths::with_query(
                    paths::WELCOME,
                    &[("industry", industry.name()), ("size", size.name())],
                ),
                size.label(),
                false,
            )
        })
        .collect_view();
    view! { <ul class="grid gap-2 sm:grid-cols-2">{tiles}</ul> }.into_any()
}

fn kinds(industry: Industry, size: CompanySize) -> AnyView {
    let buttons = BusinessType::ALL
        .iter()
        .map(|kind| view! { <button type="submit" name="kind" value=kind.name() class=TILE>{kind.label()}<span class="text-ink-mute"><Icon name="chevron-right" /></span></button> })
        .collect_view();
    view! {
        <Form action=SaveProfile::PATH class="grid gap-2 sm:grid-cols-2" after=After::Reload>
            <input type="hidden" name="industry" value=industry.name() />
            <input type="hidden" name="size" value=size.name() />
            {buttons}
        </Form>
    }
    .into_any()
}
