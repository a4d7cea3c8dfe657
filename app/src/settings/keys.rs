//! The API keys of the workspace.

use leptos::prelude::*;
use model::ApiKeyView;

use super::{
    api::keys,
    frame::{Frame, Tab},
    scopes::words,
};
use crate::{
    paths,
    ui::{self, Ago, Badge, Card, Column, Empty, Kind, LinkButton, Pad, Table, Tone},
};

const COLUMNS: [Column; 5] = [
    Column::Text("Key"),
    Column::Text("May"),
    Column::Text("Made"),
    Column::Text("Last used"),
    Column::Acts("Revoke"),
];

#[component]
pub fn KeysPage() -> impl IntoView {
    ui::load(ui::page_data(|| (), |()| keys()), page)
}

fn page(keys: Vec<ApiKeyView>) -> AnyView {
    let body = if keys.is_empty() {
        nothing()
    } else {
        some(keys)
    };
    view! { <Frame tab=Tab::Keys>{body}</Frame> }.into_any()
}

fn nothing() -> AnyView {
    view! {
        <Empty
            icon="key"
            what="A key lets a program of yours use the API"
            next="It is shown once when you make it, does only what you allow, and ends the moment you revoke it."
            action=(paths::SETTINGS_KEYS_NEW.to_owned(), "Make an API key")
        />
    }
    .into_any()
}

fn some(keys: Vec<ApiKeyView>) -> AnyView {
    let rows = keys.into_iter().map(row).collect_view();
    view! {
        <div class="flex flex-wrap items-center justify-between gap-3">
            <p class="text-ink-soft">"Programs use them as a bearer token. " <a href=paths::API_DOCS rel="external">"API reference"</a></p>
            <LinkButton href=paths::SETTINGS_KEYS_NEW label="Make an API key" icon="plus" kind=Kind::Primary />
        </div>
        <Card pad=Pad::None>
            <Table caption="API keys" columns=&COLUMNS>{rows}</Table>
        </Card>
    }
    .into_any()
}

fn row(key: ApiKeyView) -> AnyView {
    let scopes = key
        .scopes
        .iter()
        .map(|scope| view! { <span class="tag">{words(*scope).0}</span> })
        .collect_view();
    let act = if key.revoked {
        view! { <Badge tone=Tone::Off icon="ban" label="revoked" /> }.into_any()
    } else {
        let about = format!("Revoke {}", key.name);
        view! { <LinkButton href=paths::key_revoke(key.id) label="Revoke" about=about kind=Kind::Small /> }.into_any()
    };
    let used = match key.last_used_at {
        Some(at) => view! { <Ago at=at /> }.into_any(),
        None => view! { <span class="text-ink-mute">"never"</span> }.into_any(),
    };
    view! {
        <tr>
            <td class="min-w-40">
                <span class="block font-medium wrap-anywhere">{key.name}</span>
                <code class="font-mono text-xs break-all text-ink-mute">{key.hint}</code>
            </td>
            <td data-label="May"><span class="flex flex-wrap gap-1">{scopes}</span></td>
            <td data-label="Made"><Ago at=key.created_at /></td>
            <td data-label="Last used">{used}</td>
            <td class="md:text-end">{act}</td>
        </tr>
    }
    .into_any()
}
