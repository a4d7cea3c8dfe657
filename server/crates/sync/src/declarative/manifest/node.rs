//! Reading one component of a manifest: typed fields, and faults that say where they stand.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::parameters::PARAMETERS;
use crate::fault::Fault;

/// A component and its place in the manifest.
#[derive(Debug, Clone)]
pub struct Node<'m> {
    fields: &'m Map<String, Value>,
    place: String,
}

impl<'m> Node<'m> {
    /// Fails when the value is no object.
    pub fn new(value: &'m Value, place: impl Into<String>) -> Result<Self, Fault> {
        let place = place.into();
        match value {
            Value::Object(fields) => Ok(Self { fields, place }),
            _ => Err(Fault::config(format!(
                "The manifest's {place} is not a component but {}.",
                kind_of(value)
            ))),
        }
    }

    /// The component's type; empty when it names none.
    pub fn kind(&self) -> &'m str {
        self.fields
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Where the component stands: `streams[2].retriever`.
    pub fn place(&self) -> &str {
        &self.place
    }

    pub fn fields(&self) -> &'m Map<String, Value> {
        self.fields
    }

    /// A field that is there and not null.
    pub fn get(&self, name: &str) -> Option<&'m Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    pub fn need(&self, name: &str) -> Result<&'m Value, Fault> {
        self.get(name).ok_or_else(|| self.wrong(name, "is missing"))
    }

    pub fn child(&self, name: &str) -> Result<Option<Node<'m>>, Fault> {
        self.get(name)
            .map(|value| Node::new(value, self.at(name)))
            .transpose()
    }

    pub fn need_child(&self, name: &str) -> Result<Node<'m>, Fault> {
        Node::new(self.need(name)?, self.at(name))
    }

    /// The components of a list; one component alone counts as a list of one.
    pub fn children(&self, name: &str) -> Result<Vec<Node<'m>>, Fault> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .iter()
                .enumerate()
                .map(|(at, item)| Node::new(item, format!("{}[{at}]", self.at(name))))
                .collect(),
            Some(value) => Ok(vec![Node::new(value, self.at(name))?]),
        }
    }

    /// A text that is no template.
    pub fn str(&self, name: &str) -> Result<Option<&'m str>, Fault> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, "is not a text")),
        }
    }

    pub fn need_str(&self, name: &str) -> Result<&'m str, Fault> {
        self.str(name)?
            .ok_or_else(|| self.wrong(name, "is missing"))
    }

    pub fn flag(&self, name: &str) -> Result<Option<bool>, Fault> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(Value::String(text)) => match text.to_lowercase().as_str() {
                "yes" | "on" => Ok(Some(true)),
                "no" | "off" => Ok(Some(false)),
                _ => Err(self.wrong(name, "is neither true nor false")),
            },
            Some(_) => Err(self.wrong(name, "is neither true nor false")),
        }
    }

    /// A flag that is false when left out.
    pub fn is(&self, name: &str) -> Result<bool, Fault> {
        Ok(self.flag(name)?.unwrap_or(false))
    }

    pub fn number(&self, name: &str) -> Result<Option<f64>, Fault> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => value
                .as_f64()
                .map(Some)
                .ok_or_else(|| self.wrong(name, "is not a number")),
        }
    }

    pub fn count(&self, name: &str) -> Result<Option<u64>, Fault> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => value
                .as_u64()
                .map(Some)
                .ok_or_else(|| self.wrong(name, "is not a whole number")),
        }
    }

    /// A list of values; a value alone counts as a list of one.
    pub fn list(&self, name: &str) -> Vec<&'m Value> {
        match self.get(name) {
            None => Vec::new(),
            Some(Value::Array(items)) => items.iter().collect(),
            Some(value) => vec![value],
        }
    }

    /// A list of texts that are no templates.
    pub fn strs(&self, name: &str) -> Result<Vec<String>, Fault> {
        self.list(name)
            .into_iter()
            .map(|value| {
                let text = value.as_str().map(str::to_owned);
                text.ok_or_else(|| self.wrong(name, "holds something that is not a text"))
            })
            .collect()
    }

    /// What the component was handed down.
    pub fn parameters(&self) -> Arc<Value> {
        Arc::new(match self.fields.get(PARAMETERS) {
            Some(value @ Value::Object(_)) => value.clone(),
            _ => Value::Object(Map::new()),
        })
    }

    /// A fault about one field.
    pub fn wrong(&self, name: &str, what: &str) -> Fault {
        Fault::config(format!("The manifest's {} {what}.", self.at(name)))
    }

    /// A fault about the component.
    pub fn broken(&self, what: &str) -> Fault {
        Fault::config(format!("The manifest's {}: {what}", self.place))
    }

    /// This type is not known here, or not known in this place.
    pub fn unknown(&self) -> Fault {
        Fault::unsupported(format!(
            "The manifest's {} is of the type “{}”, which this runtime does not know there.",
            self.place,
            self.kind()
        ))
    }

    fn at(&self, name: &str) -> String {
        if self.place.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.place)
        }
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
