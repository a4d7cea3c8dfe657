//! Changing a record on its way.

mod add;
mod flatten;
mod keys;
mod remove;

use serde_json::{Map, Value};

use super::View;
use super::touch::Touch;
use crate::declarative::env::Env;
use crate::declarative::manifest::Node;
use crate::fault::Fault;
pub use add::AddFields;
use flatten::DpathFlatten;
use keys::KeysReplace;
pub use remove::RemoveFields;

/// One transformation of a stream.
#[derive(Debug)]
pub enum Transformation {
    Add(AddFields),
    Remove(RemoveFields),
    KeysToLower,
    KeysToSnakeCase,
    KeysReplace(KeysReplace),
    Flatten { lists: bool },
    DpathFlatten(DpathFlatten),
}

impl Transformation {
    pub fn read(node: &Node<'_>, env: &Env) -> Result<Self, Fault> {
        Ok(match node.kind() {
            "AddFields" => Self::Add(AddFields::read(node)?),
            "RemoveFields" => Self::Remove(RemoveFields::read(node)?),
            "KeysToLower" => Self::KeysToLower,
            "KeysToSnakeCase" => Self::KeysToSnakeCase,
            "KeysReplace" => Self::KeysReplace(KeysReplace::read(node)?),
            "FlattenFields" => Self::Flatten {
                lists: node.flag("flatten_lists")?.unwrap_or(true),
            },
            "DpathFlattenFields" => Self::DpathFlatten(DpathFlatten::read(node, env)?),
            _ => return Err(node.unknown()),
        })
    }

    /// All transformations of a field of the manifest.
    pub fn list(node: &Node<'_>, name: &str, env: &Env) -> Result<Vec<Self>, Fault> {
        node.children(name)?
            .iter()
            .map(|child| Self::read(child, env))
            .collect()
    }

    /// Takes note of the fields it has to do with; nothing when it needs all of them.
    pub fn touch(&self, touch: &mut Touch) -> Option<()> {
        match self {
            Self::Add(add) => add.touch(touch),
            Self::Remove(remove) => remove.touch(touch),
            Self::KeysToLower
            | Self::KeysToSnakeCase
            | Self::KeysReplace(_)
            | Self::Flatten { .. }
            | Self::DpathFlatten(_) => None,
        }
    }

    pub fn apply(&self, record: &mut Map<String, Value>, view: View<'_>) -> Result<(), Fault> {
        match self {
            Self::Add(add) => add.apply(record, view),
            Self::Remove(remove) => remove.apply(record, view),
            Self::KeysToLower => {
                keys::to_lower(record);
                Ok(())
            }
            Self::KeysToSnakeCase => {
                keys::to_snake(record);
                Ok(())
            }
            Self::KeysReplace(replace) => replace.apply(record, view),
            Self::Flatten { lists } => {
                flatten::flatten(record, *lists);
                Ok(())
            }
            Self::DpathFlatten(flatten) => flatten.apply(record),
        }
    }
}
