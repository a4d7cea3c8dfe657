//! What a run says of itself in sentences.

use model::{Class, Method, Route, RunState, RunView};

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

/// A run of an earlier version has only its job.
fn is_decided(run: &RunView) -> bool {
    run.engine_job.is_some() || took(run, Route::Direct) || took(run, Route::Airbyte)
}

fn took(run: &RunView, route: Route) -> bool {
    let mut decisions = run.decisions.iter();
    decisions.any(|decision| decision.route == Some(route))
}

/// Is the next try decided, and yet to begin after a pause?
fn waits(run: &RunView) -> bool {
    run.decisions.last().is_some_and(|last| {
        last.not_before.is_some() && last.started_at.is_none() && last.finished_at.is_none()
    })
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

/// Where the run stands and what that means.
pub fn state_words(run: &RunView) -> String {
    let tables = i64::try_from(run.streams.len()).unwrap_or(i64::MAX);
    let tables = ui::plural(tables, "table", "tables");
    match run.row.state {
        RunState::Queued => {
            "It waits for a free worker. You can leave this page; it goes on.".to_owned()
        }
        RunState::Running if waits(run) => {
            "It waits, then asks again. You can leave this page; it goes on.".to_owned()
        }
        RunState::Running => {
            "Rows are on their way. You can leave this page; it goes on.".to_owned()
        }
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

#[cfg(test)]
mod tests;
