//! The status of a running workspace: one sentence, what needs a person, and the figures.

use leptos::prelude::*;
use model::HomeView;

use crate::{
    paths,
    ui::{Ago, Icon, Kind, LinkButton, count},
};

/// "All 7 connections are in order. Last rows 4 min ago."
pub fn sentence(home: &HomeView) -> AnyView {
    let state = match home.need_you {
        0 if home.connections == 0 => "Nothing is connected.".to_owned(),
        0 if home.connections == 1 => "Your connection is in order.".to_owned(),
        0 => format!("All {} connections are in order.", count(home.connections)),
        1 => "1 connection needs you.".to_owned(),
        n => format!("{} connections need you.", count(n)),
    };
    let last = home
        .last_rows_at
        .clone()
        .map(|at| view! { <span>" Last rows " <Ago at=at /> "."</span> });
    view! { <p><a href=paths::CONNECTIONS>{state}</a>{last}</p> }.into_any()
}

/// Connections that need a person, worst first.
pub fn attention(home: &HomeView) -> Option<AnyView> {
    if home.attention.is_empty() {
        return None;
    }
    let rows = home
        .attention
        .iter()
        .map(|item| {
            let href = paths::connection(item.connection);
            let about = format!("Open connection {}", item.name);
            view! {
                <li class="flex flex-wrap items-center gap-3 px-4 py-3">
                    <span class="text-bad"><Icon name="circle-alert" class="size-5 shrink-0" /></span>
                    <div class="min-w-0 flex-1">
                        <p class="font-medium">{item.name.clone()}</p>
                        <p class="text-label text-ink-soft">{item.reason.clone()}</p>
                    </div>
                    <LinkButton href=href label="Open connection" about=about kind=Kind::Small />
                </li>
            }
        })
        .collect_view();
    Some(
        view! {
            <section class="card overflow-hidden" aria-labelledby="needs">
                <div class="flex items-baseline justify-between gap-3 border-b border-line px-4 py-3">
                    <h2 id="needs" class="text-sm">"Needs you"</h2>
                    {all(home)}
                </div>
                <ul class="divide-y divide-line">{rows}</ul>
            </section>
        }
        .into_any(),
    )
}

/// The way to those that have no room here.
fn all(home: &HomeView) -> Option<AnyView> {
    let shown = i64::try_from(home.attention.len()).unwrap_or(i64::MAX);
    let words = format!("All {}", count(home.need_you));
    (shown < home.need_you).then(|| view! { <a href=paths::CONNECTIONS>{words}</a> }.into_any())
}

pub fn figures(home: &HomeView) -> Option<AnyView> {
    if home.connections == 0 {
        return None;
    }
    let last = match home.last_rows_at.clone() {
        Some(at) => view! { <Ago at=at /> }.into_any(),
        None => view! { "none yet" }.into_any(),
    };
    Some(
        view! {
            <dl class="card grid divide-line max-sm:divide-y sm:grid-cols-3 sm:divide-x">
                {figure("Connections", count(home.connections).into_any())}
                {figure("Rows in your schema", count(home.rows).into_any())}
                {figure("Last rows", last)}
            </dl>
        }
        .into_any(),
    )
}

fn figure(name: &'static str, value: AnyView) -> AnyView {
    view! {
        <div class="px-4 py-3">
            <dt class="text-label text-ink-mute">{name}</dt>
            <dd class="text-title font-semibold tabular-nums">{value}</dd>
        </div>
    }
    .into_any()
}
