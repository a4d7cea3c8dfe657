//! Columns that were chosen and are no longer there, or no longer what they were: a read does without them and says so,
//! unless one that is not there tells which row is which, or which is new.

mod retyped;

use airbyte::protocol::{ConfiguredAirbyteStream, SyncMode};
use serde_json::Value;

use super::key;
use crate::connector::RunContext;
use crate::fault::Fault;

/// Compares what was chosen of a table with what it has now: `live` gives the schema of a column that is there.
pub async fn check(
    configured: &ConfiguredAirbyteStream,
    live: impl Fn(&str) -> Option<Value>,
    cx: &RunContext,
) -> Result<(), Fault> {
    let gone = gone(configured, |name| live(name).is_some());
    for column in &gone {
        if let Some(role) = role(configured, column) {
            return Err(missed(&configured.stream.name, column, role));
        }
    }
    if !gone.is_empty() {
        let text = format!(
            "The source no longer has “{}”, or the login may no longer read it: it stays empty in new rows. Test the connection again to choose anew.",
            gone.join("”, “")
        );
        cx.say("WARN", Some(&configured.stream.name), text).await;
    }
    // What fits is as right as before.
    for text in retyped::remarks(configured, live) {
        cx.say("WARN", Some(&configured.stream.name), text).await;
    }
    Ok(())
}

/// The chosen columns that are not there.
fn gone(configured: &ConfiguredAirbyteStream, is_there: impl Fn(&str) -> bool) -> Vec<&str> {
    let wanted = configured.stream.json_schema.get("properties");
    wanted
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, _)| name.as_str())
        .filter(|name| !is_there(name))
        .collect()
}

/// What cannot be done without a column, if it is one that decides what becomes of a row.
fn role(configured: &ConfiguredAirbyteStream, column: &str) -> Option<&'static str> {
    let mut key = key::columns(configured).peekable();
    let cursor = match configured.cursor_field.as_slice() {
        [] => configured.stream.default_cursor_field.first(),
        chosen => chosen.first(),
    };
    // Where one row of each key is left, the cursor says which of two is the newer one, however they are read.
    let follows = configured.sync_mode == SyncMode::Incremental || key.peek().is_some();
    if key.any(|name| name == column) {
        Some("the key by which rows are told apart")
    } else if follows && cursor.is_some_and(|name| name == column) {
        Some("the cursor that tells new rows from old ones")
    } else {
        None
    }
}

fn missed(table: &str, column: &str, role: &str) -> Fault {
    Fault::config(format!(
        "The table “{table}” no longer has the column “{column}”, or the login may no longer read it, and it is part of {role}. Test the connection again, and choose the table's columns anew."
    ))
}
