//! `AddFields`: values from templates, put at a path.

use serde_json::{Map, Value};

use super::super::touch::Touch;
use super::super::{View, path};
use crate::declarative::manifest::Node;
use crate::declarative::template::{Binding, Types};
use crate::declarative::text::{Text, plain};
use crate::fault::Fault;

#[derive(Debug)]
pub struct AddFields {
    fields: Vec<Added>,
    condition: Option<Text>,
}

#[derive(Debug)]
struct Added {
    path: Vec<String>,
    path_value: Value,
    value: Text,
    kind: Types,
}

impl AddFields {
    pub fn read(node: &Node<'_>) -> Result<Self, Fault> {
        let fields = node.children("fields")?;
        Ok(Self {
            fields: fields.iter().map(Added::read).collect::<Result<_, _>>()?,
            condition: Text::read(node, "condition")?.filter(|text| !text.source().is_empty()),
        })
    }

    pub fn touch(&self, touch: &mut Touch) -> Option<()> {
        for added in &self.fields {
            touch.read(&added.value)?;
            touch.change(&added.path);
        }
        match &self.condition {
            Some(condition) => touch.read(condition),
            None => Some(()),
        }
    }

    pub fn apply(&self, record: &mut Map<String, Value>, view: View<'_>) -> Result<(), Fault> {
        for added in &self.fields {
            let scope = view.scope.child().with("record", Binding::Object(record));
            let value = added.value.typed(&scope, added.kind)?;
            if let Some(condition) = &self.condition {
                let scope = scope
                    .child()
                    .json("value", &value)
                    .json("path", &added.path_value);
                if !condition.truth(&scope)? {
                    continue;
                }
            }
            if !path::set(record, &added.path, value) {
                return Err(Fault::data(format!(
                    "A field cannot be added at “{}”: the record holds something else on the way there.",
                    added.path.join(".")
                )));
            }
        }
        Ok(())
    }
}

impl Added {
    fn read(node: &Node<'_>) -> Result<Self, Fault> {
        let parts = node.list("path");
        if parts.is_empty() {
            return Err(node.wrong("path", "is empty"));
        }
        Ok(Self {
            path: parts.iter().map(|part| plain(part)).collect(),
            path_value: parts.into_iter().cloned().collect(),
            value: Text::need(node, "value")?,
            kind: match node.str("value_type")? {
                None => Types::ANY,
                Some("string") => Types::STR,
                Some("number") => Types::FLOAT,
                Some("integer") => Types::INT,
                Some("boolean") => Types::BOOL,
                Some(_) => return Err(node.wrong("value_type", "is not known")),
            },
        })
    }
}
