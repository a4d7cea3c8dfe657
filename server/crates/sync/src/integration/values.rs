//! Values that are passed on as they stand, secrets filled in: headers, parameters, bodies.

use serde_json::{Map, Value};

use super::secrets;
use super::section::{Secrets, Section};
use crate::yaml::{Marked, Node};

/// Keys that mean something of their own wherever they stand in a low-code manifest: a part that stands elsewhere, and values
/// that are handed down. Other names with a dollar are names like any: OData asks with `$filter` and `$select`.
const KEYWORDS: [&str; 2] = ["$ref", "$parameters"];

/// What is said of such a key.
pub(super) const KEYWORD: &str = "has a name that means something else in low-code manifests";

/// What is said of a name that no header can have.
const NO_HEADER: &str = "is no name of a header: write it in letters, digits and -, without spaces and colons, such as X-Api-Key";

pub(super) fn is_keyword(key: &str) -> bool {
    KEYWORDS.contains(&key)
}

/// A mapping of texts, such as parameters.
pub(super) fn texts(section: &Section<'_>, name: &str) -> Map<String, Value> {
    let mut texts = Map::new();
    for entry in section.entries(name) {
        let place = format!("{name}.{}", entry.key);
        if let Some(text) = value(section, &place, &entry.key, &entry.value, Shape::Text) {
            texts.insert(entry.key.clone(), text);
        }
    }
    texts
}

/// The name of a header, as HTTP has them.
pub(super) fn header_name(section: &Section<'_>, name: &str) -> Option<String> {
    let header = section.word(name)?;
    if let Some(value) = section.get(name)
        && !is_header(&header)
    {
        section.meaningless(value.at, name, NO_HEADER);
    }
    Some(header)
}

/// A mapping of headers.
pub(super) fn headers(section: &Section<'_>, name: &str) -> Map<String, Value> {
    for entry in section.entries(name) {
        // What speaks of a secret is refused with the rest of the mapping.
        let is_plain = secrets::names(&entry.key) == Ok(Vec::new());
        if is_plain && !is_header(&entry.key) {
            let place = format!("{name}.{}", entry.key);
            section.meaningless(entry.at, &place, NO_HEADER);
        }
    }
    texts(section, name)
}

fn is_header(name: &str) -> bool {
    http::HeaderName::from_bytes(name.as_bytes()).is_ok()
}

/// A mapping of anything, such as the body of a request.
pub(super) fn nested(section: &Section<'_>, name: &str) -> Option<Value> {
    section.get(name)?;
    let mut fields = Map::new();
    for entry in section.entries(name) {
        let place = format!("{name}.{}", entry.key);
        if let Some(inner) = value(section, &place, &entry.key, &entry.value, Shape::Any) {
            fields.insert(entry.key.clone(), inner);
        }
    }
    Some(Value::Object(fields))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Text,
    Any,
}

/// `key` is the field it belongs to: its name may say that a secret is expected.
fn value(
    section: &Section<'_>,
    place: &str,
    key: &str,
    marked: &Marked,
    shape: Shape,
) -> Option<Value> {
    if is_keyword(key) || secrets::names(key) != Ok(Vec::new()) {
        section.problem(marked.at, place, KEYWORD);
        return None;
    }
    let inner = |end: &str, key: &str, item: &Marked| {
        value(section, &format!("{place}{end}"), key, item, shape)
    };
    match &marked.node {
        Node::List(items) if shape == Shape::Any => (0..)
            .zip(items)
            .map(|(at, item): (usize, _)| inner(&format!("[{at}]"), key, item))
            .collect(),
        Node::Map(fields) if shape == Shape::Any => {
            let fields = fields.entries.iter();
            fields
                .map(|field| {
                    let value = inner(&format!(".{}", field.key), &field.key, &field.value)?;
                    Some((field.key.clone(), value))
                })
                .collect::<Option<Map<_, _>>>()
                .map(Value::Object)
        }
        Node::Scalar(value) if shape == Shape::Any && !value.is_string() => Some(value.clone()),
        _ => {
            let text = section.text_at(marked, place, Secrets::Welcome)?;
            let spoken = secrets::names(&text).is_ok_and(|names| !names.is_empty());
            if secrets::is_secret_field(key) && !spoken {
                let why = "is named like a secret and is none: write ${secrets.name}, or say it in authentication";
                section.problem(marked.at, place, why);
            }
            Some(Value::from(text))
        }
    }
}

/// The same with every text as a low-code manifest writes it.
pub(super) fn templated(value: &Value) -> Value {
    written(value, secrets::templated)
}

/// The same with every text written in another way.
pub(super) fn written(value: &Value, way: fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::from(way(text)),
        Value::Array(items) => items.iter().map(|item| written(item, way)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), written(value, way)))
            .collect(),
        other => other.clone(),
    }
}
