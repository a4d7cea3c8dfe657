//! `SubstreamPartitionRouter`: one partition for each record of parent streams.

use serde_json::{Map, Value};

use super::{Parent, ParentRecord};
use crate::declarative::manifest::Node;
use crate::declarative::record::path;
use crate::declarative::slice::Slice;
use crate::declarative::template::Scope;
use crate::declarative::text::Text;
use crate::fault::Fault;

#[derive(Debug)]
pub struct Substream<P> {
    parents: Vec<Source<P>>,
    at: usize,
}

/// One parent, and what of its records makes a partition.
#[derive(Debug)]
pub struct Source<P> {
    pub parent: P,
    keys: Keys,
}

/// `ParentStreamConfig` without its stream.
#[derive(Debug)]
pub struct Keys {
    parent_key: Vec<String>,
    partition_field: String,
    extra_fields: Vec<Vec<String>>,
    lazy_pointer: Option<Vec<String>>,
    incremental: bool,
}

impl Keys {
    pub fn read(node: &Node<'_>, config: &Value) -> Result<Self, Fault> {
        let scope = Scope::new().json("config", config);
        let mut extra_fields = Vec::new();
        for field in node.list("extra_fields") {
            let Value::Array(parts) = field else {
                return Err(node.wrong("extra_fields", "is not a list of paths"));
            };
            extra_fields.push(texts(node, "extra_fields", parts.iter(), &scope)?);
        }
        let pointer = node.list("lazy_read_pointer");
        let lazy_pointer = texts(node, "lazy_read_pointer", pointer.into_iter(), &scope)?;
        let key = Text::need(node, "parent_key")?.string(&scope)?;
        Ok(Self {
            parent_key: key
                .split('/')
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect(),
            partition_field: Text::need(node, "partition_field")?.string(&scope)?,
            extra_fields,
            lazy_pointer: (!lazy_pointer.is_empty()).then_some(lazy_pointer),
            incremental: node.is("incremental_dependency")?,
        })
    }

    /// The partition of a record; `None` when the record has no key.
    fn partition(&self, parent: ParentRecord) -> Option<Slice> {
        let key = path::get(&parent.record, &self.parent_key).filter(|key| !key.is_null())?;
        let mut slice = Slice::whole();
        slice
            .partition
            .insert(self.partition_field.clone(), key.clone());
        if let Some(pointer) = &self.lazy_pointer {
            let response = path::get(&parent.record, pointer).cloned();
            let response = response.unwrap_or_else(|| Value::Array(Vec::new()));
            slice.extra.insert("child_response".to_owned(), response);
        }
        for field in &self.extra_fields {
            let value = path::get(&parent.record, field)
                .cloned()
                .unwrap_or_default();
            slice.extra.insert(field.join("."), value);
        }
        slice
            .partition
            .insert("parent_slice".to_owned(), Value::Object(parent.partition));
        Some(slice)
    }
}

fn texts<'v>(
    node: &Node<'_>,
    name: &str,
    parts: impl Iterator<Item = &'v Value>,
    scope: &Scope<'_>,
) -> Result<Vec<String>, Fault> {
    parts
        .map(|part| Text::of(node, name, part)?.string(scope))
        .collect()
}

impl<P: Parent> Substream<P> {
    pub fn new(parents: Vec<Source<P>>) -> Self {
        Self { parents, at: 0 }
    }

    pub async fn next(&mut self) -> Result<Option<Slice>, Fault> {
        while let Some(source) = self.parents.get_mut(self.at) {
            match source.parent.next().await? {
                Some(record) => {
                    if let Some(slice) = source.keys.partition(record) {
                        return Ok(Some(slice));
                    }
                }
                None => self.at += 1,
            }
        }
        Ok(None)
    }

    /// The states of the parents that are read incrementally, by name.
    pub fn state(&self) -> Value {
        let kept = self.parents.iter().filter(|source| source.keys.incremental);
        let states = kept.map(|source| (source.parent.name().to_owned(), source.parent.state()));
        Value::Object(states.collect::<Map<_, _>>())
    }
}

impl<P> Source<P> {
    pub fn new(parent: P, keys: Keys) -> Self {
        Self { parent, keys }
    }
}
