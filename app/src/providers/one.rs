//! The client at one provider: where to register it, the address to register there, and its id and secret.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_params_map;
use model::OAuthClientView;

use super::{
    Whose,
    api::{
        Clients, RemoveOwnClient, RemovePlatformClient, SetOwnClient, SetPlatformClient,
        own_clients, platform_clients,
    },
};
use crate::{
    error::{Code as ErrorCode, Error},
    paths,
    ui::{
        self, Button, Card, Code, Crumb, Form, InputKind, Kind, LinkButton, Moment, Notice,
        PageHead, TextField, Tone,
    },
};

#[component]
pub fn PlatformPage() -> impl IntoView {
    let provider = provider();
    let view =
        Callback::new(move |clients| page(clients, &provider.get_untracked(), Whose::Platform));
    ui::load_with(ui::page_data(|| (), |()| platform_clients()), view)
}

#[component]
pub fn OwnPage() -> impl IntoView {
    let provider = provider();
    let view = Callback::new(move |clients| page(clients, &provider.get_untracked(), Whose::Own));
    ui::load_with(ui::page_data(|| (), |()| own_clients()), view)
}

fn provider() -> Memo<String> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get("provider").unwrap_or_default()))
}

fn page(clients: Clients, provider: &str, whose: Whose) -> AnyView {
    let Clients {
        clients,
        redirect_uri,
    } = clients;
    match clients
        .into_iter()
        .find(|client| client.provider == provider)
    {
        Some(OAuthClientView {
            name,
            problem: Some(problem),
            ..
        }) => unusable(name, problem, whose),
        Some(client) => found(client, redirect_uri, whose),
        None => ui::problem(Error::new(ErrorCode::NotFound)),
    }
}

fn crumbs(whose: Whose) -> Vec<Crumb> {
    let list = ("Providers".to_owned(), whose.list().to_owned());
    match whose {
        Whose::Platform => vec![list],
        Whose::Own => vec![("Settings".to_owned(), paths::SETTINGS.to_owned()), list],
    }
}

/// A connector's own description that cannot be followed.
fn unusable(name: String, problem: String, whose: Whose) -> AnyView {
    view! {
        <PageHead title=name crumbs=crumbs(whose) />
        <Notice tone=Tone::Warn title="Nobody can sign in there">
            <p class="text-ink-soft">{problem}</p>
            <p class="text-ink-soft">"Whoever wrote the connector can correct it. Until then its keys are filled in by hand."</p>
        </Notice>
    }
    .into_any()
}

fn found(client: OAuthClientView, redirect_uri: String, whose: Whose) -> AnyView {
    let (action, remove) = match whose {
        Whose::Platform => (SetPlatformClient::PATH, RemovePlatformClient::PATH),
        Whose::Own => (SetOwnClient::PATH, RemoveOwnClient::PATH),
    };
    let name = client.name.clone();
    let apps = client.apps_url.clone().map(|url| {
        view! { <p><a href=url rel="external noreferrer" target="_blank">{format!("Open where {name} registers apps")}</a></p> }
    });
    let kept = client.set_at.clone().map(|at| {
        let by = client.set_by.clone().unwrap_or_default();
        view! { <p class="text-ink-soft">{format!("Set by {by} ")}<Moment at=at />". The secret is encrypted and never shown."</p> }
    });
    let label = if client.client_id.is_some() {
        "Replace client"
    } else {
        "Save client"
    };
    let end = client.client_id.is_some().then(|| removal(&client, remove));
    view! {
        <PageHead title=client.name.clone() crumbs=crumbs(whose) />
        <div class="max-w-2xl space-y-5">
            <Card title="1. Register an app there">
                <div class="space-y-3">
                    {apps}
                    <p>"Give it exactly this address to send people back to:"</p>
                    <Code text=redirect_uri />
                </div>
            </Card>
            <Card title="2. Paste its client">
                <Form action=action id="client">
                    {kept}
                    <input type="hidden" name="provider" value=client.provider.clone() />
                    <TextField name="client_id" label="Client id" value=client.client_id.clone().unwrap_or_default() />
                    <TextField name="client_secret" label="Client secret" kind=InputKind::Password />
                    <div class="flex flex-wrap gap-2">
                        <Button label=label kind=Kind::Primary />
                        <LinkButton href=whose.list() label="Back to providers" kind=Kind::Quiet />
                    </div>
                </Form>
            </Card>
            {end}
        </div>
    }
    .into_any()
}

fn removal(client: &OAuthClientView, action: &'static str) -> AnyView {
    let provider = client.provider.clone();
    view! {
        <Card title="Remove">
            <Form action=action id="remove">
                <input type="hidden" name="provider" value=provider />
                <p class="text-ink-soft">"Nobody can sign in with it any more. Connections that were made with it run until their sign-in has to be renewed."</p>
                <Button label="Remove client" icon="trash" />
            </Form>
        </Card>
    }
    .into_any()
}
