//! What to connect first: each card with its reason, what it brings, what it takes, and the sum behind it.

use leptos::prelude::*;
use model::{Availability, Recommendation, Runs, ScorePart};

use super::{api::Connected, list::state};
use crate::{
    paths,
    ui::{BrandTile, Icon, Kind, LinkButton},
};

pub fn cards(recommended: Vec<Recommendation>, connected: &[Connected]) -> AnyView {
    let cards = recommended
        .into_iter()
        .map(|one| card(one, connected))
        .collect_view();
    view! { <ul class="grid grid-cols-1 gap-4 lg:grid-cols-2">{cards}</ul> }.into_any()
}

fn card(one: Recommendation, connected: &[Connected]) -> AnyView {
    let integration = one.integration;
    let badge = state(&integration, connected);
    let known = connected
        .iter()
        .find(|connection| connection.slug == integration.slug);
    let action = action(
        &integration.slug,
        &integration.name,
        integration.availability,
        &integration.runs,
        known,
    );
    let tags = |words: Vec<String>| {
        words
            .into_iter()
            .map(|word| view! { <li class="tag">{word}</li> })
            .collect_view()
    };
    view! {
        <li class="card flex flex-col gap-3 p-4">
            <div class="flex flex-wrap items-start gap-3">
                <BrandTile logo=integration.logo.clone() monogram=integration.monogram.clone() />
                <div class="min-w-40 flex-1">
                    <h2 class="text-base leading-6">
                        <a href=paths::integration(&integration.slug) class="hover:underline">{integration.name.clone()}</a>
                    </h2>
                    <p class="text-label text-ink-mute">{one.effort}</p>
                </div>
                {badge}
            </div>
            <p>{one.reason}</p>
            <div class="space-y-2 text-label">
                <div class="flex flex-wrap items-center gap-1.5">
                    <span class="text-ink-mute">"Tables"</span>
                    <ul class="contents">{tags(one.tables)}</ul>
                </div>
                <ul class="space-y-0.5 text-ink-soft">
                    {one.unlocks.into_iter().map(|what| view! { <li class="flex gap-1.5"><Icon name="sparkles" class="mt-0.5 size-4 shrink-0 text-river" />{what}</li> }).collect_view()}
                </ul>
            </div>
            <div class="mt-auto flex flex-wrap items-start justify-between gap-3 pt-1">
                {why(one.score, one.parts)}
                {action}
            </div>
        </li>
    }
    .into_any()
}

fn action(
    slug: &str,
    name: &str,
    availability: Availability,
    runs: &Runs,
    known: Option<&Connected>,
) -> AnyView {
    match (known, availability) {
        (Some(known), _) => {
            let label = if known.state == model::ConnectionState::Draft { "Finish set-up" } else { "Open" };
            view! { <LinkButton href=paths::connection(known.id) label=label about=format!("{label}: {}", known.name) kind=Kind::Small /> }.into_any()
        }
        (None, Availability::Ready) if *runs == Runs::Described => {
            view! { <LinkButton href=paths::DESCRIBE label="Describe it" about=format!("Describe {name}") icon="pencil" kind=Kind::Small /> }.into_any()
        }
        (None, Availability::Ready) => {
            view! { <LinkButton href=paths::connect(slug) label="Connect" about=format!("Connect {name}") icon="plug" kind=Kind::Small /> }.into_any()
        }
        (None, _) => view! { <LinkButton href=paths::integration(slug) label="See what it takes" about=format!("See what it takes: {name}") kind=Kind::Small /> }.into_any(),
    }
}

/// The whole sum, in the open.
fn why(score: u16, parts: Vec<ScorePart>) -> AnyView {
    let rows = parts
        .into_iter()
        .map(|part| {
            view! {
                <tr>
                    <th scope="row" class="py-1 pe-3 text-start align-top font-medium">{part.because}</th>
                    <td class="py-1 pe-3 text-ink-soft">{part.reason}</td>
                    <td class="py-1 text-end align-top">{format!("+{}", part.points)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <details class="min-w-0 text-label open:w-full">
            <summary class="inline-flex items-center gap-1 rounded-control text-ink-soft hover:text-ink">
                <Icon name="chevron-right" class="chevron size-3.5 shrink-0" />
                "Why this?"
            </summary>
            <table class="mt-2 w-full">
                <caption class="sr-only">"What the score is made of"</caption>
                <tbody>{rows}</tbody>
                <tfoot>
                    <tr class="border-t border-line font-medium">
                        <th scope="row" class="py-1 text-start" colspan="2">"Sum"</th>
                        <td class="py-1 text-end">{score}</td>
                    </tr>
                </tfoot>
            </table>
        </details>
    }
    .into_any()
}
