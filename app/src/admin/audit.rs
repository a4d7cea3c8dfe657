//! The audit trail of the platform and of every tenant, narrowed by tenant, person and act.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::{AuditLine, Page};

use super::api::{AuditQuery, audit};
use crate::{
    activity::{Codes, audit_table},
    paths,
    ui::{self, Card, Empty, Icon, Pad, PageHead, Pager},
};

#[component]
pub fn AuditPage() -> impl IntoView {
    let query = use_query_map();
    let get = move |name: &str| query.with(|query| query.get(name).unwrap_or_default());
    let wanted = move || AuditQuery {
        tenant: get("tenant"),
        actor: get("actor"),
        action: get("action"),
        after: get("after"),
    };
    ui::load(ui::page_data(wanted, audit), page)
}

fn page((query, lines): (AuditQuery, Page<AuditLine>)) -> AnyView {
    let next = lines.next.as_deref().map(|after| address(&query, after));
    let first = (!query.after.is_empty()).then(|| address(&query, ""));
    let lead = view! { <p>"Every act, chained so that a changed or missing line shows."</p> };
    let body = if lines.items.is_empty() {
        view! { <Empty icon="clipboard-list" what="No act fits" next="Leave a field empty to see more." action=(paths::ADMIN_AUDIT.to_owned(), "Show all acts") /> }.into_any()
    } else {
        view! { <Card pad=Pad::None>{audit_table(lines.items, Codes::Shown)}</Card> }.into_any()
    };
    view! {
        <PageHead title="Audit" lead=lead.into_any() />
        {filters(&query)}
        {body}
        {match first {
            Some(first) => view! { <Pager next=next first=first /> }.into_any(),
            None => view! { <Pager next=next /> }.into_any(),
        }}
    }
    .into_any()
}

fn address(query: &AuditQuery, after: &str) -> String {
    paths::with_query(
        paths::ADMIN_AUDIT,
        &[
            ("tenant", &query.tenant),
            ("actor", &query.actor),
            ("action", &query.action),
            ("after", after),
        ],
    )
}

fn filters(query: &AuditQuery) -> AnyView {
    view! {
        <form method="get" action=paths::ADMIN_AUDIT role="search" class="mb-4 flex flex-wrap items-end gap-3">
            {field("tenant", "Tenant's id", "ten_…", &query.tenant)}
            {field("actor", "Person", "ana@example.com", &query.actor)}
            {field("action", "Act begins with", "tenant.", &query.action)}
            <button type="submit" class="btn"><Icon name="filter" />"Show acts"</button>
        </form>
    }
    .into_any()
}

fn field(name: &'static str, label: &'static str, example: &'static str, value: &str) -> AnyView {
    let id = format!("audit-{name}");
    view! {
        <div class="min-w-0 flex-1 basis-44 space-y-1">
            <label for=id.clone() class="block text-label text-ink-soft">{label}</label>
            <input id=id type="text" name=name value=value.to_owned() placeholder=example class="input" autocomplete="off" spellcheck="false" />
        </div>
    }
    .into_any()
}
