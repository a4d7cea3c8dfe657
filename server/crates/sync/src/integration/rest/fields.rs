//! `fields`: the columns of an endpoint's table, each with its type.

use serde_json::{Map, Value, json};

use crate::integration::section::Section;
use crate::integration::values::{KEYWORD, is_keyword};

/// Holds each record whole where no fields are named.
pub const WHOLE: &str = "data";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::integration) enum Type {
    String,
    Integer,
    Number,
    Boolean,
    Date,
    Timestamp,
    Object,
    Array,
}

const TYPES: [(&str, Type); 8] = [
    ("string", Type::String),
    ("integer", Type::Integer),
    ("number", Type::Number),
    ("boolean", Type::Boolean),
    ("date", Type::Date),
    ("timestamp", Type::Timestamp),
    ("object", Type::Object),
    ("array", Type::Array),
];

pub fn read(section: &Section<'_>) -> Vec<(String, Type)> {
    let entries = section.entries("fields").iter();
    entries
        .filter_map(|entry| {
            let place = format!("fields.{}", entry.key);
            if is_keyword(&entry.key) {
                section.problem(entry.at, &place, KEYWORD);
                return None;
            }
            let kind = section.choice_at(&entry.value, &place, &TYPES)?;
            Some((entry.key.clone(), kind))
        })
        .collect()
}

/// The JSON Schema. `keys` are fields that must be there: a key or a cursor that no field names.
pub fn schema<'k>(fields: &[(String, Type)], keys: impl Iterator<Item = &'k String>) -> Value {
    let mut properties: Map<String, Value> = Map::new();
    for (name, kind) in fields {
        properties.insert(name.clone(), property(*kind));
    }
    for name in keys {
        properties
            .entry(name)
            .or_insert_with(|| property(Type::String));
    }
    if fields.is_empty() {
        properties.insert(WHOLE.to_owned(), property(Type::Object));
    }
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": true,
        "properties": properties,
    })
}

fn property(kind: Type) -> Value {
    match kind {
        Type::String => json!({"type": ["null", "string"]}),
        Type::Integer => json!({"type": ["null", "integer"]}),
        Type::Number => json!({"type": ["null", "number"]}),
        Type::Boolean => json!({"type": ["null", "boolean"]}),
        Type::Date => json!({"type": ["null", "string"], "format": "date"}),
        Type::Timestamp => json!({
            "type": ["null", "string"], "format": "date-time", "airbyte_type": "timestamp_with_timezone",
        }),
        Type::Object => json!({"type": ["null", "object"]}),
        Type::Array => json!({"type": ["null", "array"]}),
    }
}
