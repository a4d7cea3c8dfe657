//! Records as the rows of a page: cells as text, personal data masked, key candidates marked.

use std::collections::HashSet;

use model::StreamSample;
use serde_json::Value;
use store::streams::StoredField;

use crate::streams::personal::is_personal;

/// Stands where personal data is.
const HIDDEN: &str = "••••••";
/// Longest cell; a page is no place for more.
const CELL: usize = 300;

/// Whether personal data is readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reveal {
    Masked,
    Personal,
}

/// The rows of one stream as they came.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Rows {
    pub namespace: Option<String>,
    pub name: String,
    pub records: Vec<Value>,
    pub problem: Option<String>,
}

pub fn shape(rows: &Rows, fields: &[StoredField], reveal: Reveal) -> StreamSample {
    let columns = columns(&rows.records, fields);
    let personal = |name: &str| {
        let known = fields.iter().find(|field| field.name == name);
        known.map_or_else(|| is_personal(name), |field| field.personal)
    };
    let masked: Vec<String> = match reveal {
        Reveal::Masked => columns
            .iter()
            .filter(|name| personal(name))
            .cloned()
            .collect(),
        Reveal::Personal => Vec::new(),
    };
    let cells = |record: &Value| -> Vec<Option<String>> {
        columns
            .iter()
            .map(|name| cell(record.get(name)?, masked.contains(name), reveal))
            .collect()
    };
    StreamSample {
        namespace: rows.namespace.clone(),
        name: rows.name.clone(),
        rows: rows.records.iter().map(cells).collect(),
        unique: unique(&columns, &rows.records),
        columns,
        masked,
        problem: rows.problem.clone(),
    }
}

/// Known fields first, in the order of the schema; then what only the records have.
fn columns(records: &[Value], fields: &[StoredField]) -> Vec<String> {
    let mut columns: Vec<String> = fields
        .iter()
        .filter(|field| !field.hidden)
        .map(|field| field.name.clone())
        .collect();
    for key in records
        .iter()
        .filter_map(Value::as_object)
        .flat_map(serde_json::Map::keys)
    {
        let hidden = fields
            .iter()
            .any(|field| field.hidden && field.name == *key);
        if !hidden && !columns.contains(key) {
            columns.push(key.clone());
        }
    }
    columns
}

fn cell(value: &Value, masked: bool, reveal: Reveal) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        _ if masked => return Some(HIDDEN.to_owned()),
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) if reveal == Reveal::Masked => {
            mask_inside(value).to_string()
        }
        other => other.to_string(),
    };
    if text.chars().count() > CELL {
        return Some(text.chars().take(CELL).chain(['…']).collect());
    }
    Some(text)
}

/// Personal data inside objects and lists.
fn mask_inside(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| {
                let hide = is_personal(key) && !value.is_null();
                (
                    key.clone(),
                    if hide {
                        HIDDEN.into()
                    } else {
                        mask_inside(value)
                    },
                )
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(mask_inside).collect(),
        other => other.clone(),
    }
}

/// Columns in which every row has a value of its own.
fn unique(columns: &[String], records: &[Value]) -> Vec<String> {
    let is_unique = |name: &&String| {
        let mut seen = HashSet::new();
        records
            .iter()
            .all(|record| match record.get(name.as_str()) {
                None | Some(Value::Null | Value::Object(_) | Value::Array(_)) => false,
                Some(value) => seen.insert(value.to_string()),
            })
    };
    if records.len() < 2 {
        return Vec::new();
    }
    columns.iter().filter(is_unique).cloned().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(name: &str, personal: bool, hidden: bool) -> StoredField {
        StoredField {
            name: name.to_owned(),
            kind: "text".to_owned(),
            personal,
            hidden,
        }
    }

    fn sample(reveal: Reveal) -> StreamSample {
        let fields = [
            field("id", false, false),
            field("email", true, false),
            field("kind", false, false),
            field("_ab_cdc", false, true),
        ];
        let rows = Rows {
            namespace: None,
            name: "people".to_owned(),
            records: vec![
                json!({"id": 1, "email": "a@example.com", "kind": "x", "_ab_cdc": 1, "extra": {"phone": "1", "n": [1]}}),
                json!({"id": 2, "email": null, "kind": "x"}),
            ],
            problem: None,
        };
        shape(&rows, &fields, reveal)
    }

    #[test]
    fn personal_data_is_masked_unless_asked_for() {
        let masked = sample(Reveal::Masked);
        assert_eq!(masked.columns, ["id", "email", "kind", "extra"]);
        assert_eq!(masked.masked, ["email"]);
        let text = |cell: &str| Some(cell.to_owned());
        assert_eq!(masked.rows[0][..3], [text("1"), text(HIDDEN), text("x")]);
        let inside = masked.rows[0][3]
            .as_deref()
            .and_then(|cell| serde_json::from_str(cell).ok());
        assert_eq!(inside, Some(json!({"n": [1], "phone": HIDDEN})));
        assert_eq!(masked.rows[1], [text("2"), None, text("x"), None]);
        let shown = sample(Reveal::Personal);
        assert_eq!(shown.rows[0][1], text("a@example.com"));
        assert!(shown.masked.is_empty());
    }

    #[test]
    fn key_candidates_are_marked() {
        assert_eq!(sample(Reveal::Masked).unique, ["id"]);
    }
}
