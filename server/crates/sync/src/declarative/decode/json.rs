//! JSON without building trees: values are found by their first and last byte and passed on as text.

use std::fmt;
use std::io::Read;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Each, Item, Source, fault, markup, nan, no_text};
use crate::declarative::request::trim_mark;
use crate::fault::Fault;

/// The most of a document that is read into memory because it is no plain list of records.
const WHOLE: u64 = 64 * 1024 * 1024;

/// A whole document: one body, or the elements of a list. An empty answer counts as an empty object.
pub fn document(source: Source<'_>, each: &mut Each<'_>) -> Result<(), Fault> {
    let mut whole = Vec::new();
    let bytes = match source {
        Source::Memory(bytes) => bytes,
        Source::Reader(reader) => {
            let read = reader
                .take(WHOLE + 1)
                .read_to_end(&mut whole)
                .map_err(fault)?;
            if u64::try_from(read).is_ok_and(|read| read > WHOLE) {
                return Err(Fault::data(format!(
                    "The answer is one JSON document of more than {} MiB that is not a list of records.",
                    WHOLE / (1024 * 1024)
                )));
            }
            &whole
        }
    };
    let text = std::str::from_utf8(trim_mark(bytes))
        .map_err(no_text)?
        .trim();
    match text.as_bytes().first() {
        None => each(Item::Tree(Value::Object(Map::new()))),
        Some(b'[') => list(text, each),
        Some(_) => one(text, each),
    }
}

/// One body. What looks broken may hold numbers that only Python knows, which it has to be searched for.
fn one(text: &str, each: &mut Each<'_>) -> Result<(), Fault> {
    let error = match serde_json::from_str::<&RawValue>(text) {
        Ok(value) => return each(Item::Raw(value.get())),
        Err(error) => error,
    };
    if let Some(what) = markup::name(text) {
        let fault = Fault::upstream(format!("The answer is not valid JSON: it is {what}."));
        return Err(fault.with_detail(error.to_string()));
    }
    let mended = nan::as_null(text).ok_or_else(|| broken(&error))?;
    let value: &RawValue = serde_json::from_str(&mended).map_err(|error| broken(&error))?;
    each(Item::Raw(value.get()))
}

/// A list of bodies, with such numbers or without.
fn list(text: &str, each: &mut Each<'_>) -> Result<(), Fault> {
    let mut passed: usize = 0;
    let walked = walk(text, &mut |item| {
        passed += 1;
        each(item)
    })?;
    let Err(error) = walked else {
        return Ok(());
    };
    let mended = nan::as_null(text).ok_or_else(|| broken(&error))?;
    let mut at: usize = 0;
    elements(&mended, &mut |item| {
        at += 1;
        // Those before the first of these numbers are with the receiver.
        if at <= passed { Ok(()) } else { each(item) }
    })
}

/// The elements of a list, each as text.
pub fn elements(text: &str, each: &mut Each<'_>) -> Result<(), Fault> {
    walk(text, each)?.map_err(|error| broken(&error))
}

/// Passes elements on until the list ends, which may be sooner than it should.
fn walk(text: &str, each: &mut Each<'_>) -> Result<Result<(), serde_json::Error>, Fault> {
    let mut outcome = Ok(());
    let mut json = serde_json::Deserializer::from_str(text);
    let parsed = Elements {
        step: &mut |element: &RawValue| {
            outcome = each(Item::Raw(element.get()));
            outcome.is_ok()
        },
    }
    .deserialize(&mut json)
    .and_then(|()| json.end());
    outcome?;
    Ok(parsed)
}

/// The elements of a list as texts, for lists that are known to be small.
pub fn list_items(text: &str) -> Result<Vec<&RawValue>, Fault> {
    serde_json::from_str(text).map_err(|error| broken(&error))
}

/// One member of an object, the last of that name.
pub fn members<'t>(text: &'t str, name: &str) -> Result<Option<&'t str>, Fault> {
    struct Find<'n>(&'n str);
    impl<'de> Visitor<'de> for Find<'_> {
        type Value = Option<&'de RawValue>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = None;
            while let Some(same) = map.next_key_seed(Named(self.0))? {
                if same {
                    found = Some(map.next_value()?);
                } else {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            Ok(found)
        }
    }
    if !text.trim_start().starts_with('{') {
        return Ok(None);
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let found = json
        .deserialize_map(Find(name))
        .map_err(|error| broken(&error))?;
    Ok(found.map(RawValue::get))
}

/// Compares a key without keeping it.
pub struct Named<'n>(pub &'n str);

impl<'de> DeserializeSeed<'de> for Named<'_> {
    type Value = bool;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Named<'_> {
    type Value = bool;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

/// Visits a list without building it.
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
        while let Some(element) = list.next_element::<&RawValue>()? {
            if !(self.step)(element) {
                return Err(serde::de::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

/// The elements of the list at `path` in a document of any size, one in memory at a time.
pub fn stream_items(reader: impl Read, path: &[String], each: &mut Each<'_>) -> Result<(), Fault> {
    let mut outcome = Ok(());
    let mut json = serde_json::Deserializer::from_reader(reader);
    let parsed = Descent {
        path,
        step: &mut |element: &RawValue| {
            outcome = each(Item::Raw(element.get()));
            outcome.is_ok()
        },
    }
    .deserialize(&mut json)
    .and_then(|()| json.end());
    outcome?;
    parsed.map_err(|error| {
        if error.is_io() {
            fault(error.into())
        } else {
            broken(&error)
        }
    })
}

struct Descent<'a> {
    path: &'a [String],
    step: &'a mut dyn FnMut(&RawValue) -> bool,
}

impl<'de> DeserializeSeed<'de> for Descent<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Descent<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((name, rest)) = self.path.split_first() else {
            // One object where a list was looked for: it is the only record.
            let mut fields = Map::new();
            while let Some((key, value)) = map.next_entry::<String, Value>()? {
                fields.insert(key, value);
            }
            if fields.is_empty() {
                return Ok(());
            }
            let value =
                serde_json::value::to_raw_value(&fields).map_err(serde::de::Error::custom)?;
            return stopped::<A::Error>((self.step)(&value));
        };
        while let Some(same) = map.next_key_seed(Named(name))? {
            if same {
                map.next_value_seed(Descent {
                    path: rest,
                    step: &mut *self.step,
                })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if !self.path.is_empty() {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        while let Some(element) = list.next_element::<Box<RawValue>>()? {
            stopped::<A::Error>((self.step)(&element))?;
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

fn stopped<E: serde::de::Error>(goes_on: bool) -> Result<(), E> {
    if goes_on {
        Ok(())
    } else {
        Err(E::custom("stopped"))
    }
}

/// JSON that cannot be read: it broke off, or it is a page for people, and another time it may be whole. One that is only
/// too deep stays so.
pub fn broken(error: &serde_json::Error) -> Fault {
    let text = error.to_string();
    if text.starts_with("recursion limit exceeded") {
        return Fault::data("The answer is nested too deeply.").with_detail(text);
    }
    Fault::upstream("The answer is not valid JSON.").with_detail(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Kind;

    fn collect(work: impl FnOnce(&mut Each<'_>) -> Result<(), Fault>) -> Result<Vec<Value>, Fault> {
        let mut out = Vec::new();
        work(&mut |item| {
            out.push(item.into_tree()?);
            Ok(())
        })?;
        Ok(out)
    }

    #[test]
    fn finds_bodies() {
        let cases = [
            ("", "[{}]"),
            ("  {\"a\":1} ", r#"[{"a":1}]"#),
            ("[1,{\"b\":[2]}]", r#"[1,{"b":[2]}]"#),
            ("\u{feff}[]", "[]"),
        ];
        for (text, expected) in cases {
            let found = collect(|each| document(Source::Memory(text.as_bytes()), each)).unwrap();
            assert_eq!(Value::from(found).to_string(), expected);
        }
    }

    #[test]
    fn numbers_that_only_python_knows_are_null_and_nothing_comes_twice() {
        let cases = [
            (r#"{"a":NaN,"b":"NaN"}"#, r#"[{"a":null,"b":"NaN"}]"#),
            (
                r#"[{"a":1},{"a":[-Infinity,2]},{"a":Infinity},3]"#,
                r#"[{"a":1},{"a":[null,2]},{"a":null},3]"#,
            ),
        ];
        for (text, expected) in cases {
            let bytes = text.as_bytes();
            for source in [Source::Memory(bytes), Source::Reader(Box::new(bytes))] {
                let found = collect(|each| document(source, each)).unwrap();
                assert_eq!(Value::from(found).to_string(), expected);
            }
        }
        let mut count = 0;
        let cut = document(Source::Memory(b"[1,NaN,3,"), &mut |_| {
            count += 1;
            Ok(())
        });
        assert_eq!(cut.unwrap_err().kind, Kind::Upstream);
        assert_eq!(count, 3);
    }

    #[test]
    fn what_is_broken_may_come_whole_another_time_and_what_is_too_deep_may_not() {
        let fault = |text: &[u8]| {
            let found = collect(|each| document(Source::Memory(text), each));
            found.unwrap_err().kind
        };
        for text in ["{", "[1,", "{} x", "<html>", "[1] [2]"] {
            assert_eq!(fault(text.as_bytes()), Kind::Upstream, "{text}");
        }
        // the first half of an ü
        assert_eq!(fault(b"[\"\xc3"), Kind::Upstream);
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(1000), "]".repeat(1000));
        assert_eq!(fault(deep.as_bytes()), Kind::Data);
    }

    #[test]
    fn descends_into_streams() {
        let text = r#"{"x":[0],"a":{"b":[{"c":1},{"c":2}],"z":null},"y":{"b":[9]}}"#;
        let path = ["a".to_owned(), "b".to_owned()];
        let found = collect(|each| stream_items(text.as_bytes(), &path, each)).unwrap();
        assert_eq!(Value::from(found).to_string(), r#"[{"c":1},{"c":2}]"#);
        collect(|each| stream_items(&text.as_bytes()[..40], &path, each)).unwrap_err();
        let scalar =
            collect(|each| stream_items(r#"{"a":{"b":7}}"#.as_bytes(), &path, each)).unwrap();
        assert!(scalar.is_empty());
    }

    #[test]
    fn finds_the_last_member() {
        let text = r#"{"a":1,"b":{"a":2},"a":[3]}"#;
        assert_eq!(members(text, "a").unwrap(), Some("[3]"));
        assert_eq!(members(text, "c").unwrap(), None);
        assert_eq!(members("[1]", "a").unwrap(), None);
    }
}
