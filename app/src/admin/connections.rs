//! Connections of all tenants, found by name or pattern.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::api::{Found, FoundConnection, find_connections};
use crate::{
    paths,
    ui::{self, Card, Column, Empty, Icon, Pad, PageHead, Table},
};

const COLUMNS: [Column; 3] = [
    Column::Text("Connection"),
    Column::Text("Tool"),
    Column::Text("Tenant"),
];

#[component]
pub fn ConnectionsPage() -> impl IntoView {
    let query = use_query_map();
    let wanted = move || query.with(|query| query.get("q").unwrap_or_default());
    ui::load(ui::page_data(wanted, find_connections), page)
}

fn page(found: Found) -> AnyView {
    view! {
        <PageHead title="Connections of all tenants" />
        {search(&found.q)}
        {body(found)}
    }
    .into_any()
}

fn search(q: &str) -> AnyView {
    view! {
        <form method="get" action=paths::ADMIN_CONNECTIONS role="search" class="mb-4 flex flex-wrap items-end gap-3">
            <div class="min-w-0 flex-1 basis-64 space-y-1">
                <label for="connection-q" class="block text-label text-ink-soft">"Name"</label>
                <input id="connection-q" type="search" name="q" value=q.to_owned() class="input" autocomplete="off" aria-describedby="connection-q-help" />
            </div>
            <button type="submit" class="btn"><Icon name="search" />"Search"</button>
            <p id="connection-q-help" class="basis-full text-label text-ink-mute">
                "Part of the name, or a pattern: "<code class="font-mono">"mysql*"</code>" begins so, "<code class="font-mono">"?"</code>" stands for one letter."
            </p>
        </form>
    }
    .into_any()
}

fn body(found: Found) -> AnyView {
    if found.items.is_empty() {
        return nothing(&found.q);
    }
    let more = found.more.then(|| {
        view! { <p class="mt-3 text-label text-ink-mute">"More connections fit. Type more of the name to see them."</p> }
    });
    let rows = found.items.into_iter().map(row).collect_view();
    view! {
        <Card pad=Pad::None><Table caption="Connections, by tenant and name" columns=&COLUMNS>{rows}</Table></Card>
        {more}
    }
    .into_any()
}

fn nothing(q: &str) -> AnyView {
    if q.trim().is_empty() {
        view! { <Empty icon="plug" what="There is no connection yet" next="The connections of all tenants appear here." /> }.into_any()
    } else {
        let all = (paths::ADMIN_CONNECTIONS.to_owned(), "Show all connections");
        view! { <Empty icon="search" what="No connection has such a name" next="Look for a shorter part of the name." action=all /> }.into_any()
    }
}

fn row(FoundConnection { named, tool }: FoundConnection) -> AnyView {
    view! {
        <tr class="relative">
            <td class="min-w-48">
                <span class="block font-medium wrap-anywhere text-ink">{named.name}</span>
                <code class="font-mono text-xs break-all text-ink-mute">{named.connection.to_string()}</code>
            </td>
            <td data-label="Tool">{tool}</td>
            <td data-label="Tenant">
                <a href=paths::tenant(named.tenant) class="stretched wrap-anywhere text-ink hover:underline">{named.tenant_name}</a>
            </td>
        </tr>
    }
    .into_any()
}
