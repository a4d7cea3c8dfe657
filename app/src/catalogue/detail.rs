//! One integration: what it holds, what it takes, where it runs, and the way in.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_params_map;
use model::{Availability, Gives, IntegrationCard, Runs};

use super::api::{Connected, Detail, load_detail};
use crate::{
    own::{Done, api::RemoveOwn},
    paths,
    ui::{
        self, BrandTile, Button, Card, ConnectionBadge, Form, Icon, Kind, LinkButton, Notice,
        PageHead, Tile, Tone,
    },
};

#[component]
pub fn IntegrationPage() -> impl IntoView {
    let params = use_params_map();
    let data = ui::page_data(
        move || params.with(|params| params.get("slug").unwrap_or_default()),
        load_detail,
    );
    ui::load(data, page)
}

fn page(detail: Detail) -> AnyView {
    let Detail {
        integration,
        card,
        is_own,
        connected,
    } = detail;
    let mark = view! { <BrandTile logo=card.logo.clone() monogram=card.monogram.clone() size=Tile::Large /> }.into_any();
    let summary = integration.summary.clone();
    let lead = view! { <p>{summary}</p> }.into_any();
    let has_one = !connected.is_empty();
    let actions = (card.availability == Availability::Ready).then(|| {
        if card.runs == Runs::Described {
            return view! { <LinkButton href=paths::DESCRIBE label="Describe your API" icon="pencil" kind=Kind::Primary /> }.into_any();
        }
        let label = if has_one {
            "Connect another".to_owned()
        } else {
            format!("Connect {}", card.name)
        };
        let kind = if has_one { Kind::Plain } else { Kind::Primary };
        view! { <LinkButton href=paths::connect(&card.slug) label=label icon="plug" kind=kind /> }
            .into_any()
    });
    let crumbs = vec![("Integrations".to_owned(), paths::INTEGRATIONS.to_owned())];
    let note = integration
        .note
        .map(|note| view! { <Notice tone=Tone::Off><p>{note}</p></Notice> }.into_any());
    let main: Vec<AnyView> = [
        availability(&card),
        note,
        is_own.then(|| own(&card.slug, has_one)),
        existing(connected),
        brings(integration.gives),
    ]
    .into_iter()
    .flatten()
    .collect();
    view! {
        <PageHead title=card.name.clone() crumbs=crumbs mark=mark lead=lead actions=actions.unwrap_or_else(|| ().into_any()) />
        <Done name=card.name.clone() used=has_one />
        {beside(main, facts(&card))}
    }
    .into_any()
}

/// What there is to say, and the facts beside it; the facts alone where there is nothing.
fn beside(main: Vec<AnyView>, facts: AnyView) -> AnyView {
    if main.is_empty() {
        return view! { <div class="max-w-sm">{facts}</div> }.into_any();
    }
    view! {
        <div class="grid items-start gap-5 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
            <div class="space-y-5">{main}</div>
            {facts}
        </div>
    }
    .into_any()
}

/// What can be done with an integration that the workspace described.
fn own(slug: &str, has_one: bool) -> AnyView {
    let slug = slug.to_owned();
    let change = paths::own_change(&slug);
    let remove = if has_one {
        view! { <span class="text-label text-ink-mute">"It can be taken out once its connections are removed."</span> }.into_any()
    } else {
        view! {
            <Form action=RemoveOwn::PATH id="remove" class="contents">
                <input type="hidden" name="slug" value=slug />
                <Button label="Take it out of the catalogue" icon="trash" kind=Kind::SmallQuiet />
            </Form>
        }
        .into_any()
    };
    view! {
        <Card title="Described by your workspace">
            <div class="flex flex-wrap items-center gap-3">
                <LinkButton href=change label="Change the description" icon="pencil" kind=Kind::Small />
                {remove}
            </div>
        </Card>
    }
    .into_any()
}

/// Nothing where only its own form and schema will tell.
fn brings(gives: Gives) -> Option<AnyView> {
    if gives.tables.is_empty() && gives.features.is_empty() {
        return None;
    }
    let asked_for = if gives.features.is_empty() {
        "Its tables"
    } else {
        "Tables people ask for first"
    };
    let tables = gives
        .tables
        .into_iter()
        .map(|table| view! { <li class="tag font-mono">{table}</li> })
        .collect_view();
    let features = (!gives.features.is_empty()).then(|| {
        let features = gives
            .features
            .into_iter()
            .map(|feature| view! { <li class="flex gap-2"><Icon name="sparkles" class="mt-0.5 size-4 shrink-0 text-river" />{feature}</li> })
            .collect_view();
        view! {
            <h3 class="mt-4 text-label font-medium text-ink-mute">"What an app can do with them"</h3>
            <ul class="mt-2 space-y-1.5">{features}</ul>
        }
    });
    let card = view! {
        <Card title="What it brings">
            <h3 class="text-label font-medium text-ink-mute">{asked_for}</h3>
            <ul class="mt-2 flex flex-wrap gap-1.5">{tables}</ul>
            {features}
        </Card>
    };
    Some(card.into_any())
}

fn facts(card: &IntegrationCard) -> AnyView {
    let auth = card
        .auth
        .iter()
        .map(|method| view! { <li>{method.label()}</li> })
        .collect_view();
    let fact = |name: &'static str, value: AnyView| view! { <div><dt class="text-label text-ink-mute">{name}</dt><dd>{value}</dd></div> };
    let takes = !card.auth.is_empty();
    let (category, runs, effort) = (
        card.category.label(),
        card.runs.label(),
        card.effort.clone(),
    );
    view! {
        <Card title="At a glance">
            <dl class="space-y-3">
                {fact("Category", category.into_any())}
                {takes.then(|| fact("What connecting takes", view! { <ul>{auth}</ul> }.into_any()))}
                {(!effort.is_empty()).then(|| fact("Effort", effort.into_any()))}
                {fact("Where it runs", runs.into_any())}
            </dl>
        </Card>
    }
    .into_any()
}

/// Said honestly when it cannot be connected here.
fn availability(card: &IntegrationCard) -> Option<AnyView> {
    let (title, text) = match (card.availability, &card.runs) {
        (Availability::Ready, _) => return None,
        (Availability::NeedsAirbyte, _) => (
            "It needs an Airbyte",
            "The embedded engine cannot run this connector. It can be connected once the operator of this hub has set up an Airbyte.".to_owned(),
        ),
        (Availability::Unavailable, Runs::Nowhere { why }) => ("It cannot be connected here", why.clone()),
        (Availability::Unavailable, _) => ("It cannot be connected here", String::new()),
    };
    Some(
        view! { <Notice tone=Tone::Warn title=title><p class="text-ink-soft">{text}</p></Notice> }
            .into_any(),
    )
}

fn existing(connected: Vec<Connected>) -> Option<AnyView> {
    if connected.is_empty() {
        return None;
    }
    let rows = connected
        .into_iter()
        .map(|connection| {
            view! {
                <li class="relative flex items-center justify-between gap-3 px-4 py-3 hover:bg-sunken">
                    <a href=paths::connection(connection.id) class="stretched font-medium">{connection.name}</a>
                    <ConnectionBadge state=connection.state />
                </li>
            }
        })
        .collect_view();
    Some(view! { <Card title="Connected already" pad=crate::ui::Pad::None><ul class="divide-y divide-line">{rows}</ul></Card> }.into_any())
}
