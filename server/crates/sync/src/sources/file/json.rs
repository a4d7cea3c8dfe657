//! JSON: one array of objects, or objects one after the other (JSON lines); each element is passed on as it stands.

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
use super::input::{self, PREFIX_BYTES, Text};
use super::output::Output;
use crate::fault::Fault;
use crate::sources::postgres::json_line;

/// The field that holds an element that is no object.
const PLAIN: &str = "value";

/// The stream a JSON file makes, by its beginning.
pub fn discover(input: &Text, config: &Config) -> Result<AirbyteStream, Fault> {
    let mut fields = Fields::default();
    let result = elements(input.prefix.as_slice(), None, &mut |element| {
        fields.see(element);
        Ok(())
    });
    // A beginning that was cut off ends in the middle of an element.
    let cut = input.prefix.len() >= PREFIX_BYTES && !fields.order.is_empty();
    if !cut {
        result?;
    }
    if fields.order.is_empty() {
        return Err(Fault::data(
            "The file holds no rows: its list is empty, or its objects have no fields.",
        ));
    }
    Ok(AirbyteStream::new(&config.dataset_name, fields.schema()))
}

/// Writes every element.
pub fn read(input: Text, stream: &AirbyteStream, mut output: Output) -> Result<(), Fault> {
    let wanted = stream
        .json_schema
        .get("properties")
        .and_then(Value::as_object);
    let selection = wanted.map(|wanted| wanted.keys().map(String::as_str).collect::<BTreeSet<_>>());
    output.begin();
    let counter = input.reader.counter();
    elements(input.reader, Some(&counter), &mut |element| {
        write(element, selection.as_ref(), &mut output)
    })?;
    output.finish()
}

/// Writes one element; fields that are not wanted are left out.
fn write(
    element: &RawValue,
    wanted: Option<&BTreeSet<&str>>,
    output: &mut Output,
) -> Result<(), Fault> {
    let text = element.get().trim();
    if !text.starts_with('{') {
        return output.record(|out| {
            out.extend_from_slice(format!("{{\"{PLAIN}\":").as_bytes());
            json_line(text.as_bytes(), out);
            out.push(b'}');
        });
    }
    let unwanted = match wanted {
        None => false,
        Some(wanted) => {
            let keys: Keys = serde_json::from_str(text).map_err(broken)?;
            keys.0.iter().any(|key| !wanted.contains(key.as_str()))
        }
    };
    if !unwanted {
        return output.record(|out| json_line(text.as_bytes(), out));
    }
    let fields: Map<String, Value> = serde_json::from_str(text).map_err(broken)?;
    let kept: Map<String, Value> = fields
        .into_iter()
        .filter(|(name, _)| wanted.is_none_or(|wanted| wanted.contains(name.as_str())))
        .collect();
    output.record(|out| out.extend_from_slice(Value::from(kept).to_string().as_bytes()))
}

/// The keys of an object, its values skipped.
struct Keys(Vec<String>);

impl<'de> serde::Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Keys;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    map.next_value::<serde::de::IgnoredAny>()?;
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }
        deserializer.deserialize_map(KeyVisitor)
    }
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
    order: Vec<String>,
    kinds: std::collections::HashMap<String, (BTreeSet<&'static str>, Guess)>,
}

impl Fields {
    fn see(&mut self, element: &RawValue) {
        match serde_json::from_str(element.get()) {
            Ok(Value::Object(fields)) => fields
                .iter()
                .for_each(|(name, value)| self.field(name, value)),
            Ok(value) => self.field(PLAIN, &value),
            Err(_) => {}
        }
    }

    fn field(&mut self, name: &str, value: &Value) {
        if !self.kinds.contains_key(name) {
            self.order.push(name.to_owned());
            self.kinds.insert(name.to_owned(), Default::default());
        }
        let Some((kinds, guess)) = self.kinds.get_mut(name) else {
            return;
        };
        match value {
            Value::Null => {}
            Value::Bool(_) => drop(kinds.insert("boolean")),
            Value::Number(number) if number.is_i64() => drop(kinds.insert("integer")),
            Value::Number(_) => drop(kinds.insert("number")),
            Value::String(text) => {
                kinds.insert("string");
                guess.see(text.as_bytes());
            }
            Value::Array(_) => drop(kinds.insert("array")),
            Value::Object(_) => drop(kinds.insert("object")),
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
