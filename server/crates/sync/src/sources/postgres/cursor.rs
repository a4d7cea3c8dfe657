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
    /// The last value, as text that casts back to the column's type. Missing: nothing but NULLs was seen, which count as
    /// one then.
    #[serde(default)]
    pub cursor: Option<String>,
    /// Rows read that hold exactly this value: if there are more next time, some came later with the same value.
    #[serde(default)]
    pub cursor_record_count: i64,
    /// Which rows with a value that is not finite have been read: their number and their sum. Those have no place in the
    /// cursor's order, and are read again when they are others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beyond: Option<String>,
}

impl Place {
    /// The last place of a stream in the states a run was given, if it belongs to the same cursor.
    pub fn find(states: &[Value], stream: &StreamDescriptor, cursor: &str) -> Option<Self> {
        let place: Self = progress::last(states, stream)?;
        (place.cursor_field.len() == 1 && place.cursor_field[0] == cursor).then_some(place)
    }

    /// The place of the rows without a value, before they are counted.
    pub fn without_value(field: &str) -> Self {
        Self {
            cursor_field: vec![field.to_owned()],
            cursor: None,
            cursor_record_count: 0,
            beyond: None,
        }
    }

    /// SQL for "rows with a value".
    pub fn with_value(field: &str) -> String {
        format!("{} IS NOT NULL", ident(field))
    }

    /// The same place, with so many rows at it.
    pub fn holding(self, rows: u64) -> Self {
        Self {
            cursor_record_count: i64::try_from(rows).unwrap_or(i64::MAX),
            ..self
        }
    }

    pub fn state(&self) -> Value {
        serde_json::to_value(self).expect("a place is plain data")
    }

    /// SQL for "rows with exactly this value".
    pub fn at(&self, sql_type: &str) -> Option<String> {
        let column = self.column()?;
        Some(match self.typed(sql_type) {
            Some(value) => format!("{column} = {value}"),
            None => format!("{column} IS NULL"),
        })
    }

    /// SQL for "rows that are new", given how many rows hold the last value now. When that number has changed, all of
    /// them are read again: twice is better than never. `None`: that is every row.
    pub fn after(&self, sql_type: &str, holding_it_now: i64) -> Option<String> {
        let (column, has_changed) = (self.column()?, holding_it_now != self.cursor_record_count);
        match self.typed(sql_type) {
            Some(value) if has_changed => Some(format!("{column} >= {value}")),
            Some(value) => Some(format!("{column} > {value}")),
            None if has_changed => None,
            None => Some(Self::with_value(self.cursor_field.first()?)),
        }
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
        // What has no value comes by a question of its own, and never is a place to go on from.
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
                beyond: self.before.as_ref().and_then(|place| place.beyond.clone()),
            },
            None => self
                .before
                .clone()
                .unwrap_or_else(|| Place::without_value(&self.field)),
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
            beyond: None,
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
        tracker.see(None);
        assert_eq!(tracker.place(), Place::without_value("id"));
        let nulls = Place::without_value("id").holding(1);
        assert_eq!((&nulls.cursor, nulls.cursor_record_count), (&None, 1));
        assert_eq!(nulls.at("int8").unwrap(), "\"id\" IS NULL");
        assert_eq!(nulls.after("int8", 1).unwrap(), "\"id\" IS NOT NULL");
        assert_eq!(nulls.after("int8", 2), None, "one came later");
        let unmoved = Tracker::new("id", Kind::Int8, Some(nulls.clone()));
        assert_eq!(unmoved.place(), nulls);
        let before = Place {
            beyond: Some("2/7".to_owned()),
            ..nulls
        };
        let mut tracker = Tracker::new("id", Kind::Int8, Some(before));
        for value in [5_i64, 7, 7] {
            tracker.see(Some(&value.to_be_bytes()));
        }
        assert_eq!(
            (
                tracker.place().cursor.as_deref(),
                tracker.place().cursor_record_count
            ),
            (Some("7"), 2)
        );
        assert_eq!(tracker.place().beyond.as_deref(), Some("2/7"));
    }
}
