//! Deleting a tenant: a dry run that lists every store first, then the name typed by hand.

use std::collections::BTreeSet;

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_params_map;
use model::{DeletionItem, DeletionPlan};

use super::api::{DeleteTenant, plan_deletion};
use crate::{
    paths,
    ui::{
        self, Button, Card, Column, Form, Kind, LinkButton, Notice, Pad, PageHead, Table,
        TextField, Tone,
    },
};

const COLUMNS: [Column; 4] = [
    Column::Text("Store"),
    Column::Text("What is in it"),
    Column::Number("How many"),
    Column::Number("Size"),
];

#[component]
pub fn DeletePage() -> impl IntoView {
    let params = use_params_map();
    let data = ui::page_data(
        move || params.with(|params| params.get("id").unwrap_or_default()),
        plan_deletion,
    );
    ui::load(data, |plan| page(&plan))
}

fn page(plan: &DeletionPlan) -> AnyView {
    let crumbs = vec![
        ("Tenants".to_owned(), paths::ADMIN.to_owned()),
        (plan.name.clone(), paths::tenant(plan.tenant)),
    ];
    let lead =
        view! { <p>"A dry run: nothing has happened yet. This is everything that would go."</p> };
    let rows = plan.items.iter().map(row).collect_view();
    view! {
        <PageHead title=format!("Delete {}", plan.name) crumbs=crumbs lead=lead.into_any() />
        <div class="space-y-5">
            <Card pad=Pad::None><Table caption="What would be deleted, by store" columns=&COLUMNS>{rows}</Table></Card>
            {form(plan)}
        </div>
    }
    .into_any()
}

fn row(item: &DeletionItem) -> AnyView {
    let size = item.bytes.map_or_else(|| "–".to_owned(), ui::bytes);
    view! {
        <tr>
            <td class="font-medium">{item.store.clone()}</td>
            <td data-label="What is in it"><span class="wrap-anywhere text-ink-soft">{item.what.clone()}</span></td>
            <td data-label="How many" class="num">{ui::count(item.count)}</td>
            <td data-label="Size" class="num">{size}</td>
        </tr>
    }
    .into_any()
}

fn form(plan: &DeletionPlan) -> AnyView {
    let all: i64 = plan.items.iter().filter_map(|item| item.bytes).sum();
    let DeletionPlan { tenant, name, .. } = plan.clone();
    let stores: BTreeSet<&str> = plan.items.iter().map(|item| item.store.as_str()).collect();
    let stores = i64::try_from(stores.len()).unwrap_or(i64::MAX);
    let stores = ui::plural(stores, "store", "stores");
    view! {
        <div class="max-w-xl">
            <Card>
                <Form action=DeleteTenant::PATH id="delete">
                    <Notice tone=Tone::Bad title="This cannot be taken back">
                        <p>{format!("{stores} with {} are emptied. The audit trail keeps that it happened, and who did it.", ui::bytes(all))}</p>
                    </Notice>
                    <input type="hidden" name="tenant" value=tenant.to_string() />
                    <TextField name="name" label="Type the tenant's name" hint=Some(name.clone()) />
                    <div class="flex flex-wrap gap-2">
                        <Button label=format!("Delete {name}") kind=Kind::Danger icon="trash" />
                        <LinkButton href=paths::tenant(tenant) label="Keep it" kind=Kind::Quiet />
                    </div>
                </Form>
            </Card>
        </div>
    }
    .into_any()
}
