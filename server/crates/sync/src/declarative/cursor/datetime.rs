//! A position in time: what was read before, which windows that leaves, what the state says.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::definition::Definition;
use super::interval::{Interval, complete, earlier, is_concurrent, later, merge};
use super::unreadable;
use super::watch::{Filter, Watch};
use super::windows::{Segment, Upper, Windows};
use crate::declarative::datetime::{Moment, Span};
use crate::declarative::slice::Slice;
use crate::fault::Fault;

#[derive(Debug)]
pub struct DatetimeCursor {
    definition: Arc<Definition>,
    /// Where earlier runs had come to.
    start: Moment,
    intervals: Vec<Interval>,
    /// Fields of the state that are not ours; they stay.
    legacy: Map<String, Value>,
}

impl DatetimeCursor {
    pub fn new(definition: Arc<Definition>, state: &Map<String, Value>) -> Result<Self, Fault> {
        if is_concurrent(state)
            && let Some(Value::Array(slices)) = state.get("slices")
            && !slices.is_empty()
        {
            return Self::from_slices(definition, slices, state.get("legacy"));
        }
        let saved = match state.get(&definition.field) {
            Some(value) => Some(definition.saved(value)?),
            None => None,
        };
        let start = saved
            .filter(|saved| saved.micros() >= definition.start.micros())
            .unwrap_or(definition.start);
        let first = Interval {
            start: definition.start,
            end: start,
            newest: Some(start),
        };
        Ok(Self {
            start,
            intervals: vec![first],
            legacy: if is_concurrent(state) {
                Map::new()
            } else {
                state.clone()
            },
            definition,
        })
    }

    fn from_slices(
        definition: Arc<Definition>,
        slices: &[Value],
        legacy: Option<&Value>,
    ) -> Result<Self, Fault> {
        let intervals = slices
            .iter()
            .map(|slice| Interval::read(slice, &definition))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            start: intervals[0].newest.unwrap_or(intervals[0].end),
            intervals,
            legacy: legacy
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default(),
            definition,
        })
    }

    /// The position of a new partition: that of all together, a bit earlier.
    pub fn from_global(
        definition: &Arc<Definition>,
        global: Option<&Map<String, Value>>,
        lookback: u64,
    ) -> Result<Self, Fault> {
        let mut state = global.cloned().unwrap_or_default();
        let value = state
            .get(&definition.field)
            .filter(|value| !value.is_null());
        if lookback > 0
            && let Some(value) = value
        {
            let seconds = i64::try_from(lookback).unwrap_or(i64::MAX / 2_000_000);
            let back = Span::Exact(time::Duration::seconds(seconds));
            let earlier = definition
                .saved(value)?
                .minus(&back)
                .map_err(|error| definition.beyond(&error))?;
            state.insert(definition.field.clone(), definition.text(&earlier).into());
        }
        Self::new(Arc::clone(definition), &state)
    }

    pub fn definition(&self) -> &Arc<Definition> {
        &self.definition
    }

    /// What is left to read: gaps of earlier runs, then everything since.
    pub fn windows(&mut self) -> Result<Windows, Fault> {
        let definition = &self.definition;
        merge(&mut self.intervals, definition);
        let mut segments = Vec::new();
        let (Some(first), Some(last)) = (self.intervals.first(), self.intervals.last()) else {
            return Err(unreadable(&definition.stream, "it has no slices"));
        };
        if definition.start.micros() < first.start.micros() {
            segments.push(Segment::new(definition.start, first.start, Upper::Gap));
        }
        for pair in self.intervals.windows(2) {
            let from = match &definition.granularity {
                Some(granularity) => pair[0]
                    .end
                    .plus(granularity)
                    .map_err(|e| definition.beyond(&e))?,
                None => pair[0].end,
            };
            segments.push(Segment::new(from, pair[1].start, Upper::Gap));
        }
        let from = match &definition.lookback {
            Some(lookback) => last
                .end
                .minus(lookback)
                .map_err(|e| definition.beyond(&e))?,
            None => last.end,
        };
        segments.push(Segment::new(from, definition.end()?, Upper::End));
        Ok(Windows::new(Arc::clone(definition), segments))
    }

    /// A window was read. Returns the state.
    pub fn close(&mut self, slice: &Slice, watch: &Watch) -> Result<Value, Fault> {
        let bound = |name: &str| {
            let value = slice.get(name).ok_or_else(|| {
                Fault::bug("A slice has lost its bounds.").in_stream(&self.definition.stream)
            })?;
            self.definition.saved(value)
        };
        let interval = Interval {
            start: bound(&self.definition.start_field)?,
            end: bound(&self.definition.end_field)?,
            newest: watch.newest(),
        };
        self.intervals.push(interval);
        merge(&mut self.intervals, &self.definition);
        Ok(self.state())
    }

    pub fn state(&self) -> Value {
        let mut state = self.legacy.clone();
        if let Some(complete) = complete(&self.intervals, &self.definition) {
            let text = self.definition.text(&complete);
            state.insert(self.definition.field.clone(), text.into());
        }
        Value::Object(state)
    }

    /// The value of the cursor field in the state.
    pub fn position(&self) -> Option<String> {
        complete(&self.intervals, &self.definition).map(|moment| self.definition.text(&moment))
    }

    /// Records from here on are new. The lookback window reaches back, but not before the configured start.
    pub fn filter(&self) -> Filter {
        let lookback = self.definition.lookback.as_ref();
        let lower = lookback.and_then(|lookback| self.start.minus(lookback).ok());
        let floor = earlier(self.start, self.definition.start);
        let lowest = lower.map_or(self.start, |lower| later(lower, floor));
        Filter::since(lowest, &self.definition)
    }
}
