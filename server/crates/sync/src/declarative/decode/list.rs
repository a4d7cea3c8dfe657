//! The records of the usual answer, an object with a list in it: all of it is checked and the list taken apart in one pass.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::json::Named;

/// The elements of the list at a path of names; nothing where the document is broken or holds anything else there. Then
/// it has to be looked at with more care.
pub fn list_at<'t>(text: &'t str, path: &[String]) -> Option<Vec<&'t RawValue>> {
    let mut json = serde_json::Deserializer::from_str(text);
    let found = Descent { path }.deserialize(&mut json).ok()?;
    json.end().ok()?;
    found
}

struct Descent<'p> {
    path: &'p [String],
}

impl<'de> DeserializeSeed<'de> for Descent<'_> {
    type Value = Option<Vec<&'de RawValue>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.path.is_empty() {
            deserializer.deserialize_seq(self)
        } else {
            deserializer.deserialize_map(self)
        }
    }
}

/// A value of another kind is an error, which ends the search.
impl<'de> Visitor<'de> for Descent<'_> {
    type Value = Option<Vec<&'de RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some((name, path)) = self.path.split_first() else {
            return Ok(None);
        };
        let mut found = None;
        while let Some(same) = map.next_key_seed(Named(name))? {
            if same {
                // Of several with one name, the last counts.
                found = map.next_value_seed(Descent { path })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            elements.push(element);
        }
        Ok(Some(elements))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_documents_with_a_list_are_taken_apart() {
        type Elements<'a> = Option<&'a [&'a str]>;
        let cases: [(&str, &[&str], Elements<'_>); 9] = [
            (
                r#"{"n":1,"d":[{"a":[1]}, 2]}"#,
                &["d"],
                Some(&[r#"{"a":[1]}"#, "2"]),
            ),
            (r#"{"d":{"x":[3],"y":0},"z":{}}"#, &["d", "x"], Some(&["3"])),
            ("[1,2]", &[], Some(&["1", "2"])),
            (r#"{"d":[1],"d":[2]}"#, &["d"], Some(&["2"])),
            (r#"{"d":{"a":1}}"#, &["d"], None),
            (r#"{"d":[[1]]}"#, &["d", "0"], None),
            (r#"{"e":[1]}"#, &["d"], None),
            (r#"{"d":[1]"#, &["d"], None),
            (r#"{"d":[1]} x"#, &["d"], None),
        ];
        for (text, path, expected) in cases {
            let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
            let found = list_at(text, &path);
            let found: Option<Vec<&str>> =
                found.map(|found| found.into_iter().map(RawValue::get).collect());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
