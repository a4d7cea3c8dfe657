//! `ListPartitionRouter`: one partition for each value of a list.

use std::collections::VecDeque;

use serde_json::{Map, Value};

use crate::declarative::manifest::Node;
use crate::declarative::slice::Slice;
use crate::declarative::template::{Scope, python_str};
use crate::declarative::text::Text;
use crate::fault::Fault;

#[derive(Debug)]
pub struct List {
    field: String,
    values: VecDeque<Value>,
}

impl List {
    pub fn read(node: &Node<'_>, config: &Value) -> Result<Self, Fault> {
        let scope = Scope::new().json("config", config);
        let values = match node.need("values")? {
            // values written in the manifest are texts, whatever they look like
            Value::Array(values) => values
                .iter()
                .map(|value| python_str(value).into())
                .collect(),
            template => match Text::of(node, "values", template)?.value(&scope)? {
                Value::Array(values) => values,
                // Python walks through the letters of a text
                Value::String(text) => text.chars().map(|c| Value::from(c.to_string())).collect(),
                Value::Object(map) => map.into_iter().map(|(name, _)| name.into()).collect(),
                _ => return Err(node.wrong("values", "is not a list")),
            },
        };
        Ok(Self {
            field: Text::need(node, "cursor_field")?.string(&scope)?,
            values: values.into(),
        })
    }

    pub fn next(&mut self) -> Option<Slice> {
        let value = self.values.pop_front()?;
        let mut partition = Map::new();
        partition.insert(self.field.clone(), value);
        Some(Slice::of_partition(partition))
    }
}
