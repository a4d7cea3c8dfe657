//! Values inside of a template: JSON is borrowed, everything else is made on the way.

mod compare;
mod json;
mod special;
mod text;

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Map, Number, Value};

use super::error::TemplateError;
use super::scope::SliceView;
use crate::declarative::datetime::{Moment, Span};

pub use compare::{compare, equal};
pub use json::{int as int_json, to_json};
pub use special::{Loop, Part, Special};
pub use text::{hex_text, json_repr, repr, text};

/// Marks what the sandbox hides: nothing to look at, an error to use.
pub const UNSAFE: &str = "unsafe attribute ";

/// Pairs in the order they were added, as Python's dict keeps them.
pub type Pairs<'a> = Vec<(Val<'a>, Val<'a>)>;

/// A value. The kinds are Python's, since templates can tell them apart.
#[derive(Clone)]
pub enum Val<'a> {
    /// Nothing there; says what was looked for.
    Undefined(Rc<str>),
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(Cow<'a, str>),
    Bytes(Rc<[u8]>),
    /// A JSON array of the surroundings.
    Array(&'a [Value]),
    /// A JSON object of the surroundings.
    Object(&'a Map<String, Value>),
    /// Headers of a response: names in any case.
    Headers(&'a Map<String, Value>),
    Slice(SliceView<'a>),
    List(Rc<RefCell<Vec<Val<'a>>>>),
    Tuple(Rc<[Val<'a>]>),
    Dict(Rc<RefCell<Pairs<'a>>>),
    Namespace(Rc<RefCell<Pairs<'a>>>),
    Time(Moment),
    Date(time::Date),
    Span(Span),
    /// A method, bound to its object.
    Method(Rc<(Val<'a>, &'a str)>),
    /// A function of the language, by name.
    Function(&'a str),
    /// What only Jinja has.
    Special(Rc<Special<'a>>),
}

impl<'a> Val<'a> {
    pub fn undefined(what: impl Into<Rc<str>>) -> Self {
        Self::Undefined(what.into())
    }

    pub fn owned(text: impl Into<String>) -> Self {
        Self::Text(Cow::Owned(text.into()))
    }

    pub fn list(items: Vec<Val<'a>>) -> Self {
        Self::List(Rc::new(RefCell::new(items)))
    }

    pub fn dict(pairs: Pairs<'a>) -> Self {
        Self::Dict(Rc::new(RefCell::new(pairs)))
    }

    pub fn tuple(items: impl Into<Rc<[Val<'a>]>>) -> Self {
        Self::Tuple(items.into())
    }

    pub fn from_usize(value: usize) -> Self {
        Self::Int(i128::try_from(value).unwrap_or(i128::MAX))
    }

    pub fn from_json(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::None,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::from_number(number),
            Value::String(text) => Self::Text(Cow::Borrowed(text)),
            Value::Array(items) => Self::Array(items),
            Value::Object(map) => Self::Object(map),
        }
    }

    fn from_number(number: &Number) -> Self {
        if let Some(value) = number.as_i64() {
            return Self::Int(value.into());
        }
        match number.as_u64() {
            Some(value) => Self::Int(value.into()),
            None => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
        }
    }

    /// The name of the kind, as Python's messages have it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Undefined(_) => "Undefined",
            Self::None => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Text(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::Array(_) | Self::List(_) => "list",
            Self::Object(_) | Self::Dict(_) => "dict",
            Self::Headers(_) => "CaseInsensitiveDict",
            Self::Slice(_) => "StreamSlice",
            Self::Tuple(_) => "tuple",
            Self::Namespace(_) => "Namespace",
            Self::Time(_) => "datetime.datetime",
            Self::Date(_) => "datetime.date",
            Self::Span(Span::Exact(_)) => "datetime.timedelta",
            Self::Span(Span::Calendar { .. }) => "Duration",
            Self::Method(_) => "builtin_function_or_method",
            Self::Function(_) => "function",
            Self::Special(special) => special.kind(),
        }
    }

    /// Whether it counts as true.
    pub fn truth(&self) -> bool {
        match self {
            Self::Undefined(_) | Self::None => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Bytes(bytes) => !bytes.is_empty(),
            Self::Slice(slice) => !slice.is_empty(),
            Self::Span(span) => !span.is_zero(),
            other => other.len() != Some(0),
        }
    }

    /// How many items it has, if it has any notion of that.
    pub fn len(&self) -> Option<usize> {
        match self {
            Self::Text(text) => Some(text.chars().count()),
            Self::Bytes(bytes) => Some(bytes.len()),
            Self::Array(items) => Some(items.len()),
            Self::Object(map) | Self::Headers(map) => Some(map.len()),
            Self::Slice(slice) => Some(slice.pairs().count()),
            Self::List(items) => Some(items.borrow().len()),
            Self::Tuple(items) => Some(items.len()),
            Self::Dict(pairs) => Some(pairs.borrow().len()),
            Self::Undefined(_) => Some(0),
            Self::Special(special) => special.len(),
            _ => None,
        }
    }

    /// Its items one by one: keys of a dict, characters of a text.
    pub fn items(&self) -> Result<Vec<Val<'a>>, TemplateError> {
        match self {
            Self::Undefined(_) => Ok(Vec::new()),
            Self::Text(text) => Ok(text.chars().map(|c| Val::owned(c.to_string())).collect()),
            Self::Bytes(bytes) => Ok(bytes.iter().map(|b| Val::Int((*b).into())).collect()),
            Self::Array(items) => Ok(items.iter().map(Val::from_json).collect()),
            Self::List(items) => Ok(items.borrow().clone()),
            Self::Tuple(items) => Ok(items.to_vec()),
            Self::Special(special) => special.items(),
            _ => match self.pairs() {
                Some(pairs) => Ok(pairs.into_iter().map(|(key, _)| key).collect()),
                None => Err(TemplateError::kind(format!(
                    "'{}' object is not iterable",
                    self.kind()
                ))),
            },
        }
    }

    /// The entries, if it is a mapping.
    pub fn pairs(&self) -> Option<Pairs<'a>> {
        match self {
            Self::Object(map) | Self::Headers(map) => Some(json_pairs(map.iter())),
            Self::Slice(slice) => Some(json_pairs(slice.pairs())),
            Self::Dict(pairs) => Some(pairs.borrow().clone()),
            _ => None,
        }
    }

    /// The items, if it is a list or tuple.
    pub fn sequence(&self) -> Option<Vec<Val<'a>>> {
        match self {
            Self::Array(_) | Self::List(_) | Self::Tuple(_) => self.items().ok(),
            _ => None,
        }
    }

    /// The entry with this key, if it is a mapping that has one.
    pub fn entry(&self, key: &Val<'a>) -> Option<Val<'a>> {
        let name = match key {
            Self::Text(name) => Some(name.as_ref()),
            _ => None,
        };
        match self {
            Self::Object(map) => map.get(name?).map(Val::from_json),
            Self::Headers(map) => map
                .iter()
                .find(|(found, _)| name.is_some_and(|name| found.eq_ignore_ascii_case(name)))
                .map(|(_, value)| Val::from_json(value)),
            Self::Slice(slice) => slice.get(name?).map(Val::from_json),
            Self::Dict(pairs) | Self::Namespace(pairs) => pairs
                .borrow()
                .iter()
                .find(|(found, _)| equal(found, key))
                .map(|(_, value)| value.clone()),
            _ => None,
        }
    }

    /// The number it is; booleans count as numbers.
    pub fn as_int(&self) -> Option<i128> {
        match self {
            Self::Bool(value) => Some((*value).into()),
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    pub fn as_float(&self) -> Option<f64> {
        match self {
            Self::Float(value) => Some(*value),
            other => other.as_int().map(super::number::to_float),
        }
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The error of using what is not there; `None` when it is there.
    pub fn missing(&self) -> Option<TemplateError> {
        match self {
            Self::Undefined(what) => Some(match what.strip_prefix(UNSAFE) {
                Some(name) => TemplateError::Unsafe(name.to_owned()),
                None => TemplateError::Undefined(what.to_string()),
            }),
            _ => None,
        }
    }
}

fn json_pairs<'a>(entries: impl Iterator<Item = (&'a String, &'a Value)>) -> Pairs<'a> {
    entries
        .map(|(key, value)| {
            (
                Val::Text(Cow::Borrowed(key.as_str())),
                Val::from_json(value),
            )
        })
        .collect()
}

/// Adds or replaces an entry.
pub fn insert<'a>(pairs: &mut Pairs<'a>, key: Val<'a>, value: Val<'a>) {
    match pairs.iter_mut().find(|(found, _)| equal(found, &key)) {
        Some((_, old)) => *old = value,
        None => pairs.push((key, value)),
    }
}

/// Containers inside of containers, at most.
const DEEPEST: usize = 40;

/// How many values it holds in all; `None` when it is nested too deeply, or holds the container it shall go into.
pub fn nodes_of(value: &Val<'_>, inside: Option<&Val<'_>>) -> Option<usize> {
    count_nodes(value, inside, 0)
}

fn count_nodes(value: &Val<'_>, inside: Option<&Val<'_>>, depth: usize) -> Option<usize> {
    if depth > DEEPEST || inside.is_some_and(|container| is_same(container, value)) {
        return None;
    }
    let below = |items: &mut dyn Iterator<Item = &Val<'_>>| {
        let mut total: usize = 0;
        for item in items {
            total = total.saturating_add(count_nodes(item, inside, depth + 1)?);
        }
        Some(total + 1)
    };
    match value {
        Val::List(items) => below(&mut items.borrow().iter()),
        Val::Tuple(items) => below(&mut items.iter()),
        Val::Dict(pairs) | Val::Namespace(pairs) => {
            below(&mut pairs.borrow().iter().map(|(_, value)| value))
        }
        Val::Method(bound) => count_nodes(&bound.0, inside, depth + 1),
        Val::Special(special) => {
            let mut total = Some(1);
            special.held(&mut |item| {
                total = total.and_then(|total: usize| {
                    Some(total.saturating_add(count_nodes(item, inside, depth + 1)?))
                });
            });
            total
        }
        _ => Some(1),
    }
}

/// Whether both are one container.
fn is_same(left: &Val<'_>, right: &Val<'_>) -> bool {
    match (left, right) {
        (Val::List(a), Val::List(b)) => std::ptr::addr_eq(Rc::as_ptr(a), Rc::as_ptr(b)),
        (Val::Dict(a) | Val::Namespace(a), Val::Dict(b) | Val::Namespace(b)) => {
            std::ptr::addr_eq(Rc::as_ptr(a), Rc::as_ptr(b))
        }
        (Val::Special(a), Val::Special(b)) => std::ptr::addr_eq(Rc::as_ptr(a), Rc::as_ptr(b)),
        _ => false,
    }
}
