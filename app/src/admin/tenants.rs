//! All tenants: search, state, and what an operator wants to see at a glance.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::{Page, TenantRow, TenantState};

use super::{
    api::{TenantsQuery, tenants},
    words::{tenant_badge, tenant_words},
};
use crate::{
    paths,
    ui::{self, Ago, Card, Column, Empty, Icon, Kind, LinkButton, Pad, PageHead, Pager, Table},
};

const COLUMNS: [Column; 6] = [
    Column::Text("Tenant"),
    Column::Text("State"),
    Column::Number("Connections"),
    Column::Number("Rows"),
    Column::Text("Last run"),
    Column::Text("Since"),
];

#[component]
pub fn TenantsPage() -> impl IntoView {
    let query = use_query_map();
    let get = move |name: &str| query.with(|query| query.get(name).unwrap_or_default());
    let wanted = move || TenantsQuery {
        q: get("q"),
        state: get("state"),
        after: get("after"),
    };
    ui::load(ui::page_data(wanted, tenants), page)
}

fn page((query, tenants): (TenantsQuery, Page<TenantRow>)) -> AnyView {
    let next = tenants.next.as_deref().map(|after| address(&query, after));
    let first = (!query.after.is_empty()).then(|| address(&query, ""));
    let create = view! { <LinkButton href=paths::TENANT_NEW label="Create a tenant" icon="plus" kind=Kind::Primary /> };
    view! {
        <PageHead title="Tenants" actions=create.into_any() />
        {search(&query)}
        {body(&query, tenants.items)}
        {match first {
            Some(first) => view! { <Pager next=next first=first /> }.into_any(),
            None => view! { <Pager next=next /> }.into_any(),
        }}
    }
    .into_any()
}

fn address(query: &TenantsQuery, after: &str) -> String {
    paths::with_query(
        paths::ADMIN,
        &[("q", &query.q), ("state", &query.state), ("after", after)],
    )
}

fn search(query: &TenantsQuery) -> AnyView {
    let states = TenantState::ALL
        .into_iter()
        .map(|state| view! { <option value=state.name() selected=state.name() == query.state>{tenant_words(state)}</option> })
        .collect_view();
    view! {
        <form method="get" action=paths::ADMIN role="search" class="mb-4 flex flex-wrap items-end gap-3">
            <div class="min-w-0 flex-1 basis-64 space-y-1">
                <label for="tenant-q" class="block text-label text-ink-soft">"Name, owner or id"</label>
                <input id="tenant-q" type="search" name="q" value=query.q.clone() class="input" autocomplete="off" />
            </div>
            <div class="basis-44 space-y-1">
                <label for="tenant-state" class="block text-label text-ink-soft">"State"</label>
                <select id="tenant-state" name="state" class="input"><option value="">"any"</option>{states}</select>
            </div>
            <button type="submit" class="btn"><Icon name="search" />"Search"</button>
        </form>
    }
    .into_any()
}

fn body(query: &TenantsQuery, tenants: Vec<TenantRow>) -> AnyView {
    if !tenants.is_empty() {
        let rows = tenants.into_iter().map(row).collect_view();
        return view! { <Card pad=Pad::None><Table caption="Tenants, newest first" columns=&COLUMNS>{rows}</Table></Card> }.into_any();
    }
    if *query == TenantsQuery::default() {
        view! { <Empty icon="building" what="There is no tenant yet" next="One appears here for each sign-up, or when you create one." action=(paths::TENANT_NEW.to_owned(), "Create a tenant") kind=Kind::Plain /> }.into_any()
    } else {
        view! { <Empty icon="search" what="No tenant fits" next="Look for a part of the name, the owner's address, or the whole id." action=(paths::ADMIN.to_owned(), "Show all tenants") kind=Kind::Plain /> }.into_any()
    }
}

fn row(tenant: TenantRow) -> AnyView {
    let steps = (tenant.state != TenantState::Active && tenant.steps_done < tenant.steps)
        .then(|| view! { <span class="block text-ink-mute">{format!("{} of {} steps", tenant.steps_done, tenant.steps)}</span> });
    let bad = (tenant.connections_bad > 0)
        .then(|| view! { <span class="block text-bad">{format!("{} with problems", ui::count(tenant.connections_bad))}</span> });
    let last = match tenant.last_run_at {
        Some(at) => view! { <Ago at=at /> }.into_any(),
        None => view! { <span class="text-ink-mute">"never"</span> }.into_any(),
    };
    view! {
        <tr class="relative">
            <td class="min-w-48">
                <a href=paths::tenant(tenant.id) class="stretched font-medium wrap-anywhere text-ink hover:underline">{tenant.name}</a>
                <span class="block break-all text-ink-mute">{tenant.owner_email}</span>
            </td>
            <td data-label="State"><span>{tenant_badge(tenant.state)}{steps}</span></td>
            <td data-label="Connections" class="num"><span>{ui::count(tenant.connections)}{bad}</span></td>
            <td data-label="Rows" class="num">{ui::count(tenant.rows)}</td>
            <td data-label="Last run">{last}</td>
            <td data-label="Since"><Ago at=tenant.created_at /></td>
        </tr>
    }
    .into_any()
}
