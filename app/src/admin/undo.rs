//! Undoing one provisioning step: says first what it made and what needs it.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_params_map;
use model::{StepName, StepState, TenantDetail};

use super::api::{UndoStep, tenant};
use crate::{
    error::{Code, Error},
    paths,
    ui::{self, Button, Card, Form, Kind, LinkButton, PageHead},
};

#[component]
pub fn UndoPage() -> impl IntoView {
    let params = use_params_map();
    let data = ui::page_data(
        move || params.with(|params| params.get("id").unwrap_or_default()),
        tenant,
    );
    let view = Callback::new(move |tenant: TenantDetail| {
        let step = params
            .with_untracked(|params| params.get("step").and_then(|step| StepName::parse(&step)));
        match step {
            Some(step) => page(&tenant, step),
            None => ui::problem(Error::new(Code::NotFound)),
        }
    });
    ui::load_with(data, view)
}

fn page(tenant: &TenantDetail, step: StepName) -> AnyView {
    let (id, name) = (tenant.row.id, tenant.row.name.clone());
    let crumbs = vec![
        ("Tenants".to_owned(), paths::ADMIN.to_owned()),
        (name.clone(), paths::tenant(id)),
    ];
    let (connections, rows) = (tenant.row.connections, tenant.row.rows);
    let size = format!(
        "{name} has {} and {}. Its people can do nothing until the steps are done again with Retry.",
        ui::plural(connections, "connection", "connections"),
        ui::plural(rows, "row", "rows"),
    );
    let goes = goes(tenant, step);
    view! {
        <PageHead title=format!("Undo: {}", step.label()) crumbs=crumbs />
        <div class="max-w-xl">
            <Card>
                <Form action=UndoStep::PATH id="undo">
                    <input type="hidden" name="tenant" value=id.to_string() />
                    <input type="hidden" name="step" value=step.name() />
                    <p>"This step and every one that stands on it are taken back, the last one first:"</p>
                    {goes}
                    <p>{size}</p>
                    <p class="text-ink-soft">"Retry makes them again, empty. What was deleted does not come back."</p>
                    <div class="flex flex-wrap gap-2">
                        <Button label=format!("Undo {}", step.label()) kind=Kind::Danger icon="undo" />
                        <LinkButton href=paths::tenant(id) label="Keep it" kind=Kind::Quiet />
                    </div>
                </Form>
            </Card>
        </div>
    }
    .into_any()
}

/// Every step that goes with this one, and what that takes away.
fn goes(tenant: &TenantDetail, step: StepName) -> AnyView {
    let lines = tenant
        .steps
        .iter()
        .rev()
        .filter(|known| known.name >= step && known.state == StepState::Done)
        .map(|known| {
            view! {
                <li>
                    <span class="font-medium">{known.name.label()}</span>
                    ": "
                    {effect(known.name)}
                    <span class="block text-label wrap-anywhere text-ink-mute">{known.detail.clone()}</span>
                </li>
            }
        })
        .collect_view();
    view! { <ol class="list-decimal space-y-1.5 ps-5">{lines}</ol> }.into_any()
}

/// What undoing takes away.
const fn effect(step: StepName) -> &'static str {
    match step {
        StepName::Keys => {
            "the tenant's encryption keys are destroyed: stored credentials cannot be read any more."
        }
        StepName::Schema => {
            "the tenant's schema is dropped with every table in it, and its database logins are removed."
        }
        StepName::Storage => "every file in the tenant's storage is deleted.",
        StepName::Cache => "the tenant's cache login and everything under its prefix are removed.",
        StepName::Workspace => {
            "the engine's workspace is removed with its sources, jobs and cursors."
        }
        StepName::Destination => {
            "the engine no longer knows where to write: runs fail until it is made again."
        }
        StepName::Verify => "only the note that isolation was checked is removed.",
    }
}
