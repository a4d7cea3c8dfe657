//! Undoing one provisioning step: says first what it made and what needs it.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_params_map;
use model::{StepName, TenantDetail};

use super::api::{UndoStep, tenant};
use crate::{
    error::{Code, Error},
    paths,
    ui::{self, Button, Card, Form, Kind, LinkButton, PageHead},
};

#[component]
pub fn UndoPage() -> impl IntoView {
    let params = use_params_map();
    let data = ui::page_data(move || params.with(|params| params.get("id").unwrap_or_default()), tenant);
    let view = Callback::new(move |tenant: TenantDetail| {
        let step = params.with_untracked(|params| params.get("step").and_then(|step| StepName::parse(&step)));
        match step {
            Some(step) => page(&tenant, step),
            None => ui::problem(Error::new(Code::NotFound)),
        }
    });
    ui::load_with(data, view)
}

fn page(tenant: &TenantDetail, step: StepName) -> AnyView {
    let id = tenant.row.id;
    let crumbs = vec![("Tenants".to_owned(), paths::ADMIN.to_owned()), (tenant.row.name.clone(), paths::tenant(id))];
    let made = tenant.steps.iter().find(|known| known.name == step).map(|known| known.detail.clone()).filter(|made| !made.is_empty());
    let size = format!(
        "{} has {} and {}.",
        tenant.row.name,
        ui::plural(tenant.row.connections, "connection", "connections"),
        ui::plural(tenant.row.rows, "row", "rows"),
    );
    view! {
        <PageHead title=format!("Undo: {}", step.label()) crumbs=crumbs />
        <div class="max-w-xl">
            <Card>
                <Form action=UndoStep::PATH id="undo">
                    <input type="hidden" name="tenant" value=id.to_string() />
                    <input type="hidden" name="step" value=step.name() />
                    <ul class="list-disc space-y-1 ps-4">
                        <li>{effect(step)}</li>
                        {made.map(|made| view! { <li>"It made: " <code class="font-mono text-xs break-all">{made}</code></li> })}
                        <li>{size}</li>
                        <li>"The step can be done again afterwards with Retry; what was deleted does not come back."</li>
                    </ul>
                    <div class="flex flex-wrap gap-2">
                        <Button label="Undo this step" kind=Kind::Danger icon="undo" />
                        <LinkButton href=paths::tenant(id) label="Keep it" kind=Kind::Quiet />
                    </div>
                </Form>
            </Card>
        </div>
    }
    .into_any()
}

/// What undoing takes away.
const fn effect(step: StepName) -> &'static str {
    match step {
        StepName::Keys => "The tenant's encryption keys are destroyed: stored credentials can not be read any more.",
        StepName::Schema => "The tenant's schema is dropped with every table in it, and its database logins are removed.",
        StepName::Storage => "Every file in the tenant's storage is deleted.",
        StepName::Cache => "The tenant's cache login and everything under its prefix are removed.",
        StepName::Workspace => "The engine's workspace is removed with its sources, jobs and cursors.",
        StepName::Destination => "The engine no longer knows where to write: runs fail until it is made again.",
        StepName::Verify => "Only the note that isolation was checked is removed.",
    }
}
