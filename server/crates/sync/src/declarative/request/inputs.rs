//! Fields of a request written as templates.

use serde_json::{Map, Value};

use super::merge::Options;
use crate::declarative::manifest::Node;
use crate::declarative::template::{Scope, Types};
use crate::declarative::text::Text;
use crate::fault::Fault;

/// An object of templates, or one template that makes an object or a text.
#[derive(Debug)]
pub enum Inputs {
    None,
    Text(Text),
    Fields(Vec<(Text, Input)>),
}

#[derive(Debug)]
pub enum Input {
    Text(Text),
    Value(Value),
}

impl Inputs {
    pub fn read(node: &Node<'_>, name: &str) -> Result<Self, Fault> {
        match node.get(name) {
            None => Ok(Self::None),
            Some(value) => Self::of(node, name, value),
        }
    }

    pub fn of(node: &Node<'_>, name: &str, value: &Value) -> Result<Self, Fault> {
        match value {
            Value::String(text) => Ok(Self::Text(Text::at(node, name, text)?)),
            Value::Object(fields) => fields
                .iter()
                .map(|(key, value)| {
                    let input = match value {
                        Value::String(text) => Input::Text(Text::at(node, name, text)?),
                        other => Input::Value(other.clone()),
                    };
                    Ok((Text::at(node, name, key)?, input))
                })
                .collect::<Result<_, Fault>>()
                .map(Self::Fields),
            _ => Err(node.wrong(name, "is neither an object nor a text")),
        }
    }

    /// The fields; null values are left out.
    pub fn fields(&self, scope: &Scope<'_>, types: Types) -> Result<Map<String, Value>, Fault> {
        match self.options(scope, types)? {
            Options::Fields(fields) => Ok(fields),
            // A text that makes no object sets nothing.
            Options::Text(_) => Ok(Map::new()),
        }
    }

    /// The fields or the text.
    pub fn options(&self, scope: &Scope<'_>, types: Types) -> Result<Options, Fault> {
        match self {
            Self::None => Ok(Options::default()),
            Self::Text(text) => Ok(match text.value(scope)? {
                Value::Object(fields) => Options::Fields(without_nulls(fields)),
                other => Options::Text(crate::declarative::text::plain(&other)),
            }),
            Self::Fields(fields) => {
                let mut out = Map::new();
                for (name, input) in fields {
                    let value = match input {
                        Input::Text(text) => text.mapped(scope, types)?,
                        Input::Value(value) => value.clone(),
                    };
                    if !value.is_null() {
                        out.insert(name.mapped_string(scope)?, value);
                    }
                }
                Ok(Options::Fields(out))
            }
        }
    }
}

fn without_nulls(fields: Map<String, Value>) -> Map<String, Value> {
    fields
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect()
}

/// A nested structure of templates: a JSON body.
#[derive(Debug)]
pub enum Nested {
    Value(Value),
    Text(Text),
    List(Vec<Nested>),
    Fields(Vec<(Text, Nested)>),
}

impl Nested {
    pub fn of(node: &Node<'_>, name: &str, value: &Value) -> Result<Self, Fault> {
        Ok(match value {
            Value::String(text) => Self::Text(Text::at(node, name, text)?),
            Value::Array(items) => Self::List(
                items
                    .iter()
                    .map(|item| Self::of(node, name, item))
                    .collect::<Result<_, _>>()?,
            ),
            Value::Object(fields) => Self::Fields(
                fields
                    .iter()
                    .map(|(key, value)| {
                        Ok((Text::at(node, name, key)?, Self::of(node, name, value)?))
                    })
                    .collect::<Result<_, Fault>>()?,
            ),
            other => Self::Value(other.clone()),
        })
    }

    pub fn render(&self, scope: &Scope<'_>) -> Result<Value, Fault> {
        Ok(match self {
            Self::Value(value) => value.clone(),
            Self::Text(text) => text.mapped(scope, Types::ANY)?,
            Self::List(items) => Value::Array(
                items
                    .iter()
                    .map(|item| item.render(scope))
                    .collect::<Result<_, _>>()?,
            ),
            Self::Fields(fields) => {
                let mut out = Map::new();
                for (name, nested) in fields {
                    let value = nested.render(scope)?;
                    if !value.is_null() {
                        out.insert(name.mapped_string(scope)?, value);
                    }
                }
                Value::Object(out)
            }
        })
    }
}
