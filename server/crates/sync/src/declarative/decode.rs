//! From the bytes of an answer to the bodies in it: JSON, JSON lines, CSV, XML, packed or not.
//!
//! A body of JSON stays text, borrowed from the answer, until somebody needs to look inside.

mod alphabet;
mod csv;
mod declared;
mod json;
mod letters;
mod lines;
mod list;
mod markup;
mod nan;
mod packed;
mod pick;
mod xml;

use std::io::{self, Read};

use serde_json::Value;

use super::manifest::Node;
use super::request::{Body, Page};
use crate::fault::Fault;
pub use json::{broken, elements, list_items, members, stream_items};
pub use list::list_at;
pub use nan::tree;
pub use pick::pick;

/// How to read an answer.
#[derive(Debug, Clone)]
pub enum Decoder {
    Json,
    JsonLines,
    /// The elements of one list inside of a document of any size.
    JsonItems(Vec<String>),
    Csv(csv::Dialect),
    Xml,
    /// Each line is a record with one field.
    Lines,
    Gzip(Box<Decoder>),
    Zip(Box<Decoder>),
}

/// A JSON value as text or as a tree.
#[derive(Debug)]
pub enum Item<'a> {
    Raw(&'a str),
    Tree(Value),
}

impl Item<'_> {
    pub fn into_tree(self) -> Result<Value, Fault> {
        match self {
            Item::Raw(text) => serde_json::from_str(text).map_err(|error| json::broken(&error)),
            Item::Tree(value) => Ok(value),
        }
    }
}

/// Takes one item after the other.
pub type Each<'e> = dyn FnMut(Item<'_>) -> Result<(), Fault> + 'e;

/// Where the bytes come from.
pub enum Source<'a> {
    Memory(&'a [u8]),
    Reader(Box<dyn Read + Send + 'a>),
}

/// Bounds on what unpacking may give.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub unpacked: u64,
    pub line: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            unpacked: 16 * 1024 * 1024 * 1024,
            line: 32 * 1024 * 1024,
        }
    }
}

impl Decoder {
    pub fn read(node: &Node<'_>) -> Result<Self, Fault> {
        let inner = || Self::read(&node.need_child("decoder")?).map(Box::new);
        Ok(match node.kind() {
            "JsonDecoder" => Self::Json,
            "JsonlDecoder" => Self::JsonLines,
            "JsonItemsDecoder" => Self::JsonItems(items_path(node)?),
            "CsvDecoder" => Self::Csv(csv::Dialect::read(node)?),
            "XmlDecoder" => Self::Xml,
            "IterableDecoder" => Self::Lines,
            "GzipDecoder" => Self::Gzip(inner()?),
            "ZipfileDecoder" => Self::Zip(inner()?),
            _ => return Err(node.unknown()),
        })
    }

    /// The decoder a component names, JSON for none.
    pub fn of(node: &Node<'_>, name: &str) -> Result<Self, Fault> {
        match node.child(name)? {
            Some(decoder) => Self::read(&decoder),
            None => Ok(Self::Json),
        }
    }

    /// Whether the Python runtime streams it: templates of a paginator then see an empty answer.
    pub const fn is_streamed(&self) -> bool {
        matches!(
            self,
            Self::JsonLines | Self::JsonItems(_) | Self::Csv(_) | Self::Lines | Self::Gzip(_)
        )
    }

    /// Calls `each` for every body in the page.
    pub fn bodies(&self, page: &Page, bounds: Bounds, each: &mut Each<'_>) -> Result<(), Fault> {
        match self {
            Self::Zip(inner) => packed::unzip(inner, page, bounds, each),
            Self::Xml => xml::document(source(page), page.header("content-type"), each),
            _ => self.decode(source(page), bounds, each),
        }
    }

    fn decode(&self, source: Source<'_>, bounds: Bounds, each: &mut Each<'_>) -> Result<(), Fault> {
        match self {
            Self::Json => json::document(source, each),
            Self::JsonItems(path) => match source {
                Source::Memory(bytes) => stream_items(bytes, path, each),
                Source::Reader(reader) => stream_items(reader, path, each),
            },
            Self::JsonLines => lines::json(source, bounds, each),
            Self::Lines => lines::plain(source, bounds, each),
            Self::Csv(dialect) => dialect.decode(source, each),
            // The header is about what it was packed in.
            Self::Xml => xml::document(source, None, each),
            Self::Gzip(inner) => packed::gunzip(inner, source, bounds, each),
            Self::Zip(_) => Err(Fault::unsupported(
                "A ZIP archive inside of another packed answer is not supported.",
            )),
        }
    }
}

fn source(page: &Page) -> Source<'_> {
    match &page.body {
        Body::Memory(bytes) => Source::Memory(bytes),
        Body::File { .. } => Source::Reader(page.reader()),
    }
}

/// Where the items of a document are. They are read from its bytes, so these have to be UTF-8.
fn items_path(node: &Node<'_>) -> Result<Vec<String>, Fault> {
    let encoding = node.str("encoding")?.unwrap_or_default();
    let plain = encoding.to_ascii_lowercase().replace('_', "-");
    if !matches!(plain.as_str(), "" | "utf-8" | "utf8") {
        return Err(Fault::unsupported(format!(
            "The manifest's JsonItemsDecoder expects answers written in “{encoding}”; this runtime reads UTF-8 there, and nothing else."
        )));
    }
    let path = node.need_str("items_path")?.split('.');
    Ok(path.map(str::to_owned).collect())
}

/// What went wrong while reading, in plain words. Whoever sends half an answer may send all of it the next time.
fn fault(error: io::Error) -> Fault {
    let text = error.to_string();
    match error
        .into_inner()
        .map(<dyn std::error::Error + Send + Sync>::downcast::<Fault>)
    {
        Some(Ok(fault)) => *fault,
        _ => Fault::upstream("The answer is damaged or cut off.").with_detail(text),
    }
}

/// Text that is none, as where an answer ends in the middle of a letter.
fn no_text(error: std::str::Utf8Error) -> Fault {
    Fault::upstream("The answer is not UTF-8.").with_detail(error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fault::Kind;

    #[test]
    fn items_are_read_from_utf8_alone() {
        let read = |encoding: &str| {
            let decoder =
                json!({"type": "JsonItemsDecoder", "items_path": "a.b", "encoding": encoding});
            Decoder::read(&Node::new(&decoder, "d").unwrap())
        };
        for encoding in ["utf-8", "UTF8", "utf_8", ""] {
            let decoder = read(encoding).unwrap();
            assert!(matches!(decoder, Decoder::JsonItems(path) if path == ["a", "b"]));
        }
        let fault = read("iso-8859-1").unwrap_err();
        assert_eq!(fault.kind, Kind::Unsupported, "{fault}");
        assert!(fault.message.contains("iso-8859-1"), "{fault}");
    }
}
