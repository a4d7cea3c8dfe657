//! The moving end of a log: asks for newer lines while the run goes on, and once more after it ended.

use std::time::Duration;

use leptos::{
    leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle},
    prelude::*,
    task::spawn_local,
};
use model::{LogLine, RunView};

use super::{api::log, log::line};
use crate::{browser, ui::Loaded};

/// Pause between two questions, in milliseconds.
const PAUSE: u64 = 1500;
/// Lines come in late: so many empty answers after the end of the run before it is left alone.
const LAST_QUESTIONS: u32 = 3;
/// The page stays quick up to here; the rest is one load away.
const MOST_LINES: usize = 3000;

#[derive(Clone, Copy)]
struct Follow {
    id: StoredValue<String>,
    last: StoredValue<i64>,
    lines: RwSignal<Vec<LogLine>>,
    /// Is the run over? Read where a resource may be.
    over: StoredValue<bool>,
    silence: StoredValue<u32>,
    timer: StoredValue<Option<TimeoutHandle>>,
}

#[component]
pub fn Tail(
    id: String,
    /// Number of the last line shown above.
    last: i64,
    run: Loaded<RunView>,
) -> impl IntoView {
    let follow = Follow {
        id: StoredValue::new(id),
        last: StoredValue::new(last),
        lines: RwSignal::new(Vec::new()),
        over: StoredValue::new(false),
        silence: StoredValue::new(0),
        timer: StoredValue::new(None),
    };
    Effect::new(move |_| {
        let over = run.with(|run| matches!(run, Some(Ok(run)) if run.row.state.is_over()));
        follow.over.set_value(over);
    });
    Effect::new(move |_| wait(follow));
    on_cleanup(move || {
        if let Some(Some(timer)) = follow.timer.try_get_value() {
            timer.clear();
        }
    });
    let nothing = move || {
        (last == 0 && follow.lines.with(Vec::is_empty))
            .then(|| view! { <li class="px-4 py-3 font-sans text-sm text-ink-soft">"Nothing was logged so far."</li> })
    };
    view! {
        {nothing}
        <For each=move || follow.lines.get() key=|line| line.n children=line />
    }
    .into_any()
}

fn wait(follow: Follow) {
    let ask = move || {
        if browser::is_hidden() {
            wait(follow);
        } else {
            spawn_local(ask(follow));
        }
    };
    if let Ok(handle) = set_timeout_with_handle(ask, Duration::from_millis(PAUSE)) {
        follow.timer.set_value(Some(handle));
    }
}

async fn ask(follow: Follow) {
    let (Some(id), Some(last)) = (follow.id.try_get_value(), follow.last.try_get_value()) else {
        return;
    };
    let fresh = log(id, last).await.unwrap_or_default();
    if follow.last.is_disposed() {
        return;
    }
    match fresh.last() {
        Some(newest) => {
            follow.last.set_value(newest.n);
            follow.silence.set_value(0);
            follow.lines.update(|lines| lines.extend(fresh));
        }
        None if follow.over.get_value() => follow.silence.update_value(|silence| *silence += 1),
        None => {}
    }
    let room = follow
        .lines
        .with_untracked(|lines| lines.len() < MOST_LINES);
    if room && follow.silence.get_value() < LAST_QUESTIONS {
        wait(follow);
    }
}
