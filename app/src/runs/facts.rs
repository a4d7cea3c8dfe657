//! What else is known of a run: its way, how it was protected, the number of its job.

use leptos::prelude::*;
use model::RunView;

use super::words::way_words;
use crate::ui::{CopyButton, Moment};

pub fn facts(run: &RunView) -> AnyView {
    let row = &run.row;
    let mut facts = vec![
        ("Way", way_words(run).into_any()),
        (
            "Asked for",
            view! { <Moment at=row.created_at.clone() /> }.into_any(),
        ),
    ];
    facts.extend(
        row.started_at
            .clone()
            .map(|at| ("Started", view! { <Moment at=at /> }.into_any())),
    );
    facts.extend(
        row.finished_at
            .clone()
            .map(|at| ("Ended", view! { <Moment at=at /> }.into_any())),
    );
    facts.extend(
        run.sandbox
            .clone()
            .map(|sandbox| ("Protection", protection(&sandbox).into_any())),
    );
    facts.extend(
        run.engine_job
            .map(|job| ("Number of its last job", job.to_string().into_any())),
    );
    facts.push(("Run", id(&row.id.to_string())));
    let lines = facts.into_iter().map(|(name, value)| {
        view! {
            <div class="grid gap-x-4 py-1.5 sm:grid-cols-[12rem_1fr]">
                <dt class="text-ink-mute">{name}</dt>
                <dd class="min-w-0 break-words">{value}</dd>
            </div>
        }
    });
    view! { <dl class="divide-y divide-line">{lines.collect_view()}</dl> }.into_any()
}

/// How well what reads is kept away from everything else.
fn protection(sandbox: &str) -> String {
    match sandbox {
        "built in" => "The hub itself reads; no program from elsewhere ran.".to_owned(),
        "strict" => "The connector ran in a sandbox of its own.".to_owned(),
        other => format!("The connector ran in a sandbox of its own ({other})."),
    }
}

fn id(id: &str) -> AnyView {
    view! {
        <span class="flex flex-wrap items-center gap-2">
            <code class="font-mono text-xs break-all">{id.to_owned()}</code>
            <CopyButton text=id.to_owned() about="the run's id" />
        </span>
    }
    .into_any()
}
