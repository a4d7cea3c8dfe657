//! The page that shows what was just made, and the same forms as the tab.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::{ConnectionId, WebhookMade};

use super::{api::load_events, given::Events, panel::panel};
use crate::{
    error::{Code, Error},
    paths,
    ui::{self, Card, Kind, LinkButton, Notice, PageHead, Tone},
};

#[component]
pub fn EventsPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let data = ui::page_data(move || id.get(), load_events);
    ui::load_with(
        data,
        Callback::new(move |data| match id.get_untracked().parse() {
            Ok(id) => page(id, data),
            Err(_) => ui::problem(Error::new(Code::NotFound)),
        }),
    )
}

fn page(id: ConnectionId, data: Events) -> AnyView {
    let Events {
        name,
        integration,
        status,
        made,
    } = data;
    let crumbs = vec![
        ("Connections".to_owned(), paths::CONNECTIONS.to_owned()),
        (name, paths::connection(id)),
    ];
    let body = match made {
        Some(made) => shown(id, made),
        None => panel(id, &integration, &status),
    };
    view! {
        <PageHead title="Events" crumbs=crumbs />
        <div class="max-w-3xl space-y-5">{body}</div>
    }
    .into_any()
}

/// What is shown once, or that all is set.
fn shown(id: ConnectionId, made: WebhookMade) -> AnyView {
    let sender = made.endpoint.scheme.label();
    let missing = (!made.endpoint.has_secret).then(|| {
        view! {
            <Notice tone=Tone::Warn title="One thing is left">
                <p>{format!("Make the webhook at {sender} with this address, then paste its signing secret here. Until then nothing is taken in.")}</p>
            </Notice>
        }
    });
    let once = (made.url.is_some() || made.secret.is_some()).then(|| {
        view! {
            <Notice tone=Tone::Warn title="Copy it now">
                <p>{format!("It is shown this once. Give it to {sender} and to nobody else.")}</p>
            </Notice>
        }
    });
    let nothing = once.is_none().then(|| {
        view! { <Notice tone=Tone::Ok title="Saved"><p>"What is signed with this secret is taken in from now on."</p></Notice> }
    });
    let address = made
        .url
        .map(|url| view! { <Card title="Address"><ui::Code text=url /></Card> });
    let secret = made
        .secret
        .map(|secret| view! { <Card title="Signing secret"><ui::Code text=secret /></Card> });
    let label = if once.is_some() {
        "I have copied it"
    } else {
        "Back to events"
    };
    view! {
        {once}
        {nothing}
        {address}
        {secret}
        {missing}
        <LinkButton href=paths::connection_tab(id, "events") label=label kind=Kind::Primary />
    }
    .into_any()
}
