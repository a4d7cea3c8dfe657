//! Values of a template as JSON.

use serde_json::{Map, Number, Value};

use super::{Val, text};

/// Deeper values are those that hold themselves.
const DEEPEST: usize = 120;

/// The value as JSON, if Python could read it back from its text as the same: times and functions could not.
pub fn to_json(value: &Val<'_>) -> Option<Value> {
    at_depth(value, 0)
}

fn at_depth(value: &Val<'_>, depth: usize) -> Option<Value> {
    if depth > DEEPEST {
        return None;
    }
    match value {
        Val::None => Some(Value::Null),
        Val::Bool(value) => Some(Value::Bool(*value)),
        Val::Int(value) => int(*value),
        Val::Float(value) => Number::from_f64(*value).map(Value::Number),
        Val::Text(text) => Some(Value::String(text.clone().into_owned())),
        Val::Array(items) => Some(Value::Array(items.to_vec())),
        Val::Object(map) => Some(Value::Object((*map).clone())),
        Val::Slice(slice) => {
            let pairs = slice
                .pairs()
                .map(|(key, value)| (key.clone(), value.clone()));
            Some(Value::Object(pairs.collect()))
        }
        Val::List(items) => array(&items.borrow(), depth),
        Val::Tuple(items) => array(items, depth),
        Val::Dict(pairs) => object(&pairs.borrow(), depth),
        _ => None,
    }
}

fn array(items: &[Val<'_>], depth: usize) -> Option<Value> {
    let items: Option<Vec<Value>> = items.iter().map(|item| at_depth(item, depth + 1)).collect();
    items.map(Value::Array)
}

fn object(pairs: &[(Val<'_>, Val<'_>)], depth: usize) -> Option<Value> {
    let mut map = Map::new();
    for (key, value) in pairs {
        map.insert(key_text(key)?, at_depth(value, depth + 1)?);
    }
    Some(Value::Object(map))
}

/// Keys of JSON are texts; Python's `json` writes those that are none as JSON writes them.
fn key_text(key: &Val<'_>) -> Option<String> {
    match key {
        Val::Text(text) => Some(text.clone().into_owned()),
        Val::None => Some("null".to_owned()),
        Val::Bool(value) => Some(value.to_string()),
        Val::Int(_) | Val::Float(_) => Some(text(key)),
        _ => None,
    }
}

/// Integers beyond 64 bits are none that JSON readers keep: better their text than wrong digits.
pub fn int(value: i128) -> Option<Value> {
    match i64::try_from(value) {
        Ok(value) => Some(value.into()),
        Err(_) => u64::try_from(value).ok().map(Value::from),
    }
}
