//! Keys that a destination cannot tell apart, counted while they are read.
//!
//! Every key is written as any value is, and depends on nothing but itself: a row keeps its key, whatever else comes into
//! its collection. So ids, UUIDs, dates and, in a column of text, numbers share their spelling with texts that a key may be
//! as well; and a column of numbers or dates has no room for most texts. Neither can be mended here: the run's log says how
//! often it was met.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bson::{Document, RawBsonRef, RawDocument, doc};
use serde::de::IgnoredAny;
use serde_json::Value;

use super::client::Error;
use super::connect::Session;
use super::errors;
use crate::connector::RunContext;
use crate::fault::Fault;

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
    (Other::Plain, &["number", "bool", "object", "timestamp"]),
    (Other::Moment, &["date"]),
];

/// What the column of the keys takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Column {
    Text,
    /// JSON of every type.
    #[default]
    Any,
    Numbers,
    Moments,
    Booleans,
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
            ["string"] if schema.get("format").is_some() => Self::Moments,
            ["string"] => Self::Text,
            ["number" | "integer"] => Self::Numbers,
            ["boolean"] => Self::Booleans,
            _ => Self::Any,
        }
    }

    /// Whether a key is of the column's own kind.
    fn takes(self, key: RawBsonRef<'_>) -> bool {
        match self {
            Self::Text | Self::Any => true,
            Self::Numbers => matches!(
                key,
                RawBsonRef::Int32(_)
                    | RawBsonRef::Int64(_)
                    | RawBsonRef::Double(_)
                    | RawBsonRef::Decimal128(_)
            ),
            Self::Moments => matches!(key, RawBsonRef::DateTime(_)),
            Self::Booleans => matches!(key, RawBsonRef::Boolean(_)),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Text => "texts",
            Self::Any => "values of every kind",
            Self::Numbers => "numbers",
            Self::Moments => "dates",
            Self::Booleans => "true and false",
        }
    }
}

/// The keys of a collection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// What there is beside texts, where there are texts.
    others: Vec<Other>,
    column: Column,
    /// Texts that share their spelling with a key of another kind.
    ambiguous: u64,
    /// Keys of another kind than their column.
    misfits: u64,
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
        let mut keys = Self {
            column: Column::of(schema),
            ..Self::default()
        };
        if !has(session, database, collection, &["string"]).await? {
            return Ok(keys);
        }
        for (other, names) in OTHERS {
            if has(session, database, collection, names).await? {
                keys.others.push(other);
            }
        }
        Ok(keys)
    }

    /// Looks at the key of a document that is passed on.
    pub fn see(&mut self, document: &RawDocument) {
        let Ok(Some(key)) = document.get(KEY) else {
            return;
        };
        if let RawBsonRef::String(text) = key
            && self.is_ambiguous(text)
        {
            self.ambiguous += 1;
        } else if !self.column.takes(key) {
            self.misfits += 1;
        }
    }

    /// Whether a text is spelled as the collection's keys of another kind may be in their column.
    fn is_ambiguous(&self, text: &str) -> bool {
        let holds_texts = matches!(self.column, Column::Text | Column::Any);
        self.others.iter().any(|other| match other {
            Other::Id => holds_texts && is_id(text),
            Other::Bytes => holds_texts && (is_uuid(text) || is_base64(text)),
            Other::Plain => {
                matches!(
                    self.column,
                    Column::Text | Column::Numbers | Column::Booleans
                ) && is_json(text)
            }
            Other::Moment => (holds_texts || self.column == Column::Moments) && is_moment(text),
        })
    }

    /// Tells what was met, if anything.
    pub async fn tell(&self, cx: &RunContext, collection: &str) {
        for text in self.warnings(collection) {
            cx.say("WARN", Some(collection), text).await;
        }
    }

    fn warnings(&self, collection: &str) -> Vec<String> {
        let documents = |count: u64| {
            let (noun, verb) = if count == 1 {
                ("document", "has")
            } else {
                ("documents", "have")
            };
            format!("{count} {noun} of “{collection}” {verb}")
        };
        let mut warnings = Vec::new();
        if self.ambiguous > 0 {
            warnings.push(format!(
                "{} a text as key (_id) that is spelled as keys of another kind are, of which the collection has some too. Where a text and such a key have one spelling, they are one and the same row.",
                documents(self.ambiguous)
            ));
        }
        if self.misfits > 0 {
            warnings.push(format!(
                "{} a key (_id) of another kind than its column, which takes {}: it becomes NULL where it does not fit. Such rows replace no other and are all kept, those of earlier runs too.",
                documents(self.misfits),
                self.column.words()
            ));
        }
        warnings
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

/// As bytes are written.
fn is_base64(text: &str) -> bool {
    STANDARD.decode(text).is_ok()
}

/// As a date begins: `1970-01-01`.
fn is_moment(text: &str) -> bool {
    let shape = b"0000-00-00";
    text.len() >= shape.len()
        && text.bytes().zip(shape).all(|(byte, of)| match of {
            b'0' => byte.is_ascii_digit(),
            hyphen => byte == *hyphen,
        })
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use bson::oid::ObjectId;
    use bson::{Bson, DateTime, RawDocumentBuf};
    use serde_json::json;

    use super::*;

    /// Texts that share a spelling, and keys that do not fit.
    fn counted(others: &[Other], column: Column, keys: &[Bson]) -> (u64, u64) {
        let mut seen = Keys {
            others: others.to_vec(),
            column,
            ..Keys::default()
        };
        for key in keys {
            seen.see(&RawDocumentBuf::try_from(&doc! {KEY: key.clone()}).unwrap());
        }
        (seen.ambiguous, seen.misfits)
    }

    const ID: &str = "5f0000000000000000000001";
    const UUID: &str = "11111111-1111-1111-1111-111111111111";

    #[test]
    fn a_text_is_ambiguous_where_keys_of_the_kind_it_is_spelled_like_are_there_too() {
        let texts = |texts: &[&str]| texts.iter().copied().map(Bson::from).collect::<Vec<_>>();
        let all = texts(&[ID, UUID, "5", "1970-01-01T00:00:00Z", "anna!"]);
        for (others, column, ambiguous) in [
            (&[Other::Id][..], Column::Text, 1),
            (&[], Column::Text, 0),
            (&[Other::Id], Column::Any, 1),
            // The UUID, and the id, which is good Base64 as well.
            (&[Other::Bytes], Column::Any, 2),
            (&[Other::Plain], Column::Text, 1),
            (&[Other::Plain], Column::Any, 0),
            (&[Other::Moment], Column::Text, 1),
            (&[Other::Id, Other::Plain], Column::Text, 2),
        ] {
            let counted = counted(others, column, &all);
            assert_eq!(counted, (ambiguous, 0), "{others:?} {column:?}");
        }
        let others = texts(&["10023x", &ID.to_uppercase(), &ID[1..]]);
        assert_eq!(counted(&[Other::Id], Column::Text, &others), (0, 0));
    }

    #[test]
    fn a_key_of_another_kind_than_its_column_is_counted() {
        let id = ObjectId::parse_str(ID).unwrap();
        let keys = [
            Bson::from("counter"),
            Bson::from("7"),
            Bson::from(7_i32),
            Bson::from(7.5),
            Bson::from(id),
            Bson::from(DateTime::from_millis(0)),
        ];
        let others = [Other::Id, Other::Plain, Other::Moment];
        assert_eq!(counted(&others, Column::Numbers, &keys), (1, 3));
        assert_eq!(counted(&others, Column::Moments, &keys), (0, 5));
        assert_eq!(counted(&others, Column::Any, &keys), (0, 0));
    }

    #[test]
    fn what_was_met_is_told_by_the_collections_name() {
        assert_eq!(Keys::default().warnings("orders"), [""; 0]);
        let keys = Keys {
            column: Column::Numbers,
            ambiguous: 1,
            misfits: 2,
            ..Keys::default()
        };
        let warnings = keys.warnings("orders");
        assert!(warnings[0].starts_with("1 document of “orders” has a text"));
        assert!(warnings[1].starts_with("2 documents of “orders” have a key"));
        assert!(warnings[1].contains("which takes numbers:"), "{warnings:?}");
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
                Column::Moments,
            ),
            (json!({"type": "number"}), Column::Numbers),
            (json!({"type": "integer"}), Column::Numbers),
            (json!({"type": "boolean"}), Column::Booleans),
            (json!({"type": "object"}), Column::Any),
            (json!({"type": ["string", "number"]}), Column::Any),
            (json!({}), Column::Any),
        ] {
            assert_eq!(Column::of(&schema), column, "{schema}");
        }
    }
}
