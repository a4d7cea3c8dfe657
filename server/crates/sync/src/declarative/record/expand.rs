//! `RecordExpander`: one record for each element of a list inside a record.

use serde_json::{Map, Value};

use super::path;
use crate::declarative::decode::{Each, Item};
use crate::declarative::env::Env;
use crate::declarative::manifest::Node;
use crate::declarative::text::Text;
use crate::fault::Fault;

#[derive(Debug, Clone)]
pub struct Expander {
    path: Vec<String>,
    keep_original: bool,
    merge_parent: bool,
    emit_parent: bool,
    parent_fields: Vec<(Vec<String>, Vec<String>)>,
}

impl Expander {
    pub fn read(node: &Node<'_>, env: &Env) -> Result<Self, Fault> {
        if node.kind() != "RecordExpander" {
            return Err(node.unknown());
        }
        if node.get("truncated_list_retriever").is_some() {
            return Err(Fault::unsupported(
                "A RecordExpander with a retriever for truncated lists is not supported here.",
            ));
        }
        let mut parent_fields = Vec::new();
        for field in node.children("parent_fields")? {
            parent_fields.push((
                some_texts(&field, "parent_path", env)?,
                some_texts(&field, "record_path", env)?,
            ));
        }
        Ok(Self {
            path: texts(node, "expand_records_from_field", env)?,
            keep_original: node.is("remain_original_record")?,
            merge_parent: node.is("merge_parent")?,
            emit_parent: node.str("on_no_records")? == Some("emit_parent"),
            parent_fields,
        })
    }

    pub fn expand(&self, parent: Value, each: &mut Each<'_>) -> Result<(), Fault> {
        let Value::Object(fields) = &parent else {
            return each(Item::Tree(parent));
        };
        if self.path.is_empty() {
            return each(Item::Tree(parent));
        }
        let base = self.merge_parent.then(|| {
            let mut base = fields.clone();
            remove_lists(&mut base, &self.path);
            base
        });
        let mut count = 0;
        for list in path::all(&parent, &self.path) {
            for item in list.as_array().into_iter().flatten() {
                count += 1;
                each(Item::Tree(self.child(item, &parent, base.as_ref())?))?;
            }
        }
        if count == 0 && self.emit_parent {
            return each(Item::Tree(parent));
        }
        Ok(())
    }

    fn child(
        &self,
        item: &Value,
        parent: &Value,
        base: Option<&Map<String, Value>>,
    ) -> Result<Value, Fault> {
        let carries = self.keep_original || base.is_some() || !self.parent_fields.is_empty();
        let own = match item {
            Value::Object(fields) => fields.clone(),
            other if carries => Map::from_iter([("value".to_owned(), other.clone())]),
            other => return Ok(other.clone()),
        };
        let mut child = base.cloned().unwrap_or_default();
        child.extend(own);
        for (from, to) in &self.parent_fields {
            let value = path::get(parent, from).cloned().unwrap_or_default();
            if !path::set(&mut child, to, value) {
                return Err(Fault::config(format!(
                    "The parent's field cannot be written to “{}”: the expanded item holds something else there.",
                    to.join(".")
                )));
            }
        }
        if self.keep_original {
            child.insert("original_record".to_owned(), parent.clone());
        }
        Ok(Value::Object(child))
    }
}

/// Takes the lists at the path off; what is no list stays.
fn remove_lists(fields: &mut Map<String, Value>, path: &[String]) {
    path::delete(fields, path, &|value| !value.is_array());
}

fn texts(node: &Node<'_>, name: &str, env: &Env) -> Result<Vec<String>, Fault> {
    let scope = env.scope(&Value::Null);
    Text::list(node, name)?
        .iter()
        .map(|text| text.string(&scope))
        .collect()
}

/// The same where nothing is no path.
fn some_texts(node: &Node<'_>, name: &str, env: &Env) -> Result<Vec<String>, Fault> {
    let texts = texts(node, name, env)?;
    if texts.is_empty() {
        return Err(node.wrong(name, "is missing"));
    }
    Ok(texts)
}
