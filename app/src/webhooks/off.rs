//! Turning events off: says first what ends and what stays.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_params_map;
use model::{ConnectionId, WebhookView};

use super::{
    api::{TurnOffEvents, load_events},
    given::Events,
    sender,
};
use crate::{
    error::{Code, Error},
    paths,
    ui::{self, Button, Card, Form, Kind, LinkButton, PageHead, mono},
};

#[component]
pub fn OffPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let data = ui::page_data(move || id.get(), load_events);
    ui::load_with(
        data,
        Callback::new(move |data: Events| {
            match (id.get_untracked().parse(), data.status.endpoint) {
                (Ok(id), Some(endpoint)) => page(id, data.name, &data.integration, endpoint),
                _ => ui::problem(Error::new(Code::NotFound)),
            }
        }),
    )
}

fn page(id: ConnectionId, name: String, integration: &str, endpoint: WebhookView) -> AnyView {
    let back = paths::connection_tab(id, "events");
    let crumbs = vec![
        ("Connections".to_owned(), paths::CONNECTIONS.to_owned()),
        (name, paths::connection(id)),
        ("Events".to_owned(), back.clone()),
    ];
    let sender = sender(endpoint.scheme, integration);
    let day = ui::plural(endpoint.events_24h, "event", "events");
    view! {
        <PageHead title="Turn events off" crumbs=crumbs />
        <div class="max-w-xl">
            <Card>
                <Form action=TurnOffEvents::PATH id="events-off">
                    <input type="hidden" name="connection" value=id.to_string() />
                    <ul class="list-disc space-y-1 ps-4">
                        <li>{format!("The address ends at once: what {sender} sends is refused from then on. {day} came in the last 24 hours.")}</li>
                        <li>"The signing secret is destroyed. Turning events on again makes a new address."</li>
                        <li>"The table " {mono(endpoint.table)} " stays as it is, with every event in it."</li>
                        <li>{format!("Remove the webhook at {sender}, too, or it keeps trying for days.")}</li>
                    </ul>
                    <div class="flex flex-wrap gap-2">
                        <Button label="Turn events off" kind=Kind::Danger icon="ban" />
                        <LinkButton href=back label="Keep them on" kind=Kind::Quiet />
                    </div>
                </Form>
            </Card>
        </div>
    }
    .into_any()
}
