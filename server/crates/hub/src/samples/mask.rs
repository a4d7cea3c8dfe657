//! What looks personal, put out of sight: by the names of fields, and by what stands in them.

use serde_json::{Map, Value};

use crate::streams::personal::{holds_personal, is_of_person, is_personal};

/// Stands where personal data is.
pub(super) const HIDDEN: &str = "••••••";

/// What a column shows of its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    Clear,
    /// Single values, or parts of them, are masked.
    Parts,
    /// Nothing: the column is personal as a whole.
    Nothing,
}

/// A column whose name says nothing, by its values: personal as a whole where most of them are.
pub(super) fn sight<'a>(name: &str, values: impl Iterator<Item = &'a Value>) -> Sight {
    let (mut all, mut personal, mut parts) = (0, 0, false);
    for value in values.filter(|value| !value.is_null()) {
        all += 1;
        if masked(name, value) != *value {
            parts = true;
            personal += usize::from(value.is_string());
        }
    }
    if personal * 2 > all {
        Sight::Nothing
    } else if parts {
        Sight::Parts
    } else {
        Sight::Clear
    }
}

/// A value without what looks personal, however deep it lies. `name` is of the field that holds the value.
pub(super) fn masked(name: &str, value: &Value) -> Value {
    match value {
        Value::Object(fields) => inside(name, fields).into(),
        Value::Array(items) => items.iter().map(|item| masked(name, item)).collect(),
        Value::String(text) if holds_personal(text) => HIDDEN.into(),
        other => other.clone(),
    }
}

/// The fields of an object. A `name` is somebody's where the object is of a person.
fn inside(name: &str, fields: &Map<String, Value>) -> Map<String, Value> {
    let of_person = fields.keys().any(|key| is_of_person(key));
    let hides = |key: &str| {
        is_personal(key)
            || is_personal(&format!("{name}.{key}"))
            || (of_person && key.eq_ignore_ascii_case("name"))
    };
    fields
        .iter()
        .map(|(key, value)| {
            let shown = match value {
                Value::Null => Value::Null,
                _ if hides(key) => HIDDEN.into(),
                value => masked(key, value),
            };
            // People may be the keys themselves.
            let key = if holds_personal(key) {
                HIDDEN
            } else {
                key.as_str()
            };
            (key.to_owned(), shown)
        })
        .collect()
}
