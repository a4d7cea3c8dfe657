//! YAML as a tree that knows where each part stands, read as Python's loader reads it, with bounds: strangers write it.

mod reader;
mod scalar;

use std::fmt;

use serde_json::Value;

/// The largest manifest known is below 1 MiB.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Where something stands, counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// Which text, where several are read together: the first is 0.
    pub text: usize,
    pub line: usize,
    pub column: usize,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A value and where it begins.
#[derive(Debug, Clone)]
pub struct Marked {
    pub at: Mark,
    pub node: Node,
}

#[derive(Debug, Clone)]
pub enum Node {
    /// A text, number, flag or null.
    Scalar(Value),
    List(Vec<Marked>),
    Map(Fields),
}

/// The fields of a mapping, in their order.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    pub entries: Vec<Entry>,
    /// Keys that stand there again. The last value counts, as in Python.
    pub repeated: Vec<(String, Mark)>,
}

#[derive(Debug, Clone)]
pub struct Entry {
    pub key: String,
    pub at: Mark,
    pub value: Marked,
}

/// Why a text is no YAML that is read here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    pub at: Mark,
    pub why: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.why)
    }
}

/// Reads one document. JSON is YAML, too.
pub fn parse(text: &str) -> Result<Marked, Broken> {
    reader::read(text)
}

impl Fields {
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    fn in_text(mut self, text: usize) -> Self {
        for (_, at) in &mut self.repeated {
            at.text = text;
        }
        let entries = self.entries.into_iter().map(|mut entry| {
            entry.at.text = text;
            entry.value = entry.value.in_text(text);
            entry
        });
        self.entries = entries.collect();
        self
    }
}

impl Marked {
    /// The same, known to stand in another text than the first.
    pub fn in_text(mut self, text: usize) -> Self {
        self.at.text = text;
        self.node = match self.node {
            Node::Scalar(value) => Node::Scalar(value),
            Node::List(items) => {
                Node::List(items.into_iter().map(|item| item.in_text(text)).collect())
            }
            Node::Map(fields) => Node::Map(fields.in_text(text)),
        };
        self
    }

    /// The value alone.
    pub fn into_value(self) -> Value {
        match self.node {
            Node::Scalar(value) => value,
            Node::List(items) => items.into_iter().map(Self::into_value).collect(),
            Node::Map(fields) => fields
                .entries
                .into_iter()
                .map(|entry| (entry.key, entry.value.into_value()))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests;
