//! Some entries of a JSON object, without making a tree of the others.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::de::Read;
use serde_json::{Map, Value};

/// The entries with these names that are there; nothing where the document is broken or no object.
pub fn pick<'de, R: Read<'de>>(
    mut json: serde_json::Deserializer<R>,
    names: &[&str],
) -> Option<Value> {
    let found = json.deserialize_map(Entries { names }).ok()?;
    json.end().ok()?;
    Some(Value::Object(found))
}

struct Entries<'n> {
    names: &'n [&'n str],
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = Map::new();
        while let Some(name) = map.next_key_seed(OneOf { names: self.names })? {
            match name {
                Some(name) => _ = found.insert(name.to_owned(), map.next_value()?),
                None => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(found)
    }
}

/// Compares a key without keeping it.
struct OneOf<'n> {
    names: &'n [&'n str],
}

impl<'de, 'n> DeserializeSeed<'de> for OneOf<'n> {
    type Value = Option<&'n str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'n> Visitor<'_> for OneOf<'n> {
    type Value = Option<&'n str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.names.iter().find(|name| **name == key).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_entries_are_read() {
        let cases = [
            (
                r#"{"a":[1],"next":"x","b":{"next":2}}"#,
                Some(r#"{"next":"x"}"#),
            ),
            (
                r#"{"next":1,"meta":{"c":null},"next":2}"#,
                Some(r#"{"next":2,"meta":{"c":null}}"#),
            ),
            (r#"{"\u006eext":1}"#, Some(r#"{"next":1}"#)),
            ("{}", Some("{}")),
            ("[1]", None),
            (r#"{"next":1"#, None),
            (r#"{"next":1} x"#, None),
        ];
        for (text, expected) in cases {
            let json = serde_json::Deserializer::from_str(text);
            let found = pick(json, &["next", "meta"]).map(|found| found.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
