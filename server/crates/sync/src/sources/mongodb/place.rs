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

/// Where numbers stand in it.
const NUMBERS: usize = 2;

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
    /// Documents read whose number is infinite: behind it, nothing more would ever come. They are read again when there are
    /// more or fewer of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    beyond: Option<u64>,
}

/// What a collection has now of the documents that a place counts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Now {
    pub at_it: u64,
    pub beyond: u64,
}

impl Now {
    /// It is not asked: all of them come again.
    pub const UNKNOWN: Self = Self {
        at_it: u64::MAX,
        beyond: u64::MAX,
    };
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
        // Nothing would be behind an infinite cursor, as it was kept once.
        let is_stuck = way == Way::ByCursor && place.last().is_some_and(|last| !is_finite(&last));
        (place.read == way && place.field == field && !is_stuck).then_some(place)
    }

    pub fn state(&self) -> Value {
        serde_json::to_value(self).expect("a place is plain data")
    }

    pub fn last(&self) -> Option<Bson> {
        Bson::try_from(self.last.clone()?).ok()
    }

    /// The filter for "documents behind this place", given how many of those it counts there are now. When a number has
    /// changed, all of them are read again: twice is better than never.
    pub fn after(&self, now: Now) -> Option<Document> {
        let operator = if self.read == Way::ByKey || now.at_it == self.count {
            "$gt"
        } else {
            "$gte"
        };
        let last = self.last()?;
        let mut ways = Vec::new();
        if self.read == Way::ByCursor && kind(&last) == NUMBERS {
            let (field, later) = (&self.field, behind_kind(&self.field, NUMBERS));
            ways.push(doc! {field: {operator: last, "$lt": f64::INFINITY}});
            ways.extend(later);
            if now.beyond != self.beyond.unwrap_or_default() {
                ways.push(infinite(field));
            }
        } else {
            ways.extend(behind(&self.field, operator, last));
        }
        let only = if ways.len() == 1 { ways.pop() } else { None };
        Some(only.unwrap_or_else(|| doc! {"$or": ways}))
    }

    /// The filter for "documents whose number is infinite", where the cursor's values are numbers.
    pub fn beyond(&self) -> Option<Document> {
        let last = self.last()?;
        (kind(&last) == NUMBERS).then(|| infinite(&self.field))
    }

    /// The filter for "documents at this place".
    pub fn at(&self) -> Option<Document> {
        Some(doc! {&self.field: {"$eq": self.last()?}})
    }
}

/// The filters for values behind one: those of its own kind, and all of the kinds behind its own.
fn behind(field: &str, operator: &str, last: Bson) -> Vec<Document> {
    let later = behind_kind(field, kind(&last));
    let here = match last {
        // Numbers are never behind what is no number, by their comparison; in the order they are.
        Bson::Double(number) if number.is_nan() => doc! {field: {"$type": "number"}},
        last => doc! {field: {operator: last}},
    };
    let mut ways = vec![here];
    ways.extend(later);
    ways
}

/// The filters for values of the kinds behind one. One by one: not every server that is like MongoDB takes several at once.
fn behind_kind(field: &str, kind: usize) -> Vec<Document> {
    let kinds = ORDER[kind + 1..].iter().copied().flatten();
    kinds.map(|kind| doc! {field: {"$type": *kind}}).collect()
}

/// The filter for the number behind all others.
fn infinite(field: &str) -> Document {
    doc! {field: {"$eq": f64::INFINITY}}
}

/// Whether a value is anything but an infinity or NaN.
fn is_finite(value: &Bson) -> bool {
    match value {
        Bson::Double(number) => number.is_finite(),
        // Its text has these letters only where it is one of them.
        Bson::Decimal128(number) => !number.to_string().contains(['N', 'I']),
        _ => true,
    }
}

/// Whether a value is the number behind all others.
fn is_infinite(value: &Bson) -> bool {
    match value {
        Bson::Double(number) => number.is_infinite() && number.is_sign_positive(),
        Bson::Decimal128(number) => number.to_string() == "Infinity",
        _ => false,
    }
}

/// Where a value's kind stands in the order.
fn kind(value: &Bson) -> usize {
    match value {
        Bson::MinKey => 0,
        Bson::Null | Bson::Undefined => 1,
        Bson::Double(_) | Bson::Int32(_) | Bson::Int64(_) | Bson::Decimal128(_) => NUMBERS,
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
    /// Documents seen whose number is infinite.
    beyond: u64,
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
            beyond: 0,
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
        if self.way == Way::ByCursor && !is_finite(&value) {
            self.beyond += u64::from(is_infinite(&value));
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
                beyond: self.before.as_ref().and_then(|place| place.beyond),
            },
        }
    }

    /// The place behind all documents, when those have come, too, whose number is infinite: among numbers they come last.
    pub fn end(&self) -> Place {
        let place = self.place();
        let beyond = Some(self.beyond).filter(|beyond| *beyond > 0);
        Place {
            beyond: beyond.or(place.beyond),
            ..place
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

    fn at_it(at_it: u64) -> Now {
        Now { at_it, beyond: 0 }
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
            cursor.after(at_it(2)).unwrap(),
            doc! {"$or": [
                {"f": {"$gt": true}}, {"f": {"$type": "date"}}, {"f": {"$type": "timestamp"}},
                {"f": {"$type": "regex"}}, {"f": {"$type": "maxKey"}},
            ]}
        );
        assert_eq!(
            cursor.after(at_it(3)).unwrap().get_array("$or").unwrap()[0],
            Bson::Document(doc! {"f": {"$gte": true}})
        );
        assert_eq!(
            place(Way::ByKey, &[Bson::MaxKey]).after(at_it(9)).unwrap(),
            doc! {"f": {"$gt": Bson::MaxKey}}
        );
        let nan = place(Way::ByKey, &[Bson::Double(f64::NAN)])
            .after(at_it(0))
            .unwrap();
        assert_eq!(
            nan.get_array("$or").unwrap()[0],
            Bson::Document(doc! {"f": {"$type": "number"}})
        );
        assert_eq!(place(Way::ByCursor, &[]).after(at_it(0)), None);
    }

    #[test]
    fn what_is_not_finite_is_no_place_to_go_on_from() {
        let mut tracker = Tracker::new(Way::ByCursor, "f", None);
        for number in [f64::NAN, 1.5, f64::INFINITY] {
            tracker.see(Some(Bson::Double(number)));
        }
        tracker.see(Some(Bson::Decimal128("Infinity".parse().unwrap())));
        let (underway, end) = (tracker.place(), tracker.end());
        assert_eq!(underway.last(), Some(Bson::Double(1.5)));
        assert_eq!((underway.beyond, end.beyond), (None, Some(2)));
        let behind = |now: Now| end.after(now).unwrap().get_array("$or").unwrap().clone();
        let unchanged = behind(Now {
            at_it: 1,
            beyond: 2,
        });
        assert_eq!(
            unchanged[0],
            Bson::Document(doc! {"f": {"$gt": 1.5, "$lt": f64::INFINITY}})
        );
        let changed = behind(Now {
            at_it: 1,
            beyond: 3,
        });
        assert_eq!(changed.len(), unchanged.len() + 1);
        assert!(end.beyond().is_some());
        assert_eq!(place(Way::ByCursor, &[Bson::Boolean(true)]).beyond(), None);
        // A key is what it is: an infinite one stands between others.
        let key = place(Way::ByKey, &[Bson::Double(f64::INFINITY)]);
        assert_eq!(key.last(), Some(Bson::Double(f64::INFINITY)));
    }
}
