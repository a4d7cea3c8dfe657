//! All connections, with search and filter in the address.

use leptos::prelude::*;
use leptos_router::{components::Form as GetForm, hooks::use_query_map};
use model::{ConnectionState, Page};

use super::{api::load_connections, given::Listed};
use crate::{
    paths,
    ui::{
        self, Ago, BrandTile, ConnectionBadge, Empty, Icon, Kind, LinkButton, PageHead, Pager,
        count,
    },
};

/// States worth a filter of their own.
const FILTERS: [ConnectionState; 5] = [
    ConnectionState::NeedsYou,
    ConnectionState::Failing,
    ConnectionState::UpToDate,
    ConnectionState::Paused,
    ConnectionState::Draft,
];

#[derive(Clone, PartialEq, Eq, Default)]
struct Asked {
    q: String,
    state: String,
    after: String,
}

#[component]
pub fn ListPage() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        query.with(|query| Asked {
            q: query.get("q").unwrap_or_default(),
            state: query.get("state").unwrap_or_default(),
            after: query.get("after").unwrap_or_default(),
        })
    });
    let data = ui::page_data(
        move || asked.get(),
        |asked| load_connections(asked.q, asked.state, asked.after),
    );
    ui::load_with(
        data,
        Callback::new(move |data| page(data, &asked.get_untracked())),
    )
}

fn page(data: Page<Listed>, asked: &Asked) -> AnyView {
    let filtered = !asked.q.is_empty() || !asked.state.is_empty() || !asked.after.is_empty();
    let actions = view! { <LinkButton href=paths::INTEGRATIONS label="Connect a tool" icon="plus" kind=Kind::Primary /> }.into_any();
    if data.items.is_empty() && !filtered {
        return view! {
            <PageHead title="Connections" />
            <Empty
                icon="plug"
                what="A connection brings one tool's data into your schema"
                next="Choose a tool, paste its key or login, and see real rows before anything is copied."
                action=(paths::INTEGRATIONS.to_owned(), "Connect a tool")
            />
        }
        .into_any();
    }
    let next = data.next.map(|after| {
        paths::with_query(
            paths::CONNECTIONS,
            &[("q", &asked.q), ("state", &asked.state), ("after", &after)],
        )
    });
    let body = if data.items.is_empty() {
        view! { <p class="card p-6 text-ink-soft">"No connection matches. " <a href=paths::CONNECTIONS>"Show all"</a></p> }.into_any()
    } else {
        table(data.items)
    };
    view! {
        <PageHead title="Connections" actions=actions />
        {filters(asked)}
        {body}
        <Pager next=next />
    }
    .into_any()
}

fn filters(asked: &Asked) -> AnyView {
    let Asked { q, state, .. } = asked.clone();
    let chip = |name: &'static str, word: &'static str| {
        let href = paths::with_query(paths::CONNECTIONS, &[("q", &q), ("state", name)]);
        view! { <li><a href=href class="chip" data-noscroll="true" aria-current=(state == name).then_some("true")>{ui::capital(word)}</a></li> }
    };
    let all = chip("", "All");
    let chips = FILTERS
        .into_iter()
        .map(|state| chip(state.name(), state.label()))
        .collect_view();
    let value = q.clone();
    view! {
        <div class="mb-4 flex flex-wrap items-center gap-3">
            <GetForm method="GET" action=paths::CONNECTIONS>
                <div role="search" class="flex gap-2">
                    <input type="hidden" name="state" value=state.clone() />
                    <input type="search" name="q" class="input max-w-64" aria-label="Search connections by name" placeholder="Search by name" value=value />
                    <button type="submit" class="btn"><Icon name="search" />"Search"</button>
                </div>
            </GetForm>
            <ul aria-label="State" class="flex flex-wrap gap-1.5">{all}{chips}</ul>
        </div>
    }
    .into_any()
}

fn table(rows: Vec<Listed>) -> AnyView {
    let rows = rows.into_iter().map(row).collect_view();
    view! {
        <div class="card overflow-x-auto">
            <table class="table table-cards">
                <caption class="sr-only">"Connections, the newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Connection"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="num">"Tables"</th>
                        <th scope="col" class="num">"Rows"</th>
                        <th scope="col">"Last rows"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(Listed { row, logo }: Listed) -> AnyView {
    let reason = row.reason.map(
        |reason| view! { <p class="mt-0.5 max-w-[48ch] text-ink-soft wrap-anywhere">{reason}</p> },
    );
    let last = match row.last_rows_at {
        Some(at) => view! { <Ago at=at /> }.into_any(),
        None => view! { <span class="text-ink-mute">"none yet"</span> }.into_any(),
    };
    view! {
        <tr class="relative">
            <td class="min-w-48">
                <span class="flex items-center gap-3">
                    <BrandTile logo=logo monogram=model::monogram(&row.integration_name) size=ui::Tile::Small />
                    <span class="min-w-0">
                        <a href=paths::connection(row.id) class="stretched text-sm font-medium wrap-anywhere">{row.name}</a>
                        <span class="block text-ink-mute wrap-anywhere">{row.integration_name}</span>
                    </span>
                </span>
            </td>
            <td data-label="State"><div><ConnectionBadge state=row.state />{reason}</div></td>
            <td class="num" data-label="Tables">{count(row.tables)}</td>
            <td class="num" data-label="Rows">{count(row.rows)}</td>
            <td data-label="Last rows">{last}</td>
        </tr>
    }
    .into_any()
}
