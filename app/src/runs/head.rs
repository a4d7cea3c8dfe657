//! The head of a run's page: whose run it is, where it stands, and how to stop it or start another.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{RunState, RunView};

use super::{
    api::{Cancel, RunAgain},
    words::state_words,
};
use crate::{
    paths,
    ui::{self, Ago, Button, Form, Kind, LinkButton, PageHead, RunBadge, SecondLook},
};

pub fn head(run: &RunView) -> AnyView {
    let row = &run.row;
    let crumbs = vec![
        ("Connections".to_owned(), paths::CONNECTIONS.to_owned()),
        (
            row.connection_name.clone(),
            paths::connection(row.connection),
        ),
        (
            "Runs".to_owned(),
            paths::connection_tab(row.connection, "runs"),
        ),
    ];
    let words = state_words(run);
    let when = row.created_at.clone();
    let lead = view! {
        <p role="status">{words}</p>
        <p class="text-label text-ink-mute">{format!("Started by {} · ", row.started_by)}<Ago at=when /></p>
    };
    view! {
        <PageHead
            title=format!("Run of {}", row.connection_name)
            crumbs=crumbs
            state=view! { <RunBadge state=row.state /> }.into_any()
            lead=lead.into_any()
            actions=actions(run)
        />
    }
    .into_any()
}

fn actions(run: &RunView) -> AnyView {
    let row = &run.row;
    match row.state {
        RunState::Queued | RunState::Running => cancel(run),
        RunState::Cancelling => ().into_any(),
        RunState::Failed => view! {
            <LinkButton href=paths::connection_edit(row.connection) label="Check the settings" icon="settings" />
            {again(run)}
        }
        .into_any(),
        _ => again(run),
    }
}

fn again(run: &RunView) -> AnyView {
    let connection = run.row.connection.to_string();
    view! {
        <Form action=RunAgain::PATH id="again" class="contents">
            <input type="hidden" name="connection" value=connection />
            <Button label="Run again" icon="refresh-cw" kind=Kind::Primary />
        </Form>
    }
    .into_any()
}

/// Says how far it got before it asks to stop.
fn cancel(run: &RunView) -> AnyView {
    let id = run.row.id.to_string();
    let read = ui::plural(run.row.rows_read, "row was", "rows were");
    let words = format!(
        "{read} read so far. It stops within 5 seconds. Tables keep what is complete by then; the next run goes on from there."
    );
    view! {
        <SecondLook label="Stop this run" icon="square">
            <p>{words}</p>
            <Form action=Cancel::PATH id="stop" class="space-y-3">
                <input type="hidden" name="run" value=id />
                <Button label="Stop now" kind=Kind::Danger />
            </Form>
        </SecondLook>
    }
    .into_any()
}
