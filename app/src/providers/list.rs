//! Every provider, and whether a client is registered there.

use leptos::prelude::*;
use model::OAuthClientView;

use super::{
    Whose,
    api::{Clients, own_clients, platform_clients},
};
use crate::{
    settings::{Frame, Tab},
    ui::{self, Badge, Card, Column, Pad, PageHead, Table, Tone},
};

const COLUMNS: [Column; 4] = [
    Column::Text("Provider"),
    Column::Text("OAuth app"),
    Column::Text("What people connect with it"),
    Column::Text("Client id"),
];

#[component]
pub fn PlatformListPage() -> impl IntoView {
    ui::load(ui::page_data(|| (), |()| platform_clients()), |clients| {
        let lead = view! { <p>"With a client of yours, people of every tenant sign in at the provider instead of pasting keys. A tenant's own client comes before it."</p> };
        view! {
            <PageHead title="Providers" lead=lead.into_any() />
            {table(clients, Whose::Platform)}
        }
        .into_any()
    })
}

#[component]
pub fn OwnListPage() -> impl IntoView {
    ui::load(ui::page_data(|| (), |()| own_clients()), |clients| {
        view! {
            <Frame tab=Tab::Apps>
                <p class="max-w-[72ch] text-ink-soft">"When people connect a tool by signing in, the provider shows who asks. Register a client of your own there, and it shows your name and counts against your limits."</p>
                {table(clients, Whose::Own)}
            </Frame>
        }
        .into_any()
    })
}

fn table(clients: Clients, whose: Whose) -> AnyView {
    let rows = clients
        .clients
        .into_iter()
        .map(|client| row(client, whose))
        .collect_view();
    view! { <Card pad=Pad::None><Table caption="Providers and their clients" columns=&COLUMNS>{rows}</Table></Card> }
        .into_any()
}

fn row(client: OAuthClientView, whose: Whose) -> AnyView {
    let state = match (&client.client_id, client.platform) {
        _ if client.problem.is_some() => {
            view! { <Badge tone=Tone::Warn icon="alert-triangle" label="cannot be used" /> }
                .into_any()
        }
        (Some(_), _) => {
            view! { <Badge tone=Tone::Ok icon="circle-check" label="registered" /> }.into_any()
        }
        (None, true) => {
            view! { <Badge tone=Tone::Off icon="shield" label="the operator's is used" /> }
                .into_any()
        }
        (None, false) => {
            view! { <Badge tone=Tone::Off icon="minus" label="not registered" /> }.into_any()
        }
    };
    let href = whose.one(&client.provider);
    let connects = if client.integrations.is_empty() {
        "Nothing in the catalogue yet".to_owned()
    } else {
        client.integrations.join(", ")
    };
    let id = client.client_id.map(ui::mono);
    view! {
        <tr class="relative">
            <td><a href=href class="stretched font-medium text-ink hover:underline">{client.name}</a></td>
            <td data-label="OAuth app">{state}</td>
            <td data-label="Connects" class="text-ink-soft">{connects}</td>
            <td data-label="Client id">{id}</td>
        </tr>
    }
    .into_any()
}
