//! What a run says of itself in sentences.

use model::{Method, RunState, RunView};

use crate::ui;

/// Which way the rows took.
pub const fn method_words(method: Method) -> &'static str {
    match method {
        Method::Direct => "Direct",
        Method::Airbyte => "Through Airbyte",
        Method::AirbyteFallback => "Through Airbyte, as the fallback",
    }
}

/// What the log holds of a run that was asked for with a detailed one.
pub const fn detail_words(method: Method) -> &'static str {
    match method {
        Method::Direct => {
            "What this hub reads by itself tells each request and each question to a database below, as DEBUG lines."
        }
        Method::Airbyte | Method::AirbyteFallback => {
            "What goes through Airbyte tells no more than it always does."
        }
    }
}

/// Where the run stands and what that means.
pub fn state_words(run: &RunView) -> String {
    let tables = i64::try_from(run.streams.len()).unwrap_or(i64::MAX);
    let tables = ui::plural(tables, "table", "tables");
    match run.row.state {
        RunState::Queued => {
            "It waits for a free worker. You can leave this page; it goes on.".to_owned()
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
