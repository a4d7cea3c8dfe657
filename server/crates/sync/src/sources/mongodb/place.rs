//! How far a collection was read: by its key, of a whole read that was interrupted, or by a cursor, of the reads before.
//! Each is a place in the state, and a filter in the next question.

use airbyte::protocol::StreamDescriptor;
use bson::{Bson, Document, doc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::sources::progress;

/// The kinds of values in MongoDB's order of all values. A comparison in a filter stays within one kind.
const ORDER: [&[&str]; 13] = [
    &["minKey"],
    &["null"],
    &["number"],
    &["string", "symbol"],
    &["object"],
    &["array"],
    &["binData"],
    &["objectId"],
    &["bool"],
    &["date"],
    &["timestamp"],
    &["regex"],
    &["maxKey"],
];

/// How far a stream was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    read: Way,
    pub field: String,
    /// The last value, in MongoDB's JSON that keeps types. Missing: nothing with a value was seen.
    #[serde(default)]
    last: Option<Value>,
    /// Documents read that hold exactly this value: if there are more next time, some came later with the same value.
    #[serde(default)]
    count: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    ByKey,
    ByCursor,
}

impl Way {
    /// Which documents are asked for, in words for the log.
    pub fn words(self) -> &'static str {
        match self {
            Self::ByKey => "the next documents, in the order of their key",
            Self::ByCursor => "the documents from the cursor on, in its order",
        }
    }
}

impl Place {
    /// The last place of a stream in the states a run was given, if it is of this kind.
    pub fn find(
        states: &[Value],
        stream: &StreamDescriptor,
        way: Way,
        field: &str,
    ) -> Option<Self> {
        let place: Self = progress::last(states, stream)?;
        (place.read == way && place.field == field).then_some(place)
    }

    pub fn state(&self) -> Value {
        serde_json::to_value(self).expect("a place is plain data")
    }

    pub fn last(&self) -> Option<Bson> {
        Bson::try_from(self.last.clone()?).ok()
    }

    /// The filter for "documents behind this place", given how many are at it now. When that number has changed, all of
    /// them are read again: twice is better than never.
    pub fn after(&self, at_it_now: u64) -> Option<Document> {
        let operator = if self.read == Way::ByKey || at_it_now == self.count {
            "$gt"
        } else {
            "$gte"
        };
        Some(behind(&self.field, operator, self.last()?))
    }

    /// The filter for "documents at this place".
    pub fn at(&self) -> Option<Document> {
        Some(doc! {&self.field: {"$eq": self.last()?}})
    }
}

/// Values behind one: those of its own kind, and all of the kinds behind its own.
fn behind(field: &str, operator: &str, last: Bson) -> Document {
    let later = &ORDER[kind(&last) + 1..];
    let here = match last {
        // Numbers are never behind what is no number, by their comparison; in the order they are.
        Bson::Double(number) if number.is_nan() => doc! {field: {"$type": "number"}},
        last => doc! {field: {operator: last}},
    };
    if later.is_empty() {
        return here;
    }
    let mut ways = vec![here];
    // One by one: not every server that is like MongoDB takes several at once.
    let kinds = later.iter().copied().flatten();
    ways.extend(kinds.map(|kind| doc! {field: {"$type": *kind}}));
    doc! {"$or": ways}
}

/// Where a value's kind stands in the order.
fn kind(value: &Bson) -> usize {
    match value {
        Bson::MinKey => 0,
        Bson::Null | Bson::Undefined => 1,
        Bson::Double(_) | Bson::Int32(_) | Bson::Int64(_) | Bson::Decimal128(_) => 2,
        Bson::String(_) | Bson::Symbol(_) => 3,
        Bson::Document(_) => 4,
        Bson::Array(_) => 5,
        Bson::Binary(_) => 6,
        Bson::ObjectId(_) => 7,
        Bson::Boolean(_) => 8,
        Bson::DateTime(_) => 9,
        Bson::Timestamp(_) => 10,
        Bson::RegularExpression(_) => 11,
        Bson::MaxKey
        | Bson::JavaScriptCode(_)
        | Bson::JavaScriptCodeWithScope(_)
        | Bson::DbPointer(_) => 12,
    }
}

/// Follows a field's value through the documents of an ordered read.
#[derive(Debug)]
pub struct Tracker {
    pub way: Way,
    pub field: String,
    last: Option<Bson>,
    seen: u64,
    /// What stands when no document moved it.
    before: Option<Place>,
}

impl Tracker {
    pub fn new(way: Way, field: &str, before: Option<Place>) -> Self {
        Self {
            way,
            field: field.to_owned(),
            last: None,
            seen: 0,
            before,
        }
    }

    pub fn see(&mut self, value: Option<Bson>) {
        let Some(value) = value else { return };
        // What is missing comes first in the order; and an array stands in it by one of its values, which is not told.
        if self.way == Way::ByCursor
            && matches!(value, Bson::Null | Bson::Undefined | Bson::Array(_))
        {
            return;
        }
        if self.last.as_ref() == Some(&value) {
            self.seen += 1;
        } else {
            self.last = Some(value);
            self.seen = 1;
        }
    }

    /// Whether a state may stand behind the last document, where the answer itself does not end. Documents without a value
    /// come first and have no order among themselves: until all of them have come, none can be said to be read.
    pub fn may_rest(&self) -> bool {
        self.way == Way::ByCursor && self.last.is_some()
    }

    pub fn place(&self) -> Place {
        match (&self.last, &self.before) {
            (None, Some(before)) => before.clone(),
            (last, _) => Place {
                read: self.way,
                field: self.field.clone(),
                last: last.clone().map(Bson::into_canonical_extjson),
                count: self.seen,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use bson::oid::ObjectId;

    use airbyte::protocol::AirbyteStateMessage;

    use super::*;

    fn place(way: Way, values: &[Bson]) -> Place {
        let mut tracker = Tracker::new(way, "f", None);
        for value in values {
            tracker.see(Some(value.clone()));
        }
        tracker.place()
    }

    #[test]
    fn a_place_survives_the_state() {
        let stream = StreamDescriptor::new("c", Some("d".to_owned()));
        for value in [
            Bson::Int64(i64::MAX),
            Bson::Double(0.1),
            Bson::ObjectId(ObjectId::from_bytes([7; 12])),
            Bson::DateTime(bson::DateTime::from_millis(-5)),
            Bson::String("x".to_owned()),
            Bson::Document(doc! {"a": 1_i32, "b": [2_i64]}),
            Bson::Decimal128("1.50".parse().unwrap()),
            Bson::Binary(bson::Binary {
                subtype: bson::spec::BinarySubtype::Uuid,
                bytes: vec![1; 16],
            }),
        ] {
            let place = place(Way::ByKey, std::slice::from_ref(&value));
            let state = AirbyteStateMessage::for_stream(stream.clone(), place.state());
            let states = [serde_json::to_value(state).unwrap()];
            let found = Place::find(&states, &stream, Way::ByKey, "f").unwrap();
            assert_eq!(found.last(), Some(value));
            assert_eq!(Place::find(&states, &stream, Way::ByCursor, "f"), None);
            assert_eq!(Place::find(&states, &stream, Way::ByKey, "g"), None);
        }
    }

    #[test]
    fn what_is_behind_a_value_is_more_than_its_kind() {
        let cursor = place(
            Way::ByCursor,
            &[Bson::Null, Bson::Boolean(true), Bson::Boolean(true)],
        );
        assert_eq!(
            cursor.after(2).unwrap(),
            doc! {"$or": [
                {"f": {"$gt": true}}, {"f": {"$type": "date"}}, {"f": {"$type": "timestamp"}},
                {"f": {"$type": "regex"}}, {"f": {"$type": "maxKey"}},
            ]}
        );
        assert_eq!(
            cursor.after(3).unwrap().get_array("$or").unwrap()[0],
            Bson::Document(doc! {"f": {"$gte": true}})
        );
        assert_eq!(
            place(Way::ByKey, &[Bson::MaxKey]).after(9).unwrap(),
            doc! {"f": {"$gt": Bson::MaxKey}}
        );
        let nan = place(Way::ByKey, &[Bson::Double(f64::NAN)])
            .after(0)
            .unwrap();
        assert_eq!(
            nan.get_array("$or").unwrap()[0],
            Bson::Document(doc! {"f": {"$type": "number"}})
        );
        assert_eq!(place(Way::ByCursor, &[]).after(0), None);
    }
}
