//! Making a new address: says first what ends and what stays.

use leptos::prelude::*;
use model::{ConnectionId, WebhookView};

use super::sender;
use crate::{
    paths,
    ui::{self, After, Button, Card, Form, Kind, LinkButton, PageHead},
};

pub fn page(id: ConnectionId, name: String, integration: &str, endpoint: &WebhookView) -> AnyView {
    let back = paths::connection_tab(id, "events");
    let crumbs = vec![
        ("Connections".to_owned(), paths::CONNECTIONS.to_owned()),
        (name, paths::connection(id)),
        ("Events".to_owned(), back.clone()),
    ];
    let sender = sender(endpoint.scheme, integration);
    let before = endpoint.address_made_at.clone();
    let day = ui::plural(endpoint.events_24h, "event", "events");
    view! {
        <PageHead title="Make a new address" crumbs=crumbs />
        <div class="max-w-xl">
            <Card>
                <Form action=paths::connection_events_address(id) id="events-address" after=After::Download>
                    <input type="hidden" name="act" value="address" />
                    <input type="hidden" name="before" value=before />
                    <ul class="list-disc space-y-1 ps-4">
                        <li>{format!("The current address ends at once, and cannot be had back: what {sender} sends there is refused from then on. {day} came in the last 24 hours.")}</li>
                        <li>{format!("The new address is shown once. Enter it at {sender} in place of the old one.")}</li>
                        <li>"The signing secret stays, and so does the table with every event in it."</li>
                    </ul>
                    <div class="flex flex-wrap gap-2">
                        <Button label="Make a new address" kind=Kind::Danger icon="rotate-ccw" />
                        <LinkButton href=back label="Keep the current one" kind=Kind::Quiet />
                    </div>
                </Form>
            </Card>
        </div>
    }
    .into_any()
}
