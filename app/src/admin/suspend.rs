//! Suspending a tenant: says what stops and what stays, and asks for the reason its people will read.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_params_map;
use model::TenantDetail;

use super::api::{Suspend, tenant};
use crate::{
    paths,
    ui::{self, Button, Card, Form, InputKind, Kind, LinkButton, PageHead, TextField},
};

#[component]
pub fn SuspendPage() -> impl IntoView {
    let params = use_params_map();
    let data = ui::page_data(
        move || params.with(|params| params.get("id").unwrap_or_default()),
        tenant,
    );
    ui::load(data, |tenant| page(&tenant))
}

fn stops(running: i64) -> String {
    let now = match running {
        0 => "No run is under way".to_owned(),
        1 => "1 run is stopped now".to_owned(),
        runs => format!("{} runs are stopped now", ui::count(runs)),
    };
    format!("{now}; none starts until you resume the tenant.")
}

fn page(tenant: &TenantDetail) -> AnyView {
    let row = tenant.row.clone();
    let (id, name) = (row.id, row.name.clone());
    let crumbs = vec![
        ("Tenants".to_owned(), paths::ADMIN.to_owned()),
        (row.name.clone(), paths::tenant(row.id)),
    ];
    let running = tenant
        .runs
        .iter()
        .filter(|run| !run.state.is_over())
        .count();
    let stops = stops(i64::try_from(running).unwrap_or(i64::MAX));
    let rows = match row.rows {
        0 => "There are no rows yet.".to_owned(),
        1 => "Its one row stays as it is.".to_owned(),
        rows => format!("All {} rows stay as they are.", ui::count(rows)),
    };
    let stays = format!("{rows} Its people can still sign in and look.");
    view! {
        <PageHead title=format!("Suspend {name}") crumbs=crumbs />
        <div class="max-w-xl">
            <Card>
                <Form action=Suspend::PATH id="suspend">
                    <input type="hidden" name="tenant" value=id.to_string() />
                    <ul class="list-disc space-y-1 ps-4">
                        <li>{stops}</li>
                        <li>"Every app of the tenant loses its database login at once."</li>
                        <li>{stays}</li>
                    </ul>
                    <TextField
                        name="reason"
                        label="Reason"
                        kind=InputKind::Prose
                        hint=Some("The tenant's people read this sentence.".to_owned())
                        placeholder=Some("The invoice of October is open. Write to billing to go on.".to_owned())
                    />
                    <div class="flex flex-wrap gap-2">
                        <Button label=format!("Suspend {name}") kind=Kind::Danger icon="circle-pause" />
                        <LinkButton href=paths::tenant(id) label="Leave it running" kind=Kind::Quiet />
                    </div>
                </Form>
            </Card>
        </div>
    }
    .into_any()
}
