//! `RemoveFields`: what the paths point at goes, where the condition agrees. The Python runtime asks the condition about each
//! value that holds no others, wherever it is, and forgets the paths; here both have to agree.

use std::cell::RefCell;

use serde_json::{Map, Value};

use super::super::touch::Touch;
use super::super::{View, path};
use crate::declarative::manifest::Node;
use crate::declarative::text::{Text, plain};
use crate::fault::Fault;

#[derive(Debug)]
pub struct RemoveFields {
    pointers: Vec<Vec<String>>,
    condition: Option<Text>,
}

impl RemoveFields {
    pub fn read(node: &Node<'_>) -> Result<Self, Fault> {
        let pointers = node.list("field_pointers").into_iter().map(|pointer| {
            let parts = pointer.as_array();
            let parts = parts
                .ok_or_else(|| node.wrong("field_pointers", "holds something that is no path"))?;
            Ok(parts.iter().map(plain).collect())
        });
        Ok(Self {
            pointers: pointers.collect::<Result<_, Fault>>()?,
            condition: Text::read(node, "condition")?.filter(|text| !text.source().is_empty()),
        })
    }

    pub fn touch(&self, touch: &mut Touch) -> Option<()> {
        self.pointers
            .iter()
            .try_for_each(|pointer| touch.remove(pointer))
    }

    pub fn apply(&self, record: &mut Map<String, Value>, view: View<'_>) -> Result<(), Fault> {
        let failed: RefCell<Option<Fault>> = RefCell::new(None);
        for pointer in &self.pointers {
            path::delete(record, pointer, &|value| match &self.condition {
                None => false,
                Some(_) if value.is_object() || value.is_array() => true,
                Some(condition) => {
                    let scope = view.scope.child().json("property", value);
                    !condition.truth(&scope).unwrap_or_else(|fault| {
                        failed.replace(Some(fault));
                        false
                    })
                }
            });
        }
        failed.into_inner().map_or(Ok(()), Err)
    }
}
