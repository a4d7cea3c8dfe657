//! The phases of a run with their times: waiting, moving rows, checking receipts.

use leptos::prelude::*;
use model::{Progress, RunState, RunView};

use super::{clock::between, words::balance_words};
use crate::{
    browser,
    ui::{self, Bar, Icon, StepMark},
};

/// One phase: its word, how far it is, what it took or brought.
struct Phase {
    word: &'static str,
    state: State,
    detail: AnyView,
}

#[derive(Clone, Copy)]
enum State {
    Step(Progress),
    /// By a person, which is no failure.
    Stopped,
}

impl State {
    fn mark(self) -> AnyView {
        match self {
            Self::Step(state) => view! { <StepMark state=state /> }.into_any(),
            Self::Stopped => view! { <span class="text-ink-mute"><Icon name="ban" class="size-5 shrink-0" /><span class="sr-only">"stopped"</span></span> }.into_any(),
        }
    }
}

pub fn phases(run: &RunView) -> AnyView {
    let items = [waiting(run), moving(run), checking(run)]
        .into_iter()
        .map(|phase| {
            view! {
                <li class="flex min-w-0 flex-1 items-start gap-2.5">
                    {phase.state.mark()}
                    <span class="min-w-0">
                        <span class="block font-medium">{phase.word}</span>
                        <span class="block text-label text-ink-soft tabular-nums">{phase.detail}</span>
                    </span>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="card space-y-3 p-4" aria-label="Phases">
            <ol class="flex flex-col gap-3 sm:flex-row">{items}</ol>
            {bar(run)}
        </section>
    }
    .into_any()
}

/// Tables done, while rows are moving.
fn bar(run: &RunView) -> Option<AnyView> {
    if run.row.state.is_over() {
        return None;
    }
    let (done, all) = tables_done(run);
    let label = format!("{done} of {all} tables done");
    let bar = if all > 1 {
        view! { <Bar done=done of=all label=label.clone() /> }.into_any()
    } else {
        view! { <Bar done=0 label="Work goes on" /> }.into_any()
    };
    Some(bar)
}

fn tables_done(run: &RunView) -> (i64, i64) {
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let done = run
        .streams
        .iter()
        .filter(|stream| stream.state.is_over())
        .count();
    (number(done), number(run.streams.len()))
}

fn waiting(run: &RunView) -> Phase {
    let row = &run.row;
    let (state, detail) = match (&row.started_at, row.state) {
        (Some(started), _) => {
            let waited = between(&row.created_at, started)
                .map(ui::duration)
                .unwrap_or_default();
            (Progress::Passed, waited.into_any())
        }
        (None, RunState::Queued) => (
            Progress::Running,
            elapsed(&row.created_at, "not started yet"),
        ),
        (None, _) => (Progress::Passed, "ended while waiting".into_any()),
    };
    Phase {
        word: "Waiting",
        state: State::Step(state),
        detail,
    }
}

fn moving(run: &RunView) -> Phase {
    let row = &run.row;
    let (state, detail) = match (&row.started_at, row.millis, row.state) {
        (Some(_), Some(millis), RunState::Failed) => {
            (State::Step(Progress::Failed), failed_after(millis))
        }
        (Some(_), Some(millis), RunState::Cancelled) => (
            State::Stopped,
            format!("stopped after {}", ui::duration(millis)).into_any(),
        ),
        (Some(_), Some(millis), _) => (
            State::Step(Progress::Passed),
            ui::duration(millis).into_any(),
        ),
        (Some(started), None, _) => (State::Step(Progress::Running), elapsed(started, "running")),
        (None, _, _) => (State::Step(Progress::Waiting), "".into_any()),
    };
    Phase {
        word: "Reading and writing",
        state,
        detail,
    }
}

fn failed_after(millis: i64) -> AnyView {
    format!("failed after {}", ui::duration(millis)).into_any()
}

fn checking(run: &RunView) -> Phase {
    let verified = run.streams.iter().filter(|stream| stream.verified).count();
    let state = match run.row.state {
        RunState::Succeeded => Progress::Passed,
        RunState::Partial => Progress::Failed,
        RunState::Running if verified > 0 => Progress::Running,
        _ => Progress::Waiting,
    };
    Phase {
        word: "Checking receipts",
        state: State::Step(state),
        detail: balance_words(run).into_any(),
    }
}

/// Time since an instant, by the reader's clock; without scripts the phase has no time yet, and `state` stands there.
fn elapsed(since: &str, state: &str) -> AnyView {
    let since = since.to_owned();
    let words = RwSignal::new(state.to_owned());
    Effect::new(move |_| {
        if let Some(local) = browser::local_time(&since) {
            words.set(format!(
                "for {}",
                ui::duration(whole_seconds(local.seconds_ago) * 1000)
            ));
        }
    });
    view! { <span>{move || words.get()}</span> }.into_any()
}

/// Whole seconds of a distance that fits a run: never negative, at most a few days.
fn whole_seconds(seconds: f64) -> i64 {
    format!("{:.0}", seconds.max(0.0).floor())
        .parse()
        .unwrap_or(0)
}
