//! The page that shows what was just made, asks before a new address is made, and else has the same forms as the tab.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use model::{ConnectionId, WebhookMade, WebhookPart, WebhookStatus};

use super::{
    address,
    api::load_events,
    given::{Events, Posted},
    panel::panel,
    sender,
};
use crate::{
    error::{Code, Error},
    paths,
    ui::{self, Card, Kind, LinkButton, Notice, PageHead, Tone},
};

#[component]
pub fn EventsPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let part = Memo::new(move |_| query.with(|query| query.get("part").unwrap_or_default()));
    // Shown anew for another part, too.
    let data = ui::page_data(
        move || (id.get(), part.get()),
        |(id, _part)| load_events(id),
    );
    ui::load_with(
        data,
        Callback::new(move |data| match id.get_untracked().parse() {
            Ok(id) => page(id, WebhookPart::parse(&part.get_untracked()), data),
            Err(_) => ui::problem(Error::new(Code::NotFound)),
        }),
    )
}

fn page(id: ConnectionId, part: Option<WebhookPart>, data: Events) -> AnyView {
    let Events {
        name,
        integration,
        status,
        posted,
    } = data;
    if let (Some(WebhookPart::Address), None, Some(endpoint)) = (part, &posted, &status.endpoint) {
        return address::page(id, name, &integration, endpoint);
    }
    let title = format!("Events of {name}");
    let crumbs = vec![
        ("Connections".to_owned(), paths::CONNECTIONS.to_owned()),
        (name, paths::connection(id)),
    ];
    let body = match posted {
        Some(Posted::Made(made)) => shown(id, &integration, *made),
        Some(Posted::Repeated) => {
            let (gone, panel) = (gone(&status), panel(id, &integration, &status));
            view! { {gone}{panel} }.into_any()
        }
        None => panel(id, &integration, &status),
    };
    view! {
        <PageHead title=title crumbs=crumbs />
        <div class="max-w-3xl space-y-5">{body}</div>
    }
    .into_any()
}

/// That what was shown once is not shown again, above the forms that make it anew.
fn gone(status: &WebhookStatus) -> Option<AnyView> {
    let endpoint = status.endpoint.as_ref()?;
    let words = if endpoint.scheme.secret_is_ours() {
        "The secret was shown once. If you did not copy it, make a new one. The same goes for the address."
    } else {
        "The address was shown once. If you did not copy it, make a new one."
    };
    Some(
        view! { <Notice tone=Tone::Warn title="Nothing was changed"><p>{words}</p></Notice> }
            .into_any(),
    )
}

/// What is shown once, or that all is set.
fn shown(id: ConnectionId, integration: &str, made: WebhookMade) -> AnyView {
    let sender = sender(made.endpoint.scheme, integration);
    let next = format!(
        "Make the webhook at {sender} with this address, then paste its signing secret here. Until then nothing is taken in."
    );
    let warning = format!("It is shown this once. Give it to {sender} and to nobody else.");
    let missing = (!made.endpoint.has_secret).then(|| {
        view! {
            <Notice tone=Tone::Warn title="One thing is left">
                <p>{next}</p>
            </Notice>
        }
    });
    let once = (made.url.is_some() || made.secret.is_some()).then(|| {
        view! {
            <Notice tone=Tone::Warn title="Copy it now">
                <p>{warning}</p>
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
