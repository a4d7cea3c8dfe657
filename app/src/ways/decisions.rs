//! Decisions of a run or a rehearsal: which way was taken, by which rule, and what each try came to.

use leptos::prelude::*;
use model::Decision;

use crate::ui::{self, Badge, Code, Disclosure, Moment, Tone};

pub fn decisions(decisions: &[Decision], is_over: bool) -> AnyView {
    if decisions.is_empty() {
        return view! { <p class="text-ink-soft">"Nothing is decided yet: it waits for a free worker."</p> }.into_any();
    }
    let items = decisions
        .iter()
        .map(|decision| item(decision, is_over))
        .collect_view();
    view! { <ol class="divide-y divide-line">{items}</ol> }.into_any()
}

fn item(decision: &Decision, is_over: bool) -> AnyView {
    let waits = decision
        .not_before
        .clone()
        .filter(|_| decision.started_at.is_none())
        .map(|at| view! { <p class="text-ink-soft">"Not before "<Moment at=at /></p> });
    let why = decision
        .problem
        .clone()
        .map(|problem| view! { <p class="text-ink-soft">{problem}</p> });
    let further = decision.advanced.then(|| {
        let rows = ui::plural(decision.rows_written, "row", "rows");
        let words =
            format!("It had brought {rows} that need not be read again, so it counts as no try.");
        view! { <p class="text-ink-soft">{words}</p> }
    });
    let raw = decision.raw.clone().map(
        |raw| view! { <Disclosure label="What the source said"><Code text=raw /></Disclosure> },
    );
    view! {
        <li class="flex gap-3 py-2.5 first:pt-0 last:pb-0">
            <span class="w-5 shrink-0 text-end text-ink-mute tabular-nums" aria-hidden="true">{decision.n}</span>
            <div class="min-w-0 flex-1 space-y-1">
                <p class="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
                    <span>{decision.rule.label()}</span>
                    {came(decision, is_over)}
                </p>
                {waits}
                {why}
                {further}
                {raw}
            </div>
        </li>
    }
    .into_any()
}

/// What the try came to, in a badge and a few numbers.
fn came(decision: &Decision, is_over: bool) -> Option<AnyView> {
    decision.route?;
    let took = decision.millis.map(
        |millis| view! { <span class="text-ink-mute tabular-nums">{ui::duration(millis)}</span> },
    );
    let (tone, icon, word) = match (decision.class, &decision.finished_at) {
        (Some(class), _) => (Tone::Bad, "circle-alert", class.label().to_owned()),
        (None, Some(_)) => {
            let rows = ui::plural(decision.rows_written, "row", "rows");
            (Tone::Ok, "circle-check", format!("Done: {rows}"))
        }
        (None, None) if is_over => (Tone::Off, "ban", "Stopped".to_owned()),
        (None, None) if decision.started_at.is_some() => {
            (Tone::Work, "loader", "Running".to_owned())
        }
        (None, None) => (Tone::Work, "clock", "Waits".to_owned()),
    };
    let came = view! {
        <span class="flex items-baseline gap-2">{took}<Badge tone=tone icon=icon label=word /></span>
    };
    Some(came.into_any())
}
