//! How the keys of a collection are written, so that no two documents become one row.
//!
//! Ids, UUIDs and, in a column of text, numbers are written as texts that a key may be as well. Where a collection holds
//! keys of several kinds, a text that one of the others is spelled like stands in quotes, as JSON writes it; and what is
//! seldom a key (dates, bytes) is written as MongoDB's own JSON, which names the kind. Keys of one kind, which nearly every
//! collection has, stay what they are.

use bson::spec::BinarySubtype;
use bson::{Bson, Document, RawBsonRef, doc};
use serde::de::IgnoredAny;
use serde_json::Value;

use super::client::Error;
use super::connect::Session;
use super::{errors, value};
use crate::fault::Fault;
use crate::sources::postgres::json_text;
use crate::sources::record::Nulled;

/// The field that every document has; no two of a collection have the same there.
pub const KEY: &str = "_id";

/// Kinds of keys that there are beside texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Other {
    Id,
    Bytes,
    /// What JSON has words for.
    Plain,
    Moment,
}

/// By MongoDB's names for them.
const OTHERS: [(Other, &[&str]); 4] = [
    (Other::Id, &["objectId"]),
    (Other::Bytes, &["binData"]),
    (Other::Plain, &["number", "bool", "object"]),
    (Other::Moment, &["date", "timestamp"]),
];

/// What the column of the keys takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Text,
    /// JSON of every type.
    Any,
    /// Values of one kind, which no text is.
    One,
}

impl Column {
    fn of(schema: &Value) -> Self {
        let mut kinds: Vec<&str> = match schema.get("type") {
            Some(Value::String(kind)) => vec![kind],
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        kinds.retain(|kind| *kind != "null");
        match kinds.as_slice() {
            ["string"] if schema.get("format").is_none() => Self::Text,
            [_] => Self::One,
            _ => Self::Any,
        }
    }
}

/// The keys of a collection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// What there is beside texts, where there are texts.
    others: Vec<Other>,
    /// Whether their column takes words of JSON for the text they are.
    are_in_text: bool,
}

impl Keys {
    /// Asks the server which kinds of keys a collection has, as far as that matters. The index of the keys knows.
    pub async fn ask(
        session: &mut Session,
        database: &str,
        collection: &str,
        schema: &Value,
    ) -> Result<Self, Fault> {
        let Some(schema) = schema.pointer("/properties/_id") else {
            return Ok(Self::default());
        };
        let column = Column::of(schema);
        let mut keys = Self {
            others: Vec::new(),
            are_in_text: column == Column::Text,
        };
        if !has(session, database, collection, &["string"]).await? {
            return Ok(keys);
        }
        for (other, names) in OTHERS {
            if has(session, database, collection, names).await? {
                keys.others.push(other);
            }
        }
        if column == Column::One && !keys.others.is_empty() {
            return Err(Fault::config(format!(
                "The documents of “{collection}” have keys (_id) of several kinds, texts among them, which the column of the keys has no room for. Test the connection again, with more documents looked at."
            ))
            .at_field("discover_sample_size"));
        }
        Ok(keys)
    }

    /// Writes a key; an error means that it has to be null.
    pub fn write(&self, key: RawBsonRef<'_>, out: &mut Vec<u8>) -> Result<(), Nulled> {
        if self.others.is_empty() {
            return value::write(key, out);
        }
        match key {
            RawBsonRef::String(text) if self.is_ambiguous(text) => {
                let quoted = Value::from(text).to_string();
                json_text(quoted.as_bytes(), out);
                Ok(())
            }
            RawBsonRef::Binary(binary) if binary.subtype == BinarySubtype::Uuid => {
                value::write(key, out)
            }
            RawBsonRef::Binary(_) | RawBsonRef::DateTime(_) | RawBsonRef::Timestamp(_) => {
                let key = Bson::try_from(key).map_err(|_| Nulled::NoJson)?;
                let named = key.into_canonical_extjson().to_string();
                out.extend_from_slice(named.as_bytes());
                Ok(())
            }
            key => value::write(key, out),
        }
    }

    /// Whether a text could be taken for a key of another kind, or for a text in quotes.
    fn is_ambiguous(&self, text: &str) -> bool {
        text.starts_with('"')
            || self.others.iter().any(|other| match other {
                Other::Id => is_id(text),
                Other::Bytes => is_uuid(text) || (self.are_in_text && is_json(text)),
                Other::Plain | Other::Moment => self.are_in_text && is_json(text),
            })
    }
}

/// Whether a collection has a key of one of these kinds.
async fn has(
    session: &mut Session,
    database: &str,
    collection: &str,
    kinds: &[&str],
) -> Result<bool, Fault> {
    let ways: Vec<Document> = kinds
        .iter()
        .map(|kind| doc! {KEY: {"$type": *kind}})
        .collect();
    let question = doc! {
        "find": collection, "filter": {"$or": ways}, "projection": {KEY: 1}, "limit": 1,
    };
    let mut cursor = session.ask(database, question);
    let answer = match cursor.batch().await {
        Ok(batch) => batch.is_some_and(|batch| batch.into_iter().next().is_some()),
        // A server that is only like MongoDB.
        Err(Error::Refused(_)) => false,
        Err(error) => return Err(errors::query(&error)),
    };
    cursor.close().await;
    Ok(answer)
}

/// As an id is written.
fn is_id(text: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == 24 && text.bytes().all(digit)
}

/// As a UUID is written.
fn is_uuid(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok_and(|uuid| uuid.to_string() == text)
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use bson::oid::ObjectId;
    use bson::{Binary, DateTime, RawDocumentBuf};
    use serde_json::json;

    use super::*;

    fn written(keys: &Keys, key: impl Into<Bson>) -> Value {
        let document = RawDocumentBuf::try_from(&doc! {KEY: key.into()}).unwrap();
        let mut out = Vec::new();
        keys.write(document.get(KEY).unwrap().unwrap(), &mut out)
            .unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    const ID: &str = "5f0000000000000000000001";

    #[test]
    fn keys_of_one_kind_are_written_as_any_value() {
        let plain = Keys::default();
        assert_eq!(written(&plain, ID), ID);
        assert_eq!(written(&plain, ObjectId::parse_str(ID).unwrap()), ID);
        assert_eq!(
            written(&plain, DateTime::from_millis(0)),
            "1970-01-01T00:00:00Z"
        );
    }

    #[test]
    fn a_text_that_another_kind_is_spelled_like_stands_in_quotes() {
        let beside = |others: &[Other], are_in_text| Keys {
            others: others.to_vec(),
            are_in_text,
        };
        let ids = beside(&[Other::Id], true);
        assert_eq!(written(&ids, ObjectId::parse_str(ID).unwrap()), ID);
        let quoted = format!("\"{ID}\"");
        assert_eq!(written(&ids, ID), *quoted);
        assert_eq!(
            written(&ids, quoted.as_str()),
            r#""\"5f0000000000000000000001\"""#
        );
        for plain in ["anna", "10023", ID.to_uppercase().as_str(), &ID[1..]] {
            assert_eq!(written(&ids, plain), plain);
        }
        let uuid = "11111111-1111-1111-1111-111111111111";
        let bytes = beside(&[Other::Bytes], false);
        assert_eq!(written(&bytes, uuid), format!("\"{uuid}\""));
        let binary = |subtype| Binary {
            subtype,
            bytes: vec![0x11; 16],
        };
        assert_eq!(written(&bytes, binary(BinarySubtype::Uuid)), uuid);
        assert_eq!(
            written(&bytes, binary(BinarySubtype::Generic)),
            json!({"$binary": {"base64": "EREREREREREREREREREREQ==", "subType": "00"}})
        );
        let numbers = beside(&[Other::Plain], true);
        assert_eq!(written(&numbers, 5_i32), 5);
        assert_eq!(written(&numbers, "5"), "\"5\"");
        assert_eq!(written(&beside(&[Other::Plain], false), "5"), "5");
        let moments = beside(&[Other::Moment], true);
        assert_eq!(
            written(&moments, DateTime::from_millis(0)),
            json!({"$date": {"$numberLong": "0"}})
        );
    }

    #[test]
    fn a_column_tells_what_it_takes() {
        for (schema, column) in [
            (json!({"type": "string"}), Column::Text),
            (json!({"type": ["null", "string"]}), Column::Text),
            (
                json!({"type": "string", "contentEncoding": "base64"}),
                Column::Text,
            ),
            (
                json!({"type": "string", "format": "date-time"}),
                Column::One,
            ),
            (json!({"type": "number"}), Column::One),
            (json!({"type": ["string", "number"]}), Column::Any),
            (json!({}), Column::Any),
        ] {
            assert_eq!(Column::of(&schema), column, "{schema}");
        }
    }
}
