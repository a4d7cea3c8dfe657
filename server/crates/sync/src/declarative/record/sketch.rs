//! A record of which only some fields are read: those that templates look at or that are changed. The others stay text.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::members::{Member, Members};
use super::splice::Splice;
use super::touch::Touch;
use crate::fault::Fault;

#[derive(Debug)]
pub struct Sketch<'t> {
    pub text: &'t str,
    touch: &'t Touch,
    /// The fields that are read, and those that were added.
    pub fields: Map<String, Value>,
    /// Where those stand that may change.
    places: Vec<Member<'t>>,
}

impl<'t> Sketch<'t> {
    /// Of an object in JSON that is known to be valid. Nothing when all of it has to be read to know which field is
    /// which: a name may be spelled in several ways, or come twice.
    pub fn of(text: &'t str, touch: &'t Touch) -> Option<Self> {
        let text = text.trim();
        if !text.starts_with('{') {
            return None;
        }
        let mut sketch = Self {
            text,
            touch,
            fields: Map::new(),
            places: Vec::new(),
        };
        for member in Members::of(text) {
            if member.key.as_bytes().contains(&b'\\') {
                return None;
            }
            if touch.knows(member.key) {
                sketch.read(member)?;
            }
        }
        Some(sketch)
    }

    fn read(&mut self, member: Member<'t>) -> Option<()> {
        let value = serde_json::from_str(member.value).ok()?;
        if self.fields.insert(member.key.to_owned(), value).is_some() {
            return None;
        }
        if self.touch.may_change(member.key) {
            self.places.push(member);
        }
        Some(())
    }

    /// The record as it is now.
    pub fn record(&self) -> Result<Cow<'t, str>, Fault> {
        if self.touch.only_reads() {
            return Ok(Cow::Borrowed(self.text));
        }
        let mut out = String::with_capacity(self.text.len() + ADDED);
        let mut splice = Splice::new(self.text, &mut out);
        for place in &self.places {
            splice.leave_out(place);
            if let Some(value) = self.fields.get(place.key) {
                splice.add(place.key, value)?;
            }
        }
        splice.rest();
        for (name, value) in self.fields.iter().filter(|(name, _)| self.is_new(name)) {
            splice.add(name, value)?;
        }
        splice.finish();
        Ok(Cow::Owned(out))
    }

    fn is_new(&self, name: &str) -> bool {
        self.touch.may_change(name) && !self.places.iter().any(|place| place.key == name)
    }
}

/// Room for what is added, so that the text seldom has to move.
const ADDED: usize = 128;
