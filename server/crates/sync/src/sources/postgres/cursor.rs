//! Reading only what is new: the cursor's place in the state, and the condition it becomes.

use airbyte::protocol::StreamDescriptor;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ident::{ident, literal};
use super::types::Kind;
use super::value;
use crate::sources::progress;

/// How far a stream was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub cursor_field: Vec<String>,
    /// The last value, as text that casts back to the column's type. Missing: nothing but NULLs was seen.
    #[serde(default)]
    pub cursor: Option<String>,
    /// Rows read that hold exactly this value: if there are more next time, some came later with the same value.
    #[serde(default)]
    pub cursor_record_count: i64,
}

impl Place {
    /// The last place of a stream in the states a run was given, if it belongs to the same cursor.
    pub fn find(states: &[Value], stream: &StreamDescriptor, cursor: &str) -> Option<Self> {
        let place: Self = progress::last(states, stream)?;
        (place.cursor_field.len() == 1 && place.cursor_field[0] == cursor).then_some(place)
    }

    pub fn state(&self) -> Value {
        serde_json::to_value(self).expect("a place is plain data")
    }

    /// SQL for "rows with exactly this value".
    pub fn at(&self, sql_type: &str) -> Option<String> {
        Some(format!("{} = {}", self.column()?, self.typed(sql_type)?))
    }

    /// SQL for "rows that are new", given how many rows hold the last value now. When that number has changed, all of
    /// them are read again: twice is better than never.
    pub fn after(&self, sql_type: &str, holding_it_now: i64) -> Option<String> {
        let operator = if holding_it_now == self.cursor_record_count {
            ">"
        } else {
            ">="
        };
        Some(format!(
            "{} {operator} {}",
            self.column()?,
            self.typed(sql_type)?
        ))
    }

    fn column(&self) -> Option<String> {
        self.cursor_field.first().map(|name| ident(name))
    }

    fn typed(&self, sql_type: &str) -> Option<String> {
        Some(format!("{}::{sql_type}", literal(self.cursor.as_deref()?)))
    }
}

/// Follows the cursor's value through the rows of an ordered read.
#[derive(Debug)]
pub struct Tracker {
    field: String,
    kind: Kind,
    last: Vec<u8>,
    seen: i64,
    /// What stands when no row moved it.
    before: Option<Place>,
}

impl Tracker {
    /// `rereads` says whether rows with the last value come again, so that they are counted anew.
    pub fn new(field: &str, kind: Kind, before: Option<Place>) -> Self {
        Self {
            field: field.to_owned(),
            kind,
            last: Vec::new(),
            seen: 0,
            before,
        }
    }

    pub fn see(&mut self, raw: Option<&[u8]>) {
        // NULLs are sorted last and never are a place to go on from.
        let Some(raw) = raw else { return };
        if self.seen > 0 && self.last == raw {
            self.seen += 1;
        } else {
            self.last.clear();
            self.last.extend_from_slice(raw);
            self.seen = 1;
        }
    }

    pub fn place(&self) -> Place {
        match self.text() {
            Some(text) => Place {
                cursor_field: vec![self.field.clone()],
                cursor: Some(text),
                cursor_record_count: self.seen,
            },
            None => self.before.clone().unwrap_or_else(|| Place {
                cursor_field: vec![self.field.clone()],
                cursor: None,
                cursor_record_count: 0,
            }),
        }
    }

    /// The last value as text. JSON's spelling without the quotes is one PostgreSQL reads back.
    fn text(&self) -> Option<String> {
        if self.seen == 0 {
            return None;
        }
        let mut json = Vec::new();
        value::write(self.kind, &self.last, &mut json).ok()?;
        match serde_json::from_slice(&json).ok()? {
            Value::Null => None,
            Value::String(text) => Some(text),
            // The number's own digits, not the nearest float's.
            _ => String::from_utf8(json).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use airbyte::protocol::AirbyteStateMessage;

    use super::*;

    fn place(cursor: &str, count: i64) -> Place {
        Place {
            cursor_field: vec!["updated at".to_owned()],
            cursor: Some(cursor.to_owned()),
            cursor_record_count: count,
        }
    }

    #[test]
    fn rows_with_the_last_value_come_again_only_when_their_number_changed() {
        let place = place("O'2024", 2);
        assert_eq!(
            place.after("text", 2).unwrap(),
            "\"updated at\" > 'O''2024'::text"
        );
        assert_eq!(
            place.after("text", 3).unwrap(),
            "\"updated at\" >= 'O''2024'::text"
        );
    }

    #[test]
    fn a_state_of_another_cursor_is_not_used() {
        let stream = StreamDescriptor::new("t", Some("s".to_owned()));
        let message = serde_json::to_value(AirbyteStateMessage::for_stream(
            stream.clone(),
            serde_json::to_value(place("1", 1)).unwrap(),
        ))
        .unwrap();
        assert_eq!(
            Place::find(std::slice::from_ref(&message), &stream, "updated at"),
            Some(place("1", 1))
        );
        assert_eq!(
            Place::find(std::slice::from_ref(&message), &stream, "id"),
            None
        );
        assert_eq!(
            Place::find(&[message], &StreamDescriptor::new("t", None), "updated at"),
            None
        );
    }

    #[test]
    fn follows_equal_values() {
        let mut tracker = Tracker::new("id", Kind::Int8, None);
        assert_eq!(tracker.place().cursor, None);
        for value in [5_i64, 7, 7] {
            tracker.see(Some(&value.to_be_bytes()));
        }
        tracker.see(None);
        assert_eq!(
            (
                tracker.place().cursor.as_deref(),
                tracker.place().cursor_record_count
            ),
            (Some("7"), 2)
        );
    }
}
