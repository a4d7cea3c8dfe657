//! Stretches of time that were read.

use serde_json::{Map, Value};

use super::definition::Definition;
use super::unreadable;
use crate::declarative::datetime::Moment;
use crate::fault::Fault;

#[derive(Debug, Clone, Copy)]
pub struct Interval {
    pub start: Moment,
    pub end: Moment,
    /// The newest record seen in it.
    pub newest: Option<Moment>,
}

impl Interval {
    /// One of the intervals of a state in the concurrent form.
    pub fn read(value: &Value, definition: &Definition) -> Result<Self, Fault> {
        let field = |name: &str| {
            value
                .get(name)
                .ok_or_else(|| unreadable(&definition.stream, &format!("a slice has no {name}")))
                .and_then(|value| definition.saved(value))
        };
        let newest = value.get("most_recent_cursor_value");
        Ok(Self {
            start: field("start")?,
            end: field("end")?,
            newest: newest.map(|value| definition.saved(value)).transpose()?,
        })
    }
}

/// The intervals in order, those that touch as one.
pub fn merge(intervals: &mut Vec<Interval>, definition: &Definition) {
    intervals.sort_by_key(|interval| (interval.start.micros(), interval.end.micros()));
    let mut merged: Vec<Interval> = Vec::with_capacity(intervals.len());
    for current in intervals.drain(..) {
        match merged.last_mut() {
            Some(last) if definition.next(&last.end).micros() >= current.start.micros() => {
                last.end = later(last.end, current.end);
                last.newest = match (last.newest, current.newest) {
                    (Some(a), Some(b)) => Some(later(b, a)),
                    (a, b) => b.or(a),
                };
            }
            _ => merged.push(current),
        }
    }
    *intervals = merged;
}

/// The later of two moments; of equal ones the first.
pub fn later(a: Moment, b: Moment) -> Moment {
    if b.micros() > a.micros() { b } else { a }
}

/// The earlier of two moments.
pub fn earlier(a: Moment, b: Moment) -> Moment {
    if b.micros() < a.micros() { b } else { a }
}

/// The moment before which everything was read.
pub fn complete(intervals: &[Interval], definition: &Definition) -> Option<Moment> {
    let mut merged = intervals.to_vec();
    merge(&mut merged, definition);
    merged
        .first()
        .map(|first| first.newest.unwrap_or(first.start))
}

/// Whether a state is in the concurrent form.
pub fn is_concurrent(state: &Map<String, Value>) -> bool {
    let kind = state.get("state_type").and_then(Value::as_str);
    matches!(kind, Some("date-range" | "integer"))
}
