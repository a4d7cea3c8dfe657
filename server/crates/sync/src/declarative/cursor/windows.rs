//! Time cut into slices, one after the other as they are asked for.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::definition::Definition;
use super::watch::Watch;
use crate::declarative::datetime::{Moment, Span, parse_duration};
use crate::declarative::slice::Slice;
use crate::fault::Fault;

/// What is at the upper end of a stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upper {
    /// The end of all: it belongs to the last slice.
    End,
    /// Something that was read before.
    Gap,
}

/// A stretch to read.
#[derive(Debug, Clone, Copy)]
pub struct Segment {
    lower: Moment,
    upper: Moment,
    kind: Upper,
}

impl Segment {
    pub fn new(lower: Moment, upper: Moment, kind: Upper) -> Self {
        Self { lower, upper, kind }
    }
}

/// The slices of one partition or stream. They have no partition of their own.
#[derive(Debug)]
pub struct Windows {
    definition: Option<Arc<Definition>>,
    segments: VecDeque<Segment>,
    /// The segment that is being cut, from where it is not cut yet.
    current: Option<Segment>,
    /// Slices made already.
    ready: VecDeque<Map<String, Value>>,
}

impl Windows {
    pub fn new(definition: Arc<Definition>, segments: Vec<Segment>) -> Self {
        Self {
            definition: Some(definition),
            segments: segments.into(),
            current: None,
            ready: VecDeque::new(),
        }
    }

    /// One slice without bounds.
    pub fn whole() -> Self {
        Self::of(Map::new())
    }

    pub fn of(cursor: Map<String, Value>) -> Self {
        Self {
            definition: None,
            segments: VecDeque::new(),
            current: None,
            ready: VecDeque::from([cursor]),
        }
    }

    /// The bounds of the next slice.
    pub fn next(&mut self) -> Result<Option<Map<String, Value>>, Fault> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Ok(Some(ready));
            }
            let Some(definition) = self.definition.clone() else {
                return Ok(None);
            };
            if let Some(segment) = self.current.take() {
                self.cut(&definition, segment)?;
            } else if let Some(segment) = self.segments.pop_front() {
                self.begin(&definition, segment)?;
            } else {
                return Ok(None);
            }
        }
    }

    fn begin(&mut self, definition: &Definition, segment: Segment) -> Result<(), Fault> {
        let Segment { lower, upper, kind } = segment;
        let granular = definition.granularity.is_some();
        let (from, to) = (lower.micros(), upper.micros());
        if from > to || (from == to && !granular) || to < definition.start.micros() {
            return Ok(());
        }
        let lower = if from < definition.start.micros() {
            definition.start
        } else {
            lower
        };
        let lower = definition.clamped(&lower)?;
        let touches = lower.micros() == to;
        if lower.micros() > to || (touches && (definition.strict || kind == Upper::Gap)) {
            return Ok(());
        }
        let segment = Segment::new(lower, upper, kind);
        if step_end(definition, &lower)?.is_some_and(|end| end.micros() < to) {
            self.current = Some(segment);
            return Ok(());
        }
        let end = if kind == Upper::End && granular {
            upper
        } else {
            definition.clamped(&upper)?
        };
        let end = if kind == Upper::Gap {
            before(definition, &end)?
        } else {
            end
        };
        self.ready.push_back(bounds(definition, &lower, &end));
        Ok(())
    }

    /// Cuts one step off a segment that is longer than one.
    fn cut(&mut self, definition: &Definition, segment: Segment) -> Result<(), Fault> {
        let upper = segment.upper;
        let end = match step_end(definition, &segment.lower)? {
            Some(end) if end.micros() < upper.micros() => end,
            _ => upper,
        };
        let clamped = if end.micros() == upper.micros() {
            end
        } else {
            definition.clamped(&end)?
        };
        let reached = end.micros() >= upper.micros() || clamped.micros() == upper.micros();
        let lower = definition.clamped(&segment.lower)?;
        if lower.micros() >= clamped.micros() {
            return Ok(());
        }
        let last = reached && segment.kind == Upper::End;
        let slice_end = if last {
            clamped
        } else {
            before(definition, &clamped)?
        };
        self.ready.push_back(bounds(definition, &lower, &slice_end));
        if !reached {
            self.current = Some(Segment::new(clamped, upper, segment.kind));
        }
        Ok(())
    }
}

/// Where a step from here ends; `None` without steps. Beyond the calendar is the end of all.
fn step_end(definition: &Definition, from: &Moment) -> Result<Option<Moment>, Fault> {
    let Some(step) = &definition.step else {
        return Ok(None);
    };
    match from.plus(step) {
        Ok(end) => Ok(Some(end)),
        Err(_) => definition.end().map(Some),
    }
}

/// One unit earlier, where the unit itself belongs to the next slice.
fn before(definition: &Definition, moment: &Moment) -> Result<Moment, Fault> {
    match &definition.granularity {
        Some(unit) => moment
            .minus(unit)
            .map_err(|error| definition.beyond(&error)),
        None => Ok(*moment),
    }
}

fn bounds(definition: &Definition, start: &Moment, end: &Moment) -> Map<String, Value> {
    let mut cursor = Map::new();
    cursor.insert(
        definition.start_field.clone(),
        definition.text(start).into(),
    );
    cursor.insert(definition.end_field.clone(), definition.text(end).into());
    cursor
}

/// Two halves of a slice; `None` when it is one unit wide or no unit is known.
pub fn split(
    definition: &Definition,
    slice: &Slice,
    narrowest: Option<&str>,
) -> Result<Option<[Slice; 2]>, Fault> {
    let Some(Span::Exact(unit)) = &definition.granularity else {
        return Ok(None);
    };
    let bound = |name: &str| {
        slice
            .cursor
            .get(name)
            .map(|value| definition.saved(value))
            .transpose()
    };
    let (Some(start), Some(end)) = (
        bound(&definition.start_field)?,
        bound(&definition.end_field)?,
    ) else {
        return Err(Fault::bug("A slice has lost its bounds.").in_stream(&definition.stream));
    };
    let width = end.micros() - start.micros();
    let narrowest = narrowest
        .map(parse_duration)
        .transpose()
        .map_err(|e| definition.beyond(&e))?;
    let unit = unit.whole_microseconds();
    let floor = narrowest.map_or(0, |span| span.exact().whole_microseconds());
    let units = width / unit + 1;
    if width <= 0 || width <= floor || units <= 1 {
        return Ok(None);
    }
    let first_end = start.micros() + units / 2 * unit - unit;
    let at = |micros: i128| Moment::from_micros(micros).map_err(|error| definition.beyond(&error));
    let halves = [(start, at(first_end)?), (at(first_end + unit)?, end)];
    Ok(Some(halves.map(|(from, to)| Slice {
        cursor: bounds(definition, &from, &to),
        ..slice.clone()
    })))
}

/// The slice from the newest record on.
pub fn shorten(definition: &Definition, slice: &Slice, watch: &Watch) -> Slice {
    let mut slice = slice.clone();
    if let Some(newest) = watch.newest() {
        let text = definition.text(&newest);
        slice
            .cursor
            .insert(definition.start_field.clone(), text.into());
    }
    slice
}
