//! A record of which only some fields are read: those that templates look at or that are changed. The others stay text.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::members::{Member, Members};
use super::splice::Splice;
use super::touch::{Need, Touch};
use crate::fault::Fault;

/// Room for what is added, so that the text seldom has to move.
const ADDED: usize = 128;

#[derive(Debug)]
pub struct Sketch<'t> {
    pub text: &'t str,
    /// The fields that are read, and those that were added.
    pub fields: Map<String, Value>,
    outline: Outline<'t>,
}

impl<'t> Sketch<'t> {
    /// Of an object in JSON that is known to be valid. Nothing when all of it has to be read to know which field is
    /// which: a name may be spelled in several ways, or come twice.
    pub fn of(text: &'t str, touch: &'t Touch) -> Option<Self> {
        let text = text.trim();
        let mut fields = Map::new();
        let outline = Outline::of(text, touch, &mut fields)?;
        Some(Self {
            text,
            fields,
            outline,
        })
    }

    /// The record as it is now.
    pub fn record(&self) -> Result<Cow<'t, str>, Fault> {
        if self.outline.touch.only_reads() {
            return Ok(Cow::Borrowed(self.text));
        }
        let mut out = String::with_capacity(self.text.len() + ADDED);
        self.outline.write(&self.fields, &mut out)?;
        Ok(Cow::Owned(out))
    }
}

/// Where the fields of an object stand that may change.
#[derive(Debug)]
struct Outline<'t> {
    text: &'t str,
    touch: &'t Touch,
    places: Vec<Place<'t>>,
}

#[derive(Debug)]
struct Place<'t> {
    member: Member<'t>,
    /// Of an object that only loses something inside.
    inside: Option<Outline<'t>>,
}

impl<'t> Outline<'t> {
    fn of(text: &'t str, touch: &'t Touch, fields: &mut Map<String, Value>) -> Option<Self> {
        let mut outline = Self {
            text: text.starts_with('{').then_some(text)?,
            touch,
            places: Vec::new(),
        };
        for member in Members::of(text) {
            if member.key.as_bytes().contains(&b'\\') {
                return None;
            }
            outline.read(member, fields)?;
        }
        Some(outline)
    }

    fn read(&mut self, member: Member<'t>, fields: &mut Map<String, Value>) -> Option<()> {
        let need = self.touch.need(member.key);
        let mut inner = Map::new();
        let inside = match need {
            Need::Nothing => return Some(()),
            Need::Value | Need::Change => None,
            Need::Inside(touch) => Self::of(member.value, touch, &mut inner),
        };
        let value = match &inside {
            Some(_) => Value::Object(inner),
            None => serde_json::from_str(member.value).ok()?,
        };
        if fields.insert(member.key.to_owned(), value).is_some() {
            return None;
        }
        if !matches!(need, Need::Value) {
            self.places.push(Place { member, inside });
        }
        Some(())
    }

    /// Writes the object with what became of its fields.
    fn write(&self, fields: &Map<String, Value>, out: &mut String) -> Result<(), Fault> {
        let mut splice = Splice::new(self.text, out);
        for Place { member, inside } in &self.places {
            splice.leave_out(member);
            match (inside, fields.get(member.key)) {
                (Some(inside), Some(Value::Object(inner))) => {
                    inside.write(inner, splice.begin(member.key)?)?;
                }
                (_, Some(value)) => splice.add(member.key, value)?,
                (_, None) => {}
            }
        }
        splice.rest();
        for (name, value) in fields.iter().filter(|(name, _)| self.is_new(name)) {
            splice.add(name, value)?;
        }
        splice.finish();
        Ok(())
    }

    fn is_new(&self, name: &str) -> bool {
        self.touch.may_change(name) && !self.places.iter().any(|place| place.member.key == name)
    }
}
