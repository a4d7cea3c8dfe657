//! What a template can see: borrowed values, each under its name.

use serde_json::{Map, Value};
use time::OffsetDateTime;

/// The parts of a stream slice as a template sees them.
#[derive(Debug, Clone, Copy)]
pub struct SliceView<'a> {
    pub partition: &'a Map<String, Value>,
    pub cursor: &'a Map<String, Value>,
    pub extra: &'a Map<String, Value>,
}

impl<'a> SliceView<'a> {
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.cursor.get(name).or_else(|| self.partition.get(name))
    }

    /// Partition and cursor as one mapping.
    pub fn pairs(&self) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
        self.partition.iter().chain(self.cursor)
    }

    pub fn is_empty(&self) -> bool {
        self.partition.is_empty() && self.cursor.is_empty() && self.extra.is_empty()
    }
}

/// A value given to a template.
#[derive(Debug, Clone, Copy)]
pub enum Binding<'a> {
    /// Python's `None`.
    None,
    Json(&'a Value),
    Object(&'a Map<String, Value>),
    /// Headers of a response: found in any case.
    Headers(&'a Map<String, Value>),
    Text(&'a str),
    Int(i64),
    Slice(SliceView<'a>),
}

/// The names a template can use in one place. A name that is not here is an error, one bound to `None` is not.
#[derive(Debug, Clone, Default)]
pub struct Scope<'a> {
    parent: Option<&'a Scope<'a>>,
    bindings: Vec<(&'a str, Binding<'a>)>,
    now: Option<OffsetDateTime>,
}

impl<'a> Scope<'a> {
    pub fn new() -> Self {
        Self::default()
    }

    /// The usual surroundings.
    pub fn of(config: &'a Value, parameters: &'a Value) -> Self {
        Self::new()
            .with("config", Binding::Json(config))
            .with("parameters", Binding::Json(parameters))
    }

    /// Sees all of this one and can add to it, for one record of many.
    #[must_use]
    pub fn child(&'a self) -> Self {
        Self {
            parent: Some(self),
            bindings: Vec::new(),
            now: self.now,
        }
    }

    #[must_use]
    pub fn with(mut self, name: &'a str, value: Binding<'a>) -> Self {
        self.set(name, value);
        self
    }

    /// The same for JSON.
    #[must_use]
    pub fn json(self, name: &'a str, value: &'a Value) -> Self {
        self.with(name, Binding::Json(value))
    }

    /// Stops the clock, so that one read sees one present.
    #[must_use]
    pub fn at(mut self, now: OffsetDateTime) -> Self {
        self.now = Some(now);
        self
    }

    pub fn set(&mut self, name: &'a str, value: Binding<'a>) {
        match self.bindings.iter_mut().find(|(found, _)| *found == name) {
            Some((_, old)) => *old = value,
            None => self.bindings.push((name, value)),
        }
    }

    /// What the name stands for; the slice has two more names.
    pub fn find(&self, name: &str) -> Option<Binding<'a>> {
        let name = match name {
            "stream_interval" | "stream_partition" => "stream_slice",
            name => name,
        };
        let here = self.bindings.iter().find(|(found, _)| *found == name);
        match here {
            Some((_, value)) => Some(*value),
            None => self.parent.and_then(|parent| parent.find(name)),
        }
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.now.unwrap_or_else(crate::clock::utc)
    }
}
