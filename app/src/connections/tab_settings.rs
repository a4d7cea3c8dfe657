//! Settings of a connection: name, what is set, when runs start, pause, removal.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{ConnectionState, ConnectionView};

use super::{
    api::{PauseConnection, RenameConnection, ResumeConnection},
    page::post,
    schedule,
};
use crate::{
    paths,
    ui::{Button, Card, Facts, Form, Icon, Kind, LinkButton, Moment, TextField},
};

pub fn view(view: ConnectionView) -> AnyView {
    let id = view.row.id;
    let name = view.row.name.clone();
    let (schedule, pause) = (schedule::card(&view), pause(&view));
    let ConnectionView {
        settings,
        secrets_set,
        ..
    } = view;
    let settings: Vec<(String, AnyView)> = settings
        .into_iter()
        .map(|(name, value)| (name, value.into_any()))
        .collect();
    let rule = if settings.is_empty() {
        ""
    } else {
        "mt-1 border-t border-line pt-1 empty:hidden"
    };
    view! {
        <div class="max-w-3xl space-y-5">
            <Card title="Name">
                <Form action=RenameConnection::PATH id="rename" class="flex flex-wrap items-end gap-3">
                    <input type="hidden" name="connection" value=id.to_string() />
                    <div class="min-w-56 flex-1"><TextField name="name" label="Name of this connection" value=name /></div>
                    <Button label="Rename connection" />
                </Form>
            </Card>
            <Card title="Settings">
                <Facts facts=settings />
                {secrets(secrets_set, rule)}
                <div class="mt-4"><LinkButton href=paths::connection_edit(id) label="Change settings" icon="pencil" /></div>
            </Card>
            {schedule}
            {pause}
            <Card title="Remove">
                <p class="mb-3 text-ink-soft">"Runs stop and its secrets are destroyed. Tables stay as they are. You see the effect before you confirm."</p>
                <LinkButton href=paths::connection_remove(id) label="Remove this connection…" icon="trash" />
            </Card>
        </div>
    }
    .into_any()
}

/// Secrets are write-only: that they are set is all there is to see. `rule` sets them apart from what stands above.
fn secrets(set: Vec<(String, String)>, rule: &'static str) -> AnyView {
    let lines = set
        .into_iter()
        .map(|(title, at)| {
            view! {
                <li class="flex flex-wrap items-center gap-x-2 py-1.5">
                    <Icon name="lock" class="size-4 shrink-0 text-ink-mute" />
                    <span>{title}</span>
                    <span class="text-ink-mute">"•••• set "{(!at.is_empty()).then(|| view! { <Moment at=at /> })}</span>
                </li>
            }
        })
        .collect_view();
    view! { <ul class=rule>{lines}</ul> }.into_any()
}

fn pause(view: &ConnectionView) -> Option<AnyView> {
    if !view.is_known() {
        return None;
    }
    let (text, button) = match view.row.state {
        ConnectionState::Paused => (
            "Nothing runs until you resume it. Tables stay readable.",
            post(
                ResumeConnection::PATH,
                "resume-here",
                view,
                "Resume connection",
                Kind::Plain,
                "play",
            ),
        ),
        _ => (
            "No run starts until you resume it. Tables stay readable.",
            post(
                PauseConnection::PATH,
                "pause",
                view,
                "Pause connection",
                Kind::Plain,
                "pause",
            ),
        ),
    };
    Some(
        view! { <Card title="Pause"><p class="mb-3 text-ink-soft">{text}</p>{button}</Card> }
            .into_any(),
    )
}
