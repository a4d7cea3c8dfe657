//! The head of a run's page: whose run it is, where it stands, and how to stop it or start another.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{RunState, RunView};

use super::{
    api::{Cancel, RunAgain},
    words::{LEAVE, fallback_words, state_words, waits_until, went_around},
};
use crate::{
    paths,
    ui::{self, Ago, Button, Card, Clock, Form, Kind, LinkButton, PageHead, RunBadge},
};

/// Is the reader asked whether the run should stop?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    Asked,
    NotAsked,
}

pub fn head(run: &RunView, stop: Stop) -> AnyView {
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
    let words = state(run);
    let around = around(run);
    let when = row.created_at.clone();
    let lead = view! {
        <p role="status">{words}</p>
        {around}
        <p class="text-label text-ink-mute">{format!("Started by {} · ", row.started_by)}<Ago at=when /></p>
    };
    view! {
        <PageHead
            title=format!("Run of {}", row.connection_name)
            crumbs=crumbs
            state=view! { <RunBadge state=row.state /> }.into_any()
            lead=lead.into_any()
            actions=actions(run, stop)
        />
    }
    .into_any()
}

/// Where it stands; a run that waits says until when.
fn state(run: &RunView) -> AnyView {
    let words = state_words(run);
    match waits_until(run) {
        Some(at) if matches!(run.row.state, RunState::Queued | RunState::Running) => {
            let at = at.to_owned();
            view! { {words}" "<Clock at=at />". "{LEAVE} }.into_any()
        }
        _ => words.into_any(),
    }
}

/// That the rows came by the fallback, and why.
fn around(run: &RunView) -> Option<AnyView> {
    if went_around(run) {
        return Some(renew(run));
    }
    fallback_words(run).map(|words| view! { <p>{words}</p> }.into_any())
}

/// All rows are there, and yet a person is needed.
fn renew(run: &RunView) -> AnyView {
    let href = paths::connection_edit(run.row.connection);
    view! {
        <p>"The source refused the sign-in, so the rows came through Airbyte: please renew it in the "<a href=href class="underline underline-offset-2">"settings"</a>" when you can."</p>
    }
    .into_any()
}

fn actions(run: &RunView, stop: Stop) -> AnyView {
    let row = &run.row;
    match row.state {
        RunState::Queued | RunState::Running if stop == Stop::NotAsked => {
            view! { <LinkButton href=paths::run_stop(row.id) label="Stop this run" icon="square" /> }.into_any()
        }
        RunState::Queued | RunState::Running | RunState::Cancelling => ().into_any(),
        RunState::Failed => view! {
            <LinkButton href=paths::connection_edit(row.connection) label="Check the settings" icon="settings" kind=Kind::Primary />
            {again(run, Kind::Plain)}
        }
        .into_any(),
        _ => again(run, Kind::Primary),
    }
}

fn again(run: &RunView, kind: Kind) -> AnyView {
    let connection = run.row.connection.to_string();
    view! {
        <Form action=RunAgain::PATH id="again" class="contents">
            <input type="hidden" name="connection" value=connection />
            <Button label="Run again" icon="refresh-cw" kind=kind />
        </Form>
    }
    .into_any()
}

/// Says how far it got before it stops. It has an address of its own: a page that reloads would fold it away.
pub fn question(run: &RunView) -> AnyView {
    let id = run.row.id;
    let read = ui::plural(run.row.rows_read, "row was", "rows were");
    let words = format!(
        "{read} read so far. It stops within 5 seconds. Tables keep what is complete by then; the next run goes on from there."
    );
    view! {
        <Card title="Stop this run">
            <Form action=Cancel::PATH id="stop">
                <input type="hidden" name="run" value=id.to_string() />
                <p>{words}</p>
                <div class="flex flex-wrap gap-2">
                    <Button label="Stop now" kind=Kind::Danger />
                    <LinkButton href=paths::run(id) label="Let it run" kind=Kind::Quiet />
                </div>
            </Form>
        </Card>
    }
    .into_any()
}
