//! `IncrementingCountCursor`: a position that is a number which only grows.

use serde_json::{Map, Number, Value};

use super::definition::text;
use super::interval::is_concurrent;
use super::watch::{Filter, Watch, order};
use super::windows::Windows;
use super::{Setting, unreadable};
use crate::declarative::manifest::Node;
use crate::fault::Fault;

#[derive(Debug)]
pub struct CountCursor {
    stream: String,
    field: String,
    /// Where earlier runs had come to.
    start: Number,
    /// Where this run came to.
    position: Number,
    closed: bool,
    /// Fields of the state that are not ours; they stay.
    legacy: Map<String, Value>,
}

impl CountCursor {
    pub fn read(
        node: &Node<'_>,
        field: &str,
        setting: &Setting<'_>,
        state: Map<String, Value>,
    ) -> Result<Self, Fault> {
        let first = match text(node, "start_value", setting.config)? {
            Some(text) => first_number(&text)
                .ok_or_else(|| node.wrong("start_value", "is not a whole number"))?,
            None => Number::from(0),
        };
        let concurrent = is_concurrent(&state);
        let saved = if concurrent {
            slice_value(&state)
        } else {
            state.get(field)
        };
        let saved = match saved {
            None | Some(Value::Null) => None,
            Some(Value::Number(number)) => Some(number.clone()),
            Some(_) => return Err(unreadable(setting.stream, "it is no number")),
        };
        // zero counts as nothing saved, as it does for the Python runtime
        let start = saved
            .filter(|saved| saved.as_f64() != Some(0.0) && order(&first, saved).is_le())
            .unwrap_or(first);
        Ok(Self {
            stream: setting.stream.to_owned(),
            field: field.to_owned(),
            position: start.clone(),
            start,
            closed: false,
            legacy: if concurrent { Map::new() } else { state },
        })
    }

    /// One slice, open at its end.
    pub fn windows(&self) -> Windows {
        let mut cursor = Map::new();
        cursor.insert("start".to_owned(), Value::Number(self.start.clone()));
        // JSON has no infinity; this is what a template makes of it
        cursor.insert("end".to_owned(), "inf".into());
        Windows::of(cursor)
    }

    pub fn close(&mut self, watch: &Watch) -> Result<Option<Value>, Fault> {
        let highest = watch.highest().map_err(|()| {
            Fault::data(format!(
                "The field “{}” counts records, but some of its values are no numbers.",
                self.field
            ))
            .in_stream(&self.stream)
        })?;
        let Some(highest) = highest.filter(|highest| highest.as_f64() != Some(0.0)) else {
            return Ok(None);
        };
        if self.closed {
            return Err(
                Fault::bug("A stream that counts was cut into several slices.")
                    .in_stream(&self.stream),
            );
        }
        self.closed = true;
        if order(&self.position, highest).is_lt() {
            self.position = highest.clone();
        }
        Ok(Some(self.state()))
    }

    pub fn state(&self) -> Value {
        let mut state = self.legacy.clone();
        state.insert(self.field.clone(), Value::Number(self.position.clone()));
        Value::Object(state)
    }

    pub fn filter(&self) -> Filter {
        Filter::from(self.start.clone())
    }
}

/// The number a state in the concurrent form stands at.
fn slice_value(state: &Map<String, Value>) -> Option<&Value> {
    let first = state.get("slices")?.get(0)?;
    first
        .get("most_recent_cursor_value")
        .or_else(|| first.get("end"))
}

/// `int(text)`.
fn first_number(text: &str) -> Option<Number> {
    let text = text.trim();
    match text.parse::<i64>() {
        Ok(number) => Some(number.into()),
        Err(_) => {
            let float: f64 = text.parse().ok()?;
            format!("{:.0}", float.trunc())
                .parse::<i64>()
                .ok()
                .map(Number::from)
        }
    }
}
