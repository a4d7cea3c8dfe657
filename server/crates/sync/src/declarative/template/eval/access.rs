//! Attributes and items: `a.b` asks the object first and its entries second, `a['b']` the other way round.

use std::borrow::Cow;
use std::rc::Rc;

use serde_json::Value;

use super::super::error::TemplateError;
use super::super::methods;
use super::super::value::{UNSAFE, Val};
use super::{Result, hashable};

pub fn attribute<'a>(object: &Val<'a>, name: &'a str) -> Result<Val<'a>> {
    if let Some(missing) = object.missing() {
        return Err(missing);
    }
    if let Some(own) = own_attribute(object, name) {
        return Ok(own);
    }
    let key = Val::Text(Cow::Borrowed(name));
    Ok(object.entry(&key).unwrap_or_else(|| nothing(object, name)))
}

pub fn item<'a>(object: &Val<'a>, key: &Val<'a>) -> Result<Val<'a>> {
    if let Some(missing) = object.missing() {
        return Err(missing);
    }
    let found = match key.as_int() {
        Some(index) if is_sequence(object) => at(object, index),
        _ if hashable(key).is_ok() => object.entry(key),
        _ => None,
    };
    if let Some(found) = found {
        return Ok(found);
    }
    if let Val::Text(Cow::Borrowed(name)) = key
        && let Some(own) = own_attribute(object, name)
    {
        return Ok(own);
    }
    Ok(nothing(object, &super::text(key)))
}

fn nothing<'a>(object: &Val<'a>, name: &str) -> Val<'a> {
    Val::undefined(match object {
        Val::None => format!("'None' has no attribute '{name}'"),
        other => format!("'{} object' has no attribute '{name}'", other.kind()),
    })
}

fn is_sequence(object: &Val<'_>) -> bool {
    matches!(
        object,
        Val::Text(_) | Val::Bytes(_) | Val::Array(_) | Val::List(_) | Val::Tuple(_)
    )
}

/// What the object itself has under that name: properties and methods.
fn own_attribute<'a>(object: &Val<'a>, name: &'a str) -> Option<Val<'a>> {
    if let Val::Slice(view) = object {
        match name {
            "partition" | "_partition" => return Some(Val::Object(view.partition)),
            "cursor_slice" => return Some(Val::Object(view.cursor)),
            "extra_fields" => return Some(Val::Object(view.extra)),
            _ => {}
        }
    }
    if name.starts_with("__") {
        return Some(Val::undefined(format!("{UNSAFE}{name}")));
    }
    if let Some(property) = methods::property(object, name) {
        return Some(property);
    }
    if methods::exists(object, name) {
        return Some(Val::Method(Rc::new((object.clone(), name))));
    }
    None
}

/// The item at an index; negative ones count from the end.
pub fn at<'a>(object: &Val<'a>, index: i128) -> Option<Val<'a>> {
    let length = object.len()?;
    let index = if index < 0 {
        index + i128::try_from(length).ok()?
    } else {
        index
    };
    let index = usize::try_from(index).ok()?;
    match object {
        Val::Text(text) => text.chars().nth(index).map(|c| Val::owned(c.to_string())),
        Val::Bytes(bytes) => bytes.get(index).map(|byte| Val::Int((*byte).into())),
        Val::Array(items) => items.get(index).map(Val::from_json),
        Val::List(items) => items.borrow().get(index).cloned(),
        Val::Tuple(items) => items.get(index).cloned(),
        _ => None,
    }
}

/// `object[start:stop:step]`.
pub fn slice<'a>(object: &Val<'a>, bounds: &[Option<Val<'a>>; 3]) -> Result<Val<'a>> {
    if let Some(missing) = object.missing() {
        return Err(missing);
    }
    let Some(length) = object.len().filter(|_| is_sequence(object)) else {
        return Ok(nothing(object, "slice"));
    };
    let mut numbers = [None; 3];
    for (number, bound) in numbers.iter_mut().zip(bounds) {
        *number = match bound {
            None | Some(Val::None) => None,
            // anything else makes Python's subscript fail, which Jinja answers with nothing
            Some(value) => match value.as_int() {
                Some(value) => Some(value),
                None => return Ok(nothing(object, "slice")),
            },
        };
    }
    let Some(picked) = indices(numbers, length) else {
        return Err(TemplateError::value("slice step cannot be zero"));
    };
    Ok(pick(object, &picked))
}

fn indices([start, stop, step]: [Option<i128>; 3], length: usize) -> Option<Vec<usize>> {
    let length = i128::try_from(length).ok()?;
    let step = step.unwrap_or(1).clamp(-length - 1, length + 1);
    let (low, high) = if step < 0 {
        (-1, length - 1)
    } else {
        (0, length)
    };
    let clamp = |bound: Option<i128>, default: i128| {
        bound.map_or(default, |b| {
            (if b < 0 { b + length } else { b }).clamp(low, high)
        })
    };
    let (from, to) = match step {
        0 => return None,
        step if step < 0 => (clamp(start, length - 1), clamp(stop, -1)),
        _ => (clamp(start, 0), clamp(stop, length)),
    };
    let mut picked = Vec::new();
    let mut at = from;
    while (step > 0 && at < to) || (step < 0 && at > to) {
        picked.push(usize::try_from(at).ok()?);
        at += step;
    }
    Some(picked)
}

fn pick<'a>(object: &Val<'a>, picked: &[usize]) -> Val<'a> {
    match object {
        Val::Text(text) => {
            let chars: Vec<char> = text.chars().collect();
            Val::owned(
                picked
                    .iter()
                    .filter_map(|at| chars.get(*at))
                    .collect::<String>(),
            )
        }
        Val::Bytes(bytes) => {
            let bytes: Vec<u8> = picked
                .iter()
                .filter_map(|at| bytes.get(*at).copied())
                .collect();
            Val::Bytes(bytes.into())
        }
        Val::Array(items) => {
            let items: Vec<&'a Value> = picked.iter().filter_map(|at| items.get(*at)).collect();
            Val::list(items.into_iter().map(Val::from_json).collect())
        }
        Val::Tuple(items) => Val::tuple(
            picked
                .iter()
                .filter_map(|at| items.get(*at).cloned())
                .collect::<Vec<_>>(),
        ),
        other => {
            let items = other.items().unwrap_or_default();
            Val::list(
                picked
                    .iter()
                    .filter_map(|at| items.get(*at).cloned())
                    .collect(),
            )
        }
    }
}
