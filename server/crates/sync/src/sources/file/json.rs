//! JSON: one array of objects, or objects one after the other (JSON lines); values are passed on as they stand.

mod members;
mod selection;

use std::collections::BTreeSet;
use std::fmt;
use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};

use airbyte::protocol::AirbyteStream;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::config::Config;
use super::guess::{Guess, Kind};
use super::input::{self, Text};
use super::output::Output;
use crate::fault::Fault;
use members::Members;
use selection::Selection;

/// The field that holds an element that is no object.
const PLAIN: &str = "value";

/// The stream a JSON file makes, by its beginning, or by its first element if that is longer.
pub fn discover(input: Text, config: &Config) -> Result<AirbyteStream, Fault> {
    let mut fields = Fields::default();
    let result = fields.see_all(&input.prefix);
    if !input.is_cut() {
        result?;
    } else if fields.elements == 0 {
        // A beginning that was cut off ends in the middle of an element: here of the first.
        fields.see_first(input.reader)?;
    }
    if fields.order.is_empty() {
        return Err(Fault::data(
            "The file holds no rows: its list is empty, or its objects have no fields.",
        ));
    }
    Ok(AirbyteStream::new(&config.dataset_name, fields.schema()))
}

/// The fields that the elements of a file have, which is here as a whole; nothing if it has no element.
pub fn names(whole: &[u8]) -> Result<Option<Vec<String>>, Fault> {
    let mut fields = Fields::default();
    fields.see_all(whole)?;
    Ok((fields.elements > 0).then_some(fields.order))
}

/// Writes every element.
pub fn read(input: Text, stream: &AirbyteStream, mut output: Output) -> Result<(), Fault> {
    let selection = Selection::of(stream);
    output.begin();
    let counter = input.reader.counter();
    elements(input.reader, Some(&counter), &mut |element| {
        selection.write(element, &mut output)
    })?;
    output.finish()
}

type Each<'a> = dyn FnMut(&RawValue) -> Result<(), Fault> + 'a;

/// Calls `each` for every element, holding one at a time.
fn elements(
    reader: impl Read,
    counter: Option<&AtomicU64>,
    each: &mut Each<'_>,
) -> Result<(), Fault> {
    let mut reader = std::io::BufReader::with_capacity(64 * 1024, reader);
    let first = first_byte(&mut reader)?;
    let mut outcome = Ok(());
    let mut step = |element: &RawValue| {
        counter.inspect(|counter| counter.store(0, Ordering::Relaxed));
        outcome = each(element);
        outcome.is_ok()
    };
    let parsed = if first == Some(b'[') {
        let mut json = serde_json::Deserializer::from_reader(reader);
        Elements { step: &mut step }
            .deserialize(&mut json)
            .and_then(|()| json.end())
    } else {
        let mut values = serde_json::Deserializer::from_reader(reader).into_iter::<Box<RawValue>>();
        values.try_for_each(|value| {
            value
                .map(|value| step(&value))
                .and_then(|go_on| if go_on { Ok(()) } else { Err(stopped()) })
        })
    };
    outcome?;
    parsed.map_err(broken)
}

fn first_byte(reader: &mut impl std::io::BufRead) -> Result<Option<u8>, Fault> {
    loop {
        let buffer = reader.fill_buf().map_err(input::fault)?;
        let Some(&byte) = buffer.first() else {
            return Ok(None);
        };
        if !byte.is_ascii_whitespace() {
            return Ok(Some(byte));
        }
        reader.consume(1);
    }
}

/// Visits an array without building it.
struct Elements<'a> {
    step: &'a mut dyn FnMut(&RawValue) -> bool,
}

impl<'de> DeserializeSeed<'de> for Elements<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(element) = list.next_element::<Box<RawValue>>()? {
            if !(self.step)(&element) {
                return Err(serde::de::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

fn stopped() -> serde_json::Error {
    serde::de::Error::custom("stopped")
}

fn broken(error: serde_json::Error) -> Fault {
    if error.is_io() {
        return input::fault(error.into());
    }
    Fault::data(format!(
        "The file is not valid JSON: at line {}, column {}.",
        error.line(),
        error.column()
    ))
    .with_detail(error.to_string())
}

/// What the fields hold, over all elements seen.
#[derive(Debug, Default)]
struct Fields {
    elements: u64,
    order: Vec<String>,
    kinds: std::collections::HashMap<String, (BTreeSet<&'static str>, Guess)>,
}

impl Fields {
    fn see_all(&mut self, text: &[u8]) -> Result<(), Fault> {
        elements(text, None, &mut |element| {
            self.see(element);
            Ok(())
        })
    }

    fn see_first(&mut self, reader: impl Read) -> Result<(), Fault> {
        let result = elements(reader, None, &mut |element| {
            self.see(element);
            // The rest is not wanted.
            Err(Fault::cancelled())
        });
        if self.elements == 0 { result } else { Ok(()) }
    }

    fn see(&mut self, element: &RawValue) {
        self.elements += 1;
        let object = members::object(element);
        if let Ok(Members(members)) = serde_json::from_str::<Members<'_>>(&object) {
            for (name, value) in members {
                self.field(&name, value.get());
            }
        }
    }

    /// What a value is, its beginning tells.
    fn field(&mut self, name: &str, value: &str) {
        if !self.kinds.contains_key(name) {
            self.order.push(name.to_owned());
            self.kinds.insert(name.to_owned(), Default::default());
        }
        let Some((kinds, guess)) = self.kinds.get_mut(name) else {
            return;
        };
        match value.as_bytes().first() {
            None | Some(b'n') => {}
            Some(b't' | b'f') => drop(kinds.insert("boolean")),
            Some(b'"') => {
                kinds.insert("string");
                match serde_json::from_str::<String>(value) {
                    Ok(text) => guess.see(text.as_bytes()),
                    // Half of a surrogate pair is in it, so it is no date.
                    Err(_) => guess.see_text(),
                }
            }
            Some(b'[') => drop(kinds.insert("array")),
            Some(b'{') => drop(kinds.insert("object")),
            Some(_) if value.parse::<i64>().is_ok() => drop(kinds.insert("integer")),
            Some(_) => drop(kinds.insert("number")),
        }
    }

    fn schema(&self) -> Value {
        let properties: Map<String, Value> = self
            .order
            .iter()
            .map(|name| (name.clone(), property(&self.kinds[name])))
            .collect();
        json!({"type": "object", "properties": properties})
    }
}

fn property((kinds, guess): &(BTreeSet<&'static str>, Guess)) -> Value {
    let mut kinds = kinds.clone();
    if kinds.contains("number") {
        kinds.remove("integer");
    }
    if kinds.is_empty() || kinds.iter().eq(["string"].iter()) {
        // Numbers in quotes were meant as text; dates have no other way to be written.
        return match guess.kind() {
            kind @ (Kind::Date | Kind::Timestamp | Kind::TimestampTz) => kind.schema(),
            _ => Kind::Text.schema(),
        };
    }
    let types: Vec<&str> = std::iter::once("null").chain(kinds).collect();
    json!({"type": types})
}
