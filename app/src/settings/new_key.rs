//! Making an API key. The answer to the form is this page again, with the key on it: it is nowhere else.

use leptos::prelude::*;
use model::Scope;

use super::{
    api::{MadeKey, key_just_made},
    scopes::answers,
};
use crate::{
    paths,
    ui::{
        self, After, Button, Card, Code, Crumb, Form, Kind, LinkButton, Need, Notice, PageHead,
        SeveralField, TextField, Tone,
    },
};

#[component]
pub fn NewKeyPage() -> impl IntoView {
    ui::load(ui::page_data(|| (), |()| key_just_made()), page)
}

fn page(made: Option<MadeKey>) -> AnyView {
    made.map_or_else(form, shown)
}

fn crumbs() -> Vec<Crumb> {
    vec![
        ("Settings".to_owned(), paths::SETTINGS.to_owned()),
        ("API keys".to_owned(), paths::SETTINGS_KEYS.to_owned()),
    ]
}

fn form() -> AnyView {
    view! {
        <PageHead title="Make an API key" crumbs=crumbs() />
        <div class="max-w-2xl">
            <Card>
                <Form action=paths::SETTINGS_KEYS_NEW id="key" after=After::Download>
                    <TextField name="name" label="Name" hint=Some("What will use it, so that you know it again.".to_owned()) placeholder=Some("Nightly report".to_owned()) />
                    <SeveralField name="scopes" label="It may" values=vec![Scope::Read.name().to_owned()] need=Need::Required answers=answers() />
                    <div class="flex flex-wrap gap-2">
                        <Button label="Make key" kind=Kind::Primary />
                        <LinkButton href=paths::SETTINGS_KEYS label="Back to API keys" kind=Kind::Quiet />
                    </div>
                </Form>
            </Card>
        </div>
    }
    .into_any()
}

fn shown(made: MadeKey) -> AnyView {
    let MadeKey { view, key, origin } = made;
    let curl = format!("curl -H 'Authorization: Bearer {key}' {origin}/api/v1/connections");
    view! {
        <PageHead title=view.name crumbs=crumbs() />
        <div class="max-w-3xl space-y-5">
            <Notice tone=Tone::Warn title="Copy the key now">
                <p>"It is shown this once. We keep only a hash of it; if it is lost, revoke it and make another."</p>
            </Notice>
            <Card title="Key"><Code text=key /></Card>
            <Card title="Try it">
                <div class="space-y-2">
                    <Code text=curl />
                    <p class="text-label text-ink-soft">"Lists your connections. " <a href=paths::API_DOCS rel="external">"All calls of the API"</a></p>
                </div>
            </Card>
            <LinkButton href=paths::SETTINGS_KEYS label="I have copied it" kind=Kind::Primary />
        </div>
    }
    .into_any()
}
