//! What a run says of itself in sentences.

mod fallback;

use model::{Class, Method, Route, RunRow, RunState, RunView};

pub use fallback::fallback_words;
use fallback::{around_words, failures, trouble};

use crate::ui;

/// Which way the rows took.
pub const fn method_words(method: Method) -> &'static str {
    match method {
        Method::Direct => "Direct",
        Method::Airbyte => "Through Airbyte",
        Method::AirbyteFallback => "Through Airbyte, as the fallback",
    }
}

/// The same of a run, which has a method from its beginning and a way as soon as that is decided.
pub fn way_words(run: &RunView) -> &'static str {
    match (is_decided(run), run.row.state.is_over()) {
        (true, _) => method_words(run.row.method),
        (false, false) => "Not decided yet",
        (false, true) => "None was taken",
    }
}

/// The same of a row of a list, which knows no decisions.
pub const fn row_way_words(run: &RunRow) -> &'static str {
    match (run.state, run.method) {
        (RunState::Queued, Method::Airbyte) => "Not decided yet",
        (_, method) => method_words(method),
    }
}

/// A run of an earlier version has only its job.
fn is_decided(run: &RunView) -> bool {
    run.engine_job.is_some() || took(run, Route::Direct) || took(run, Route::Airbyte)
}

fn took(run: &RunView, route: Route) -> bool {
    let mut decisions = run.decisions.iter();
    decisions.any(|decision| decision.route == Some(route))
}

/// When the next try begins, where it is decided and yet to begin after a pause.
pub fn waits_until(run: &RunView) -> Option<&str> {
    let last = run.decisions.last()?;
    let pauses =
        last.started_at.is_none() && last.finished_at.is_none() && !run.row.state.is_over();
    last.not_before.as_deref().filter(|_| pauses)
}

/// How many receipts balance. Before there is one, none of them is wrong.
pub fn balance_words(run: &RunView) -> String {
    let verified = run.streams.iter().filter(|stream| stream.verified).count();
    let is_over = run.row.state.is_over();
    if run.streams.is_empty() && is_over {
        return "no table was reached".to_owned();
    }
    if !is_over && !run.streams.iter().any(|stream| stream.state.is_over()) {
        return "not yet".to_owned();
    }
    format!("{verified} of {} tables balance", run.streams.len())
}

/// What the log holds of a run that was asked for with a detailed one.
pub fn detail_words(run: &RunView) -> &'static str {
    let direct = took(run, Route::Direct) || run.row.method == Method::Direct;
    match (is_decided(run), direct, took(run, Route::Airbyte)) {
        (true, true, true) => {
            "What this hub read by itself tells each request and each question to a database below, as DEBUG lines. What went through Airbyte tells no more than it always does."
        }
        (true, false, _) => "What goes through Airbyte tells no more than it always does.",
        (false, _, _) | (true, true, false) => {
            "What this hub reads by itself tells each request and each question to a database below, as DEBUG lines."
        }
    }
}

/// Did the rows come through Airbyte after the source had refused the sign-in? Then all is well but for that.
pub fn went_around(run: &RunView) -> bool {
    let on = |route| {
        let mut backwards = run.decisions.iter().rev();
        backwards.find(move |decision| decision.route == Some(route))
    };
    let refused = on(Route::Direct).is_some_and(|last| last.class == Some(Class::Auth));
    let came = on(Route::Airbyte).is_some_and(|last| last.class.is_none());
    let arrived = matches!(run.row.state, RunState::Succeeded | RunState::Partial);
    run.fallback_used && arrived && refused && came
}

/// Nobody has to wait for a run.
pub const LEAVE: &str = "You can leave this page; it goes on.";

/// Where the run stands and what that means.
pub fn state_words(run: &RunView) -> String {
    let tables = i64::try_from(run.streams.len()).unwrap_or(i64::MAX);
    let tables = ui::plural(tables, "table", "tables");
    match run.row.state {
        // The first try of a run may have to wait, too.
        RunState::Queued if waits_until(run).is_none() => {
            format!("It waits for a free worker. {LEAVE}")
        }
        RunState::Queued | RunState::Running => going_words(run),
        RunState::Cancelling => "It is stopping and ends within seconds.".to_owned(),
        RunState::Succeeded if run.row.rows_written == 0 => {
            format!("Nothing new in {tables}. Every receipt balances.")
        }
        RunState::Succeeded => {
            let rows = ui::plural(run.row.rows_written, "row", "rows");
            format!("{rows} in {tables}. Every receipt balances.")
        }
        RunState::Partial => "Rows arrived, but a table below needs a look.".to_owned(),
        RunState::Failed => {
            "Tables hold what was complete before it failed; nothing half-written shows.".to_owned()
        }
        RunState::Cancelled => {
            "Tables hold what was complete when it stopped; nothing half-written shows.".to_owned()
        }
    }
}

/// What a run that goes on does just now. Where it waits, the instant at which it asks again is put behind these words.
fn going_words(run: &RunView) -> String {
    let failures = failures(run);
    let waits = waits_until(run).is_some();
    let now = run.decisions.last().and_then(|last| last.route);
    match (failures.last(), now) {
        (Some(Class::RateLimited), _) if waits => {
            "The source asked for a pause; it is asked again at".to_owned()
        }
        (Some(class), _) if waits => {
            format!(
                "The source fails ({}); it is asked again at",
                trouble(*class)
            )
        }
        (None, _) if waits => "The source is left alone for a while; it is asked at".to_owned(),
        (Some(Class::Auth), Some(Route::Airbyte)) => {
            format!("The source refused the sign-in; now through Airbyte. {LEAVE}")
        }
        (Some(_), Some(Route::Airbyte)) => {
            format!("{}; now through Airbyte. {LEAVE}", around_words(&failures))
        }
        (Some(class), _) => {
            format!(
                "The source failed ({}); it is asked again now. {LEAVE}",
                trouble(*class)
            )
        }
        (None, _) if run.row.rows_read == 0 => {
            format!("It reads; no row has come yet. {LEAVE}")
        }
        (None, _) => format!("Rows are on their way. {LEAVE}"),
    }
}

#[cfg(test)]
mod tests;
