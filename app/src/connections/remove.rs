//! Removing a connection: its effect first, then the name typed as the confirmation.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_params_map;

use super::{
    api::{RemoveConnection, load_removal},
    given::Removal,
};
use crate::{
    paths,
    ui::{self, Button, Card, Form, Kind, LinkButton, PageHead, TextField, plural},
};

#[component]
pub fn RemovePage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let data = ui::page_data(move || id.get(), load_removal);
    ui::load_with(
        data,
        Callback::new(move |data| page(&data, id.get_untracked())),
    )
}

fn page(plan: &Removal, id: String) -> AnyView {
    let path = format!("{}/{id}", paths::CONNECTIONS);
    let crumbs = vec![
        ("Connections".to_owned(), paths::CONNECTIONS.to_owned()),
        (plan.name.clone(), path.clone()),
    ];
    let tables = plan.tables.len();
    let stays = match tables {
        0 => "No table was filled by it.".to_owned(),
        1 => format!(
            "1 table with {} stays as it is and is not filled any more.",
            plural(plan.rows, "row", "rows")
        ),
        n => format!(
            "{} with {} stay as they are and are not filled any more.",
            plural(i64::try_from(n).unwrap_or(i64::MAX), "table", "tables"),
            plural(plan.rows, "row", "rows")
        ),
    };
    let apps = match plan.apps.as_slice() {
        [] => "No app reads them.".to_owned(),
        apps => format!(
            "{} reading the old rows: {}.",
            plural(
                i64::try_from(apps.len()).unwrap_or(i64::MAX),
                "app keeps",
                "apps keep"
            ),
            apps.join(", ")
        ),
    };
    let hint = format!("Type {} to confirm.", plan.name);
    view! {
        <div class="max-w-2xl">
            <PageHead title=format!("Remove {}", plan.name) crumbs=crumbs />
            <Card title="What happens">
                <ul class="list-disc space-y-1.5 ps-4">
                    <li>"No run starts any more; its schedule and state are gone."</li>
                    <li>"Its secrets are destroyed and cannot be brought back."</li>
                    <li>{stays}</li>
                    <li>{apps}</li>
                </ul>
            </Card>
            <div class="mt-5">
                <Form action=RemoveConnection::PATH>
                    <input type="hidden" name="connection" value=id />
                    <TextField name="name" label="Name of the connection" hint=Some(hint) />
                    <div class="flex flex-wrap gap-2">
                        <Button label="Remove connection" kind=Kind::Danger icon="trash" />
                        <LinkButton href=path label="Keep it" kind=Kind::Quiet />
                    </div>
                </Form>
            </div>
        </div>
    }
    .into_any()
}
