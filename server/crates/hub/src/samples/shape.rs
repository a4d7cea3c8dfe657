//! Records as the rows of a page: cells as text, personal data masked, key candidates marked.

use std::collections::HashSet;

use model::StreamSample;
use serde_json::Value;
use store::streams::StoredField;

use super::mask::{HIDDEN, Sight, masked, sight};
use crate::streams::personal::is_personal;

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
    let seen = |name: &String| match reveal {
        Reveal::Personal => Sight::Clear,
        // What was stored of a field may be older than the words that tell it.
        Reveal::Masked if is_personal(name) || is_marked(fields, name) => Sight::Nothing,
        Reveal::Masked => sight(
            name,
            rows.records.iter().filter_map(|record| record.get(name)),
        ),
    };
    let sights: Vec<Sight> = columns.iter().map(seen).collect();
    let cells = |record: &Value| -> Vec<Option<String>> {
        let shown = columns.iter().zip(&sights);
        shown
            .map(|(name, sight)| cell(name, record.get(name)?, *sight))
            .collect()
    };
    let is_masked = |(_, sight): &(&String, &Sight)| **sight != Sight::Clear;
    let masked = columns.iter().zip(&sights).filter(is_masked);
    StreamSample {
        namespace: rows.namespace.clone(),
        name: rows.name.clone(),
        rows: rows.records.iter().map(cells).collect(),
        unique: unique(&columns, &rows.records),
        masked: masked.map(|(name, _)| name.clone()).collect(),
        columns,
        problem: rows.problem.clone(),
    }
}

/// Whether the field was found to be personal when the source was looked at.
fn is_marked(fields: &[StoredField], name: &str) -> bool {
    fields
        .iter()
        .any(|field| field.name == name && field.personal)
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

fn cell(name: &str, value: &Value, sight: Sight) -> Option<String> {
    let value = match (value, sight) {
        (Value::Null, _) => return None,
        (_, Sight::Nothing) => HIDDEN.into(),
        (value, Sight::Parts) => masked(name, value),
        (value, Sight::Clear) => value.clone(),
    };
    let text = match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    if text.chars().count() > CELL {
        return Some(text.chars().take(CELL).chain(['…']).collect());
    }
    Some(text)
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
        assert_eq!(masked.masked, ["email", "extra"]);
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

    fn table(records: &Value) -> Rows {
        Rows {
            namespace: None,
            name: "things".to_owned(),
            records: records.as_array().expect("a list").clone(),
            problem: None,
        }
    }

    #[test]
    fn columns_whose_names_say_nothing_are_masked_by_what_stands_in_them() {
        let rows = table(&json!([
            {"column_1": "A-1", "column_2": "12.50", "column_3": "kim@x.example", "column_4": "see +49 151 23456789"},
            {"column_1": "A-2", "column_2": "2026-01-31", "column_3": "ask kim", "column_4": "call back"},
            {"column_1": "A-3", "column_2": "7", "column_3": "lee@x.example", "column_4": null},
            {"column_1": "A-4", "column_2": "8", "column_3": null, "column_4": "none"},
        ]));
        let shown = shape(&rows, &[], Reveal::Masked);
        assert_eq!(shown.masked, ["column_3", "column_4"]);
        let column = |at: usize| -> Vec<Option<&str>> {
            let cells = shown.rows.iter().map(|row| row[at].as_deref());
            cells.collect()
        };
        assert_eq!(
            column(1),
            [Some("12.50"), Some("2026-01-31"), Some("7"), Some("8")]
        );
        // Most values are addresses: what is none may be somebody's, too.
        assert_eq!(column(2), [Some(HIDDEN), Some(HIDDEN), Some(HIDDEN), None]);
        assert_eq!(
            column(3),
            [Some(HIDDEN), Some("call back"), None, Some("none")]
        );
        let revealed = shape(&rows, &[], Reveal::Personal);
        assert_eq!(revealed.rows[0][2].as_deref(), Some("kim@x.example"));
    }

    #[test]
    fn personal_data_is_masked_however_deep_it_lies() {
        let rows = table(&json!([{
            "id": 1,
            "buyer": {"name": "Ana", "email": "ana@x.example", "city": "Bremen"},
            "user": {"name": "Ana", "plan": {"name": "Pro"}},
            "log": [{"to": ["+49 151 23456789", 7]}, "4111 1111 1111 1111"],
            "votes": {"ana@x.example": 3},
        }]));
        let shown = shape(&rows, &[], Reveal::Masked);
        let inside = |name: &str| -> Value {
            let at = shown.columns.iter().position(|column| column == name);
            let cell = shown.rows[0][at.expect("a column")].as_deref();
            serde_json::from_str(cell.expect("a value")).expect("JSON")
        };
        assert_eq!(
            inside("buyer"),
            json!({"name": HIDDEN, "email": HIDDEN, "city": "Bremen"})
        );
        assert_eq!(
            inside("user"),
            json!({"name": HIDDEN, "plan": {"name": "Pro"}})
        );
        assert_eq!(inside("log"), json!([{"to": [HIDDEN, 7]}, HIDDEN]));
        assert_eq!(inside("votes"), json!({HIDDEN: 3}));
        assert_eq!(inside("id"), json!(1));
    }

    #[test]
    fn key_candidates_are_marked() {
        assert_eq!(sample(Reveal::Masked).unique, ["id"]);
    }
}
