//! Registering an app: its name and the tables it may read.

use std::collections::HashSet;

use leptos::{prelude::*, server_fn::ServerFn};
use model::TableAccess;

use super::{
    api::{CreateApp, tables},
    tables::TablesField,
};
use crate::{
    paths,
    ui::{self, Button, Card, Form, Kind, LinkButton, PageHead, TextField},
};

#[component]
pub fn NewPage() -> impl IntoView {
    ui::load(ui::page_data(|| (), |()| tables()), page)
}

fn page(tables: Vec<TableAccess>) -> AnyView {
    let lead = view! { <p>"It gets a database login that can read the chosen tables and nothing else."</p> };
    // Nearly every app wants what is there.
    let chosen: HashSet<String> = tables
        .iter()
        .filter(|table| table.exists)
        .map(|table| table.table.clone())
        .collect();
    view! {
        <PageHead title="Register an app" crumbs=vec![("Apps".to_owned(), paths::APPS.to_owned())] lead=lead.into_any() />
        <div class="max-w-2xl">
            <Card>
                <Form action=CreateApp::PATH id="app">
                    <TextField name="name" label="Name" hint=Some("What your team calls the program.".to_owned()) placeholder=Some("Invoices".to_owned()) />
                    <TablesField tables=tables chosen=chosen />
                    <div class="flex flex-wrap gap-2">
                        <Button label="Register app" kind=Kind::Primary />
                        <LinkButton href=paths::APPS label="Back to apps" kind=Kind::Quiet />
                    </div>
                </Form>
            </Card>
        </div>
    }
    .into_any()
}
