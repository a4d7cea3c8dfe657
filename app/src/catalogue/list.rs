//! The whole catalogue as dense rows, and what to offer when nothing was found.

use leptos::prelude::*;
use model::{Availability, IntegrationCard};

use super::{
    Asked,
    api::{Catalogue, Connected},
    filters::chips,
};
use crate::{
    paths,
    ui::{Badge, BrandTile, ConnectionBadge, Icon, Tone, count, plural},
};

pub fn all(data: &Catalogue, asked: &Asked) -> AnyView {
    let found = i64::try_from(data.hits.len()).unwrap_or(i64::MAX);
    let words = if asked.is_filtered() {
        format!("{} found", count(found))
    } else {
        plural(found, "integration", "integrations")
    };
    let body = if data.hits.is_empty() {
        nothing(data, asked)
    } else {
        rows(&data.hits, &data.connected)
    };
    view! {
        {chips(asked, data.has_others)}
        <p role="status" class="mb-2 text-label text-ink-mute">{words}</p>
        {body}
    }
    .into_any()
}

fn rows(cards: &[IntegrationCard], connected: &[Connected]) -> AnyView {
    let rows = cards.iter().map(|card| row(card, connected)).collect_view();
    view! { <ul class="card divide-y divide-line overflow-hidden">{rows}</ul> }.into_any()
}

fn row(card: &IntegrationCard, connected: &[Connected]) -> AnyView {
    let auth = card
        .auth
        .iter()
        .map(|method| method.label())
        .collect::<Vec<_>>()
        .join(", ");
    view! {
        <li class="relative flex items-center gap-3 px-4 py-2.5 hover:bg-sunken">
            <BrandTile logo=card.logo.clone() monogram=card.monogram.clone() />
            <div class="min-w-0 flex-1 sm:grid sm:grid-cols-[minmax(0,1fr)_minmax(0,1fr)_9rem] sm:items-center sm:gap-4">
                <div class="min-w-0">
                    <a href=paths::integration(&card.slug) class="stretched font-medium">{card.name.clone()}</a>
                    <p class="truncate text-label text-ink-mute">{card.category.label()}</p>
                </div>
                <p class="min-w-0 text-label text-ink-soft">{auth}</p>
                <div class="max-sm:mt-1 sm:text-end">{state(card, connected)}</div>
            </div>
            <Icon name="chevron-right" class="size-4 shrink-0 text-ink-mute" />
        </li>
    }
    .into_any()
}

/// Connected, or why it cannot be; nothing to say about one that is simply ready.
pub fn state(card: &IntegrationCard, connected: &[Connected]) -> AnyView {
    if let Some(connection) = connected
        .iter()
        .find(|connection| connection.slug == card.slug)
    {
        return view! { <ConnectionBadge state=connection.state /> }.into_any();
    }
    match card.availability {
        Availability::Ready => ().into_any(),
        Availability::NeedsAirbyte => {
            view! { <Badge tone=Tone::Off icon="cloud" label="needs Airbyte" /> }.into_any()
        }
        Availability::Unavailable => {
            view! { <Badge tone=Tone::Off icon="ban" label="not yet" /> }.into_any()
        }
    }
}

fn nothing(data: &Catalogue, asked: &Asked) -> AnyView {
    let near = (!data.nearest.is_empty()).then(|| view! { <div><h2 class="mb-2 text-sm">"Nearest names"</h2>{rows(&data.nearest, &data.connected)}</div> });
    let generic = (!data.generic.is_empty()).then(|| view! { <div><h2 class="mb-2 text-sm">"These take the data of any tool"</h2>{rows(&data.generic, &data.connected)}</div> });
    let what = if asked.q.trim().is_empty() {
        "Nothing matches these filters.".to_owned()
    } else {
        format!("Nothing is called “{}”.", asked.q.trim())
    };
    view! {
        <div class="space-y-5">
            <p class="text-ink-soft">{what} " " <a href=paths::with_query(paths::INTEGRATIONS, &[("view", "all")])>"Show all"</a> ", or " <a href=paths::INTEGRATIONS_NEW>"describe it yourself"</a> "."</p>
            {near}
            {generic}
        </div>
    }
    .into_any()
}
