//! The members of one object, their values as they stand: no digit goes through a number of the machine.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::PLAIN;

/// Names with values, in order.
pub struct Members<'t>(pub Vec<(String, &'t RawValue)>);

/// An element as an object; one that is none becomes the only member of one.
pub fn object(element: &RawValue) -> Cow<'_, str> {
    let text = element.get().trim();
    if text.starts_with('{') {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("{{\"{PLAIN}\":{text}}}"))
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some((mut name, value)) = map.next_entry::<String, &'de RawValue>()? {
            // No table can have it in a name, nor what is kept of a catalogue.
            name.retain(|letter| letter != '\0');
            members.push((name, value));
        }
        Ok(Members(members))
    }
}
