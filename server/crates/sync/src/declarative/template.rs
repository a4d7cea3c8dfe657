//! Templates of the low-code language: Jinja's syntax over Python's values, with the results of the Python runtime.
//!
//! A template is compiled once and rendered for every request, page or record: plain text is answered as it is, and a
//! lone `{{ config['x'] }}` without building text. The evaluator is our own, because the results must be Python's: times
//! and spans that can be added, the text of lists and booleans, `5` for a rendered `"5"`, and an answer for every
//! operation that Python refuses. It borrows everything it is given, makes no calls outside, and every rendering has a
//! bounded number of steps and characters.

mod ast;
mod checks;
mod error;
mod escape;
mod eval;
mod filters;
mod format;
mod functions;
mod json_text;
mod lexer;
mod literal;
mod looks;
mod methods;
pub(crate) mod number;
mod parser;
pub(crate) mod pattern;
mod scope;
mod types;
mod value;
mod walk;

#[cfg(test)]
mod tests;

use serde_json::Value;

pub use error::TemplateError;
pub use json_text::python as python_json;
pub use scope::{Binding, Scope, SliceView};
pub use types::Types;

use ast::{Block, Expr, Node};
use eval::Frame;
use literal::{Literal, literal};
use pattern::Patterns;
use value::{Val, json_repr, to_json};

/// A compiled template.
#[derive(Debug)]
pub struct Template {
    source: String,
    kind: Kind,
    /// The blocks that have a name.
    blocks: Vec<Block>,
    /// What it needs from the scope.
    names: Vec<String>,
    /// It mentions the variable that the language no longer has, if only in a comment.
    forbidden: bool,
    patterns: Patterns,
}

#[derive(Debug)]
enum Kind {
    /// No placeholder: the text, and the literal it spells.
    Plain {
        text: String,
        literal: Option<Literal>,
    },
    /// Nothing but one expression.
    Lone(Expr),
    Body(Vec<Node>),
}

/// What came out, before it is read as a literal.
enum Output<'a> {
    Value(Val<'a>),
    Text(String),
    /// It looked inside of something that is not there.
    Missing(TemplateError),
}

impl Template {
    /// Reads a template. What it asks for at run time is not looked at yet.
    pub fn compile(source: &str) -> Result<Self, TemplateError> {
        let forbidden = source.contains("stream_state");
        let parser::Parsed {
            mut nodes,
            blocks,
            mut names,
        } = parser::parse(source)?;
        names.retain(|name| !functions::exists(name));
        let kind = match nodes.as_mut_slice() {
            [] => plain(String::new()),
            [Node::Text(text)] => plain(std::mem::take(text)),
            [Node::Emit(_)] => match nodes.pop() {
                Some(Node::Emit(expr)) => Kind::Lone(expr),
                _ => plain(String::new()),
            },
            _ => Kind::Body(nodes),
        };
        Ok(Self {
            source: source.to_owned(),
            kind,
            blocks,
            names,
            forbidden,
            patterns: Patterns::default(),
        })
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether rendering it depends on anything.
    pub fn is_plain(&self) -> bool {
        matches!(self.kind, Kind::Plain { .. })
    }

    /// Everything it needs from the scope.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Whether it uses this name: what is costly to make need not be made for the others.
    pub fn uses(&self, name: &str) -> bool {
        let aliases = ["stream_interval", "stream_partition"];
        let used = |name: &str| self.names.iter().any(|found| found == name);
        used(name) || (name == "stream_slice" && aliases.into_iter().any(used))
    }

    /// The entries of this mapping that it looks at; nothing when it may look at any, or at all of them.
    pub fn entries_of(&self, name: &str) -> Option<Vec<&str>> {
        match &self.kind {
            Kind::Plain { .. } => Some(Vec::new()),
            Kind::Lone(expr) => looks::of(&[], &[], vec![expr], name),
            Kind::Body(nodes) => looks::of(nodes, &self.blocks, Vec::new(), name),
        }
    }

    /// The value, as `InterpolatedString` gives it: text that spells a Python literal is that literal. Nothing is `""`;
    /// looking inside of nothing is an error.
    pub fn render(&self, scope: &Scope<'_>) -> Result<Value, TemplateError> {
        self.render_typed(scope, Types::ANY)
    }

    /// The same, but literals of other types stay text.
    pub fn render_typed(&self, scope: &Scope<'_>, types: Types) -> Result<Value, TemplateError> {
        if let Some(value) = self.constant(types) {
            return value;
        }
        match self.output(scope)? {
            Output::Missing(error) => Err(error),
            output => Ok(output
                .typed(types)
                .unwrap_or_else(|| Value::String(String::new()))),
        }
    }

    /// The value of an entry of a mapping, as `InterpolatedMapping` gives it: nothing, and looking inside of nothing, is
    /// null.
    pub fn render_entry(&self, scope: &Scope<'_>, types: Types) -> Result<Value, TemplateError> {
        if let Some(value) = self.constant(types) {
            return match value? {
                Value::String(text) if text.is_empty() => Ok(Value::Null),
                value => Ok(value),
            };
        }
        Ok(self.output(scope)?.typed(types).unwrap_or(Value::Null))
    }

    /// The value as text: Python's `str` of it, so `"1.10"` is `"1.1"`.
    pub fn render_str(&self, scope: &Scope<'_>) -> Result<String, TemplateError> {
        Ok(match self.render(scope)? {
            Value::String(text) => text,
            value => python_str(&value),
        })
    }

    /// The condition it states, as `InterpolatedBoolean` judges it: nothing, `false`, zero and empty lists are false,
    /// every other value is true.
    pub fn render_bool(&self, scope: &Scope<'_>) -> Result<bool, TemplateError> {
        let rendered = match self.constant(Types::ANY) {
            Some(value) => value?,
            None => self
                .output(scope)?
                .typed(Types::ANY)
                .unwrap_or(Value::Bool(false)),
        };
        Ok(match rendered {
            Value::Null => false,
            Value::Bool(value) => value,
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::String(text) => !matches!(text.as_str(), "" | "false" | "set()"),
            Value::Array(items) => !items.is_empty(),
            Value::Object(map) => !map.is_empty(),
        })
    }

    /// The answer of a template without placeholders.
    fn constant(&self, types: Types) -> Option<Result<Value, TemplateError>> {
        let Kind::Plain { text, literal } = &self.kind else {
            return None;
        };
        if self.forbidden {
            return Some(Err(TemplateError::StreamState));
        }
        let literal = literal
            .as_ref()
            .filter(|found| types.allow(&found.value, found.tuple));
        let value = literal.map(|found| found.value.clone());
        Some(Ok(value.unwrap_or_else(|| Value::String(text.clone()))))
    }

    fn output<'a>(&'a self, scope: &'a Scope<'a>) -> Result<Output<'a>, TemplateError> {
        if self.forbidden {
            return Err(TemplateError::StreamState);
        }
        if let Some(name) = self.names.iter().find(|name| scope.find(name).is_none()) {
            return Err(TemplateError::Undeclared(name.clone()));
        }
        let mut frame = Frame::new(scope, &self.patterns, &self.blocks);
        let result = match &self.kind {
            Kind::Plain { text, .. } => Ok(Output::Text(text.clone())),
            Kind::Lone(expr) => frame.eval(expr).map(Output::Value),
            Kind::Body(nodes) => {
                let mut out = String::new();
                frame.run(nodes, &mut out).map(|()| Output::Text(out))
            }
        };
        match result {
            Err(error @ TemplateError::Undefined(_)) => Ok(Output::Missing(error)),
            Err(TemplateError::Type(_)) => Ok(Output::Text(self.source.clone())),
            other => other,
        }
    }
}

fn plain(text: String) -> Kind {
    let literal = literal(&text);
    Kind::Plain { text, literal }
}

impl Output<'_> {
    /// The value, unless there is none.
    fn typed(self, types: Types) -> Option<Value> {
        let text = match self {
            Self::Missing(_) | Self::Value(Val::Undefined(_)) => return None,
            Self::Text(text) => text,
            Self::Value(Val::Text(text)) => text.into_owned(),
            Self::Value(value) => {
                let tuple = matches!(value, Val::Tuple(_));
                let json = to_json(&value).filter(|json| types.allow(json, tuple));
                return Some(json.unwrap_or_else(|| Value::String(value::text(&value))));
            }
        };
        if text.is_empty() {
            return None;
        }
        let literal = literal(&text).filter(|found| types.allow(&found.value, found.tuple));
        Some(literal.map_or(Value::String(text), |found| found.value))
    }
}

/// `str(value)` of Python: what a value looks like in a path, a header or a query.
pub fn python_str(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => {
            let mut out = String::new();
            json_repr(other, &mut out);
            out
        }
    }
}
