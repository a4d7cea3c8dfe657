//! States of other forms: those of older connectors, and those a child stream keeps for its parent.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::definition::Definition;
use super::interval::is_concurrent;

/// `LegacyToPerPartitionStateMigration`: `{"7": {"updated": …}}` becomes a list of partitions. `None` when the state is
/// not of that form.
pub fn migrate_legacy(state: &Value, partition_field: &str, cursor_field: &str) -> Option<Value> {
    let state = state
        .as_object()
        .filter(|state| !state.is_empty() && !state.contains_key("states"))?;
    let fits = |value: &Value| {
        value
            .as_object()
            .is_some_and(|inner| inner.len() == 1 && inner.contains_key(cursor_field))
    };
    if !state.values().all(fits) {
        return None;
    }
    let states: Vec<Value> = state
        .iter()
        .map(|(key, cursor)| {
            let mut partition = Map::new();
            partition.insert(partition_field.to_owned(), key.as_str().into());
            json!({ "partition": partition, "cursor": cursor })
        })
        .collect();
    Some(json!({ "states": states }))
}

/// The state a parent stream starts from, kept inside of its child's: under its name, or the child's own position where
/// there is none.
pub fn parent_state(child: &Value, parent: &str, parent_field: Option<&str>) -> Option<Value> {
    let mut child = child.as_object()?.clone();
    child.remove("__ab_no_cursor_state_message");
    if child.is_empty() {
        return None;
    }
    if let Some(kept) = child
        .get("parent_state")
        .and_then(|states| states.get(parent))
    {
        return Some(kept.clone());
    }
    if let Some(global) = child.get("state") {
        return Some(global.clone());
    }
    let mut values = child.values();
    match (values.next(), values.next(), parent_field) {
        (Some(value @ (Value::String(_) | Value::Number(_))), None, Some(field)) => {
            let mut state = Map::new();
            state.insert(field.to_owned(), value.clone());
            Some(Value::Object(state))
        }
        _ => None,
    }
}

/// The moment a state stands at.
pub fn moment_of(definition: &Definition, state: &Value) -> Option<OffsetDateTime> {
    let state = state.as_object()?;
    let value = if is_concurrent(state) {
        let first = state.get("slices")?.get(0)?;
        let newest = first
            .get("most_recent_cursor_value")
            .filter(|value| !value.is_null());
        newest.or_else(|| first.get("end"))?
    } else {
        state.get(&definition.field)?
    };
    let micros = definition.moment(value).ok()?.micros();
    OffsetDateTime::from_unix_timestamp_nanos(micros.checked_mul(1000)?).ok()
}
