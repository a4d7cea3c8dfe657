//! How far a table was read: by its key, of a whole read that was interrupted, or by a cursor, of the reads before. Each
//! is a place in the state, and a condition in the next question.

use airbyte::protocol::StreamDescriptor;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalog::TableColumn;
use super::ident::{ident, literal};
use super::types::Kind;
use super::value::is_number;
use crate::sources::progress;

/// How far a whole read came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyPlace {
    read: Whole,
    key_fields: Vec<String>,
    /// The key of the last row, as texts that become values again.
    key: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Whole {
    ByKey,
}

impl KeyPlace {
    pub fn new(columns: &[&TableColumn], key: Vec<String>) -> Self {
        Self {
            read: Whole::ByKey,
            key_fields: names(columns),
            key,
        }
    }

    pub fn find(
        states: &[Value],
        stream: &StreamDescriptor,
        columns: &[&TableColumn],
    ) -> Option<Self> {
        let place: Self = progress::last(states, stream)?;
        (place.key_fields == names(columns) && place.key.len() == columns.len()).then_some(place)
    }

    pub fn state(&self) -> Value {
        serde_json::to_value(self).expect("a place is plain data")
    }

    /// SQL for "rows behind this key". Said twice, so that the server sees where to begin in its index.
    pub fn after(&self, columns: &[&TableColumn]) -> String {
        let parts: Vec<(String, String)> = columns
            .iter()
            .zip(&self.key)
            .map(|(column, text)| (ident(&column.name), typed(column.my_type.kind(), text)))
            .collect();
        let mut ways = Vec::new();
        for (at, (name, value)) in parts.iter().enumerate() {
            let mut way: Vec<String> = parts[..at]
                .iter()
                .map(|(name, value)| format!("{name} = {value}"))
                .collect();
            way.push(format!("{name} > {value}"));
            ways.push(format!("({})", way.join(" AND ")));
        }
        let begin = parts
            .first()
            .map(|(name, value)| format!("{name} >= {value}"))
            .unwrap_or_default();
        format!("{begin} AND ({})", ways.join(" OR "))
    }
}

fn names(columns: &[&TableColumn]) -> Vec<String> {
    columns.iter().map(|column| column.name.clone()).collect()
}

/// How far a stream was read by its cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CursorPlace {
    pub cursor_field: Vec<String>,
    /// The last value, as text that becomes a value again. Missing: nothing but NULLs was seen, which count as one then.
    #[serde(default)]
    pub cursor: Option<String>,
    /// Rows read that hold exactly this value: if there are more next time, some came later with the same value.
    #[serde(default)]
    pub cursor_record_count: u64,
}

impl CursorPlace {
    pub fn find(states: &[Value], stream: &StreamDescriptor, cursor: &str) -> Option<Self> {
        let place: Self = progress::last(states, stream)?;
        (place.cursor_field.len() == 1 && place.cursor_field[0] == cursor).then_some(place)
    }

    pub fn state(&self) -> Value {
        serde_json::to_value(self).expect("a place is plain data")
    }

    /// SQL for "rows with exactly this value".
    pub fn at(&self, column: &TableColumn) -> String {
        self.compared("=", column)
            .unwrap_or_else(|| format!("{} IS NULL", ident(&column.name)))
    }

    /// SQL for "rows that are new", given how many rows hold the last value now. When that number has changed, all of
    /// them are read again: twice is better than never. `None`: that is every row.
    pub fn after(&self, column: &TableColumn, holding_it_now: u64) -> Option<String> {
        let has_changed = holding_it_now != self.cursor_record_count;
        if self.cursor.is_none() {
            return (!has_changed).then(|| format!("{} IS NOT NULL", ident(&column.name)));
        }
        self.compared(if has_changed { ">=" } else { ">" }, column)
    }

    fn compared(&self, operator: &str, column: &TableColumn) -> Option<String> {
        let value = typed(column.my_type.kind(), self.cursor.as_deref()?);
        Some(format!("{} {operator} {value}", ident(&column.name)))
    }
}

/// Follows the cursor's value through the rows of an ordered read.
#[derive(Debug)]
pub struct Tracker {
    field: String,
    kind: Kind,
    last: Vec<u8>,
    seen: u64,
    /// Rows without a value, which come before all others.
    nulls: u64,
    /// What stands when no row moved it.
    before: Option<CursorPlace>,
}

impl Tracker {
    pub fn new(column: &TableColumn, before: Option<CursorPlace>) -> Self {
        Self {
            field: column.name.clone(),
            kind: column.my_type.kind(),
            last: Vec::new(),
            seen: 0,
            nulls: 0,
            before,
        }
    }

    pub fn see(&mut self, raw: Option<&[u8]>) {
        let Some(raw) = raw else {
            self.nulls += 1;
            return;
        };
        if self.seen > 0 && self.last == raw {
            self.seen += 1;
        } else {
            self.last.clear();
            self.last.extend_from_slice(raw);
            self.seen = 1;
        }
    }

    /// Whether there is a place to go on from. NULLs are sorted first and have no order among themselves: until all of
    /// them have come, none of them can be said to be read.
    pub fn is_behind_nulls(&self) -> bool {
        self.seen > 0
    }

    pub fn place(&self) -> CursorPlace {
        let text = (self.seen > 0)
            .then(|| text(self.kind, &self.last))
            .flatten();
        let (cursor, cursor_record_count) = match (text, &self.before) {
            (Some(text), _) => (Some(text), self.seen),
            (None, Some(before)) if self.nulls == 0 => return before.clone(),
            (None, _) => (None, self.nulls),
        };
        CursorPlace {
            cursor_field: vec![self.field.clone()],
            cursor,
            cursor_record_count,
        }
    }
}

/// A value as a text to keep: what the server wrote, bytes in hexadecimal. `None` for text that is not UTF-8.
pub fn text(kind: Kind, raw: &[u8]) -> Option<String> {
    if kind == Kind::Bytes {
        let digit = |half: u8| char::from_digit(u32::from(half), 16);
        return raw
            .iter()
            .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
            .collect();
    }
    String::from_utf8(raw.to_vec()).ok()
}

/// The text as a value in SQL. Numbers stand without quotes, because text is compared to numbers as a float.
fn typed(kind: Kind, text: &str) -> String {
    match kind {
        Kind::Number | Kind::Bool if is_number(text.as_bytes()) => text.to_owned(),
        Kind::Float | Kind::Double => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => format!("{number:e}"),
            _ => literal(text),
        },
        Kind::Bytes if text.bytes().all(|letter| letter.is_ascii_hexdigit()) => {
            format!("X'{text}'")
        }
        _ => literal(text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use airbyte::protocol::AirbyteStateMessage;

    use super::*;
    use crate::sources::mysql::types::{MyType, TinyInt};

    fn column(name: &str, kind: &str) -> TableColumn {
        let my_type = MyType {
            name: kind.to_owned(),
            full: kind.to_owned(),
            precision: None,
            scale: None,
            is_json: false,
            tinyint: TinyInt::Truth,
        };
        TableColumn {
            name: name.to_owned(),
            my_type,
            nullable: false,
        }
    }

    fn message(stream: &StreamDescriptor, state: Value) -> Value {
        serde_json::to_value(AirbyteStateMessage::for_stream(stream.clone(), state)).unwrap()
    }

    #[test]
    fn goes_on_behind_a_key_of_several_columns() {
        let (a, b, c) = (
            column("a", "bigint"),
            column("b`", "varchar"),
            column("c", "binary"),
        );
        let columns = [&a, &b, &c];
        let place = KeyPlace::new(
            &columns,
            vec![
                "9007199254740993".to_owned(),
                "O'x".to_owned(),
                "00ff".to_owned(),
            ],
        );
        assert_eq!(
            place.after(&columns),
            "`a` >= 9007199254740993 AND ((`a` > 9007199254740993) OR (`a` = 9007199254740993 AND `b``` > 'O''x') \
             OR (`a` = 9007199254740993 AND `b``` = 'O''x' AND `c` > X'00ff'))"
        );
        let stream = StreamDescriptor::new("t", Some("s".to_owned()));
        let state = message(&stream, serde_json::to_value(&place).unwrap());
        assert_eq!(
            KeyPlace::find(std::slice::from_ref(&state), &stream, &columns),
            Some(place)
        );
        assert_eq!(
            KeyPlace::find(std::slice::from_ref(&state), &stream, &[&a]),
            None,
            "another key"
        );
        let whole = message(&stream, json!({"read": "whole"}));
        assert_eq!(
            KeyPlace::find(&[state, whole], &stream, &columns),
            None,
            "the end was reached"
        );
    }

    #[test]
    fn a_state_cannot_smuggle_sql() {
        for kind in [
            Kind::Number,
            Kind::Double,
            Kind::Bytes,
            Kind::Text,
            Kind::Date,
        ] {
            assert_eq!(typed(kind, "1 OR 'x'"), "'1 OR ''x'''");
        }
    }

    #[test]
    fn rows_with_the_last_value_come_again_only_when_their_number_changed() {
        let at = column("at", "datetime");
        let place = CursorPlace {
            cursor_field: vec!["at".to_owned()],
            cursor: Some("2024-01-01 00:00:00".to_owned()),
            cursor_record_count: 2,
        };
        assert_eq!(place.after(&at, 2).unwrap(), "`at` > '2024-01-01 00:00:00'");
        assert_eq!(
            place.after(&at, 3).unwrap(),
            "`at` >= '2024-01-01 00:00:00'"
        );
    }

    #[test]
    fn follows_equal_values() {
        let id = column("id", "bigint");
        let mut tracker = Tracker::new(&id, None);
        tracker.see(None);
        assert!(!tracker.is_behind_nulls());
        let nulls = tracker.place();
        assert_eq!((&nulls.cursor, nulls.cursor_record_count), (&None, 1));
        assert_eq!(nulls.at(&id), "`id` IS NULL");
        assert_eq!(nulls.after(&id, 1).unwrap(), "`id` IS NOT NULL");
        assert_eq!(nulls.after(&id, 2), None, "one came later");
        assert_eq!(Tracker::new(&id, Some(nulls.clone())).place(), nulls);
        for value in ["5", "7", "7"] {
            tracker.see(Some(value.as_bytes()));
        }
        let place = tracker.place();
        assert_eq!(
            (place.cursor.as_deref(), place.cursor_record_count),
            (Some("7"), 2)
        );
    }
}
