//! Creating a tenant for somebody: its name and the owner's address.

use leptos::{prelude::*, server_fn::ServerFn};

use super::api::{CreateTenant, TenantsQuery, tenants};
use crate::{
    paths,
    ui::{self, Button, Card, Form, InputKind, Kind, LinkButton, PageHead, TextField},
};

#[component]
pub fn NewTenantPage() -> impl IntoView {
    // Asked only so that nobody but an operator sees the form.
    ui::load(ui::page_data(TenantsQuery::default, tenants), |_| page())
}

fn page() -> AnyView {
    view! {
        <PageHead title="Create a tenant" crumbs=vec![("Tenants".to_owned(), paths::ADMIN.to_owned())] />
        <div class="max-w-xl">
            <Card>
                <Form action=CreateTenant::PATH id="tenant">
                    <TextField name="name" label="Name" hint=Some("The company or project, as its people write it.".to_owned()) />
                    <TextField name="email" label="Owner's e-mail" kind=InputKind::Email hint=Some("Someone new gets a mail with a link to set a password.".to_owned()) />
                    <div class="flex flex-wrap gap-2">
                        <Button label="Create tenant" kind=Kind::Primary />
                        <LinkButton href=paths::ADMIN label="Back to tenants" kind=Kind::Quiet />
                    </div>
                </Form>
            </Card>
        </div>
    }
    .into_any()
}
