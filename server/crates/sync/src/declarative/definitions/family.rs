//! Whose records a stream is made from.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Definition;

impl Definition {
    /// The names of its parents, and of theirs, whichever router they stand in.
    pub fn ancestors(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        collect(&self.value, &mut found);
        found
    }
}

fn collect<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::Array(parents)) = fields.get("parent_stream_configs") {
                let names = parents.iter().map(|parent| &parent["stream"]["name"]);
                found.extend(names.filter_map(Value::as_str));
            }
            fields.values().for_each(|value| collect(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}
