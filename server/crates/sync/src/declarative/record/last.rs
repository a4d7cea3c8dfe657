//! The last record of a page, for pagers that go on behind it. Only that one is ever made a tree of.

use serde_json::{Map, Value};

use super::Record;
use crate::declarative::decode;
use crate::fault::Fault;

#[derive(Debug, Default)]
pub struct Last {
    text: String,
    tree: Option<Map<String, Value>>,
}

impl Last {
    /// Forgets the one before.
    pub fn keep(&mut self, record: &Record<'_>) {
        self.text.clear();
        self.tree = None;
        match record {
            Record::Raw(text) => self.text.push_str(text),
            Record::Tree(fields) => self.tree = Some((*fields).clone()),
        }
    }

    /// Nothing when there was none.
    pub fn into_value(self) -> Result<Option<Value>, Fault> {
        match self.tree {
            Some(fields) => Ok(Some(Value::Object(fields))),
            None if self.text.is_empty() => Ok(None),
            None => serde_json::from_str(&self.text)
                .map(Some)
                .map_err(|error| decode::broken(&error)),
        }
    }
}
