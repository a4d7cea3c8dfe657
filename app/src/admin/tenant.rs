//! The operator's page of one tenant: state, provisioning, people, runs, and what can be done about it.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_params_map;
use model::{StepState, TenantDetail, TenantState};

use super::{
    api::{Resume, tenant},
    ended::ended,
    steps::steps,
    words::tenant_badge,
};
use crate::{
    activity::{Open, runs_table},
    paths,
    ui::{
        self, Ago, Button, Card, CopyButton, Facts, Form, Kind, LinkButton, Notice, Pad, PageHead,
        ReloadWithoutScript, Stat, Stats, Tone,
    },
};

#[component]
pub fn TenantPage() -> impl IntoView {
    let params = use_params_map();
    let data = ui::page_data(
        move || params.with(|params| params.get("id").unwrap_or_default()),
        tenant,
    );
    ui::follow(data, |tenant| !moves(tenant));
    ui::load(data, |tenant| page(&tenant))
}

/// Is work on it on its way?
fn moves(tenant: &TenantDetail) -> bool {
    matches!(
        tenant.row.state,
        TenantState::Provisioning | TenantState::Deleting
    ) || tenant
        .steps
        .iter()
        .any(|step| step.state == StepState::Running)
}

fn page(tenant: &TenantDetail) -> AnyView {
    let reload = moves(tenant).then(|| view! { <ReloadWithoutScript /> });
    let body = if tenant.row.state == TenantState::Deleted {
        ended(tenant)
    } else {
        parts(tenant)
    };
    view! { {head(tenant)} {reload} <div class="space-y-5">{body}</div> }.into_any()
}

fn head(tenant: &TenantDetail) -> AnyView {
    let row = &tenant.row;
    let id = row.id.to_string();
    let lead = view! {
        <p class="flex flex-wrap items-center gap-x-2">
            <span class="break-all">{row.owner_email.clone()}</span>
            <code class="font-mono text-xs break-all">{id.clone()}</code>
            <CopyButton text=id about="the tenant's id" />
        </p>
    };
    view! {
        <PageHead
            title=row.name.clone()
            crumbs=vec![("Tenants".to_owned(), paths::ADMIN.to_owned())]
            state=tenant_badge(row.state)
            lead=lead.into_any()
            actions=actions(tenant)
        />
    }
    .into_any()
}

fn actions(tenant: &TenantDetail) -> AnyView {
    let id = tenant.row.id;
    let audit = paths::with_query(paths::ADMIN_AUDIT, &[("tenant", &id.to_string())]);
    let state = match tenant.row.state {
        TenantState::Active => {
            view! { <LinkButton href=paths::tenant_suspend(id) label="Suspend tenant" icon="circle-pause" /> }.into_any()
        }
        TenantState::Suspended => view! {
            <Form action=Resume::PATH id="resume" class="contents">
                <input type="hidden" name="tenant" value=id.to_string() />
                <Button label="Resume tenant" icon="play" kind=Kind::Primary />
            </Form>
        }
        .into_any(),
        _ => ().into_any(),
    };
    view! { <LinkButton href=audit label="See audit trail" icon="clipboard-list" kind=Kind::Quiet /> {state} }
        .into_any()
}

fn parts(tenant: &TenantDetail) -> AnyView {
    let row = tenant.row.clone();
    let last = row
        .last_run_at
        .clone()
        .map(|at| view! { <p class="text-label text-ink-soft">"Last run "<Ago at=at /></p> });
    let (steps, runs, about) = (steps(tenant), runs(tenant), about(tenant));
    view! {
        {reason(tenant)}
        <Stats>
            <Stat label="Connections" value=ui::count(row.connections) />
            <Stat label="With problems" value=ui::count(row.connections_bad) />
            <Stat label="Rows" value=ui::count(row.rows) />
            <Stat label="Steps done" value=format!("{} of {}", row.steps_done, row.steps) />
        </Stats>
        <Card title="Provisioning" pad=Pad::None>{steps}</Card>
        <Card title="Runs" pad=Pad::None>{runs}</Card>
        <Card title="About">{about}{last}</Card>
        {danger(tenant)}
    }
    .into_any()
}

fn reason(tenant: &TenantDetail) -> Option<AnyView> {
    let reason = tenant.state_reason.clone()?;
    let (tone, title) = match tenant.row.state {
        TenantState::Suspended => (
            Tone::Off,
            "Suspended: runs and app logins are stopped, the data stays",
        ),
        TenantState::Failed => (Tone::Bad, "Not everything is prepared"),
        _ => (Tone::Work, "Note"),
    };
    Some(view! { <Notice tone=tone title=title><p>{reason}</p></Notice> }.into_any())
}

fn runs(tenant: &TenantDetail) -> AnyView {
    if tenant.runs.is_empty() {
        return view! { <p class="px-4 py-6 text-ink-soft">"Nothing ran yet."</p> }.into_any();
    }
    runs_table(tenant.runs.clone(), Open::Nothing)
}

fn about(tenant: &TenantDetail) -> AnyView {
    let mut facts: Vec<(String, AnyView)> = tenant
        .members
        .iter()
        .map(|(email, role)| {
            (
                format!("Person ({})", role.name()),
                email.clone().into_any(),
            )
        })
        .collect();
    facts.extend(
        tenant
            .schema
            .clone()
            .map(|schema| ("Database schema".to_owned(), ui::mono(schema))),
    );
    view! { <Facts facts=facts /> }.into_any()
}

fn danger(tenant: &TenantDetail) -> Option<AnyView> {
    if tenant.row.state == TenantState::Deleting {
        return None;
    }
    let href = paths::tenant_delete(tenant.row.id);
    let card = view! {
        <Card title="Delete">
            <div class="flex flex-wrap items-center justify-between gap-3">
                <p class="text-ink-soft">"Removes everything the tenant has. The next page lists each store before anything happens."</p>
                <LinkButton href=href label="See what would be deleted" icon="trash" />
            </div>
        </Card>
    };
    Some(card.into_any())
}
