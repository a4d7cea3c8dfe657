//! The tab of events: turning them on, how that goes, and what can be changed.

use leptos::prelude::*;
use model::{ConnectionId, WebhookScheme, WebhookStatus, WebhookView};

use super::{arriving::Arriving, sender};
use crate::{
    paths,
    ui::{
        After, Answer, Button, Card, Form, InputKind, Kind, LinkButton, Moment, Need, SelectField,
        TextField,
    },
};

pub fn panel(id: ConnectionId, integration: &str, status: &WebhookStatus) -> AnyView {
    match &status.endpoint {
        None => turn_on(id, integration, status.suggested),
        Some(endpoint) => on(id, integration, endpoint),
    }
}

fn turn_on(id: ConnectionId, integration: &str, suggested: WebhookScheme) -> AnyView {
    let lead = format!(
        "{integration} can tell this hub what has changed at the moment it happens. You get an address to enter there; each event is a row of a table within a second. What events miss, a run every hour brings, unless you have set other times."
    );
    let senders = WebhookScheme::ALL.map(|scheme| Answer::new(scheme.name(), scheme.label()));
    let hint = "Paste it if the sender has shown it already. Leave it empty to have one made here, where the sender takes one, or to paste it later.";
    view! {
        <Card title="Take events in">
            <p class="mb-3 text-ink-soft">{lead}</p>
            <Form action=paths::connection_events(id) id="events-on" after=After::Download>
                <SelectField name="scheme" label="Kind of sender" value=suggested.name() hint=Some("How it signs what it sends. Standard Webhooks is the open way that many tools follow.".to_owned()) answers=senders.to_vec() />
                {secret_field("Signing secret", hint, Need::Optional)}
                <Button label="Turn events on" kind=Kind::Primary />
            </Form>
        </Card>
    }
    .into_any()
}

fn on(id: ConnectionId, integration: &str, endpoint: &WebhookView) -> AnyView {
    let sender = sender(endpoint.scheme, integration);
    let secret = secret(id, endpoint);
    view! {
        <Arriving connection=id sender=sender.clone() endpoint=endpoint.clone() />
        {secret}
        <Card title="Address">
            <p class="mb-3 text-ink-soft">{format!("It was shown once, when it was made. If it was not copied, make a new one: what {sender} sends to the old one is refused until you change it there.")}</p>
            <LinkButton href=paths::connection_events_address(id) label="Make a new address…" icon="rotate-ccw" />
        </Card>
        <Card title="Turn off">
            <p class="mb-3 text-ink-soft">"The address ends. The table stays, and runs go on as before."</p>
            <LinkButton href=paths::connection_events_off(id) label="Turn events off…" icon="ban" />
        </Card>
    }
    .into_any()
}

fn secret(id: ConnectionId, endpoint: &WebhookView) -> AnyView {
    let scheme = endpoint.scheme;
    let was = endpoint.secret_set_at.clone().map(|at| {
        let old = endpoint.old_secret_until.clone().map(|until| {
            view! { " The one before works until "<Moment at=until />"." }
        });
        let once = scheme.secret_is_ours().then_some(
            " If it was made here, it was shown once: if it was not copied, make a new one.",
        );
        view! { <p class="mb-3 text-ink-soft">"Set "<Moment at=at />"."{old}{once}</p> }
    });
    // Tells a form that is sent again, because its answer is loaded again, from one that asks for another secret.
    let before = endpoint.secret_set_at.clone().unwrap_or_default();
    let (act, label, hint, need) = match (endpoint.has_secret, scheme.secret_is_ours()) {
        (false, _) => ("set", "Set the signing secret", "", Need::Required),
        (true, true) => (
            "secret",
            "Change the signing secret",
            "Leave it empty to have one made here. The one before works for 24 hours more.",
            Need::Optional,
        ),
        (true, false) => (
            "secret",
            "Change the signing secret",
            "The one before works for 24 hours more.",
            Need::Required,
        ),
    };
    let hint = format!("{} {hint}", scheme.where_secret());
    view! {
        <Card title="Signing secret">
            {was}
            <Form action=paths::connection_events(id) id="events-secret" after=After::Download>
                <input type="hidden" name="act" value=act />
                <input type="hidden" name="before" value=before />
                {secret_field("New signing secret", hint.trim(), need)}
                <Button label=label icon="key" />
            </Form>
        </Card>
    }
    .into_any()
}

fn secret_field(label: &'static str, hint: &str, need: Need) -> AnyView {
    view! { <TextField name="secret" label=label kind=InputKind::Password hint=Some(hint.to_owned()) need=need autocomplete="off" /> }
        .into_any()
}
