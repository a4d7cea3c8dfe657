//! Methods and properties of values, as templates reach them with a dot.

mod container;
mod special;
mod string;
mod temporal;

pub use string::{capitalize, replaced};

use super::error::TemplateError;
use super::eval::{Arguments, Frame, Result};
use super::value::{Val, hex_text};
use crate::declarative::datetime::Span;

/// Whether the kind of value has a method of that name, whoever may call it.
pub fn exists(object: &Val<'_>, name: &str) -> bool {
    match object {
        Val::Text(_) => string::NAMES.contains(&name),
        Val::Bytes(_) => matches!(name, "decode" | "hex"),
        Val::Array(_) | Val::List(_) => container::LIST.contains(&name),
        Val::Tuple(_) => matches!(name, "count" | "index"),
        Val::Object(_) | Val::Dict(_) => container::DICT.contains(&name),
        Val::Headers(_) | Val::Slice(_) => matches!(name, "get" | "items" | "keys" | "values"),
        Val::Time(_) => temporal::TIME.contains(&name),
        Val::Date(_) => temporal::DATE.contains(&name),
        Val::Span(Span::Exact(_)) => name == "total_seconds",
        Val::Span(Span::Calendar { .. }) => matches!(name, "totimedelta" | "total_seconds"),
        Val::Float(_) => matches!(name, "is_integer"),
        Val::Int(_) => matches!(name, "bit_length"),
        Val::Special(special) => special::exists(special, name),
        _ => false,
    }
}

/// Whether mappings have a method of that name.
pub fn of_mappings(name: &str) -> bool {
    container::DICT.contains(&name)
}

/// A plain property of the value.
pub fn property<'a>(object: &Val<'a>, name: &str) -> Option<Val<'a>> {
    match object {
        Val::Time(_) | Val::Date(_) | Val::Span(_) => temporal::property(object, name),
        Val::Special(special) => special::property(special, name),
        Val::Int(_) | Val::Bool(_) | Val::Float(_) => of_numbers(object, name),
        _ => None,
    }
}

/// Whole numbers are fractions, and all numbers complex ones.
fn of_numbers<'a>(object: &Val<'a>, name: &str) -> Option<Val<'a>> {
    let whole = object.as_int();
    match name {
        "real" => Some(whole.map_or_else(|| object.clone(), Val::Int)),
        "imag" => Some(whole.map_or(Val::Float(0.0), |_| Val::Int(0))),
        "numerator" => whole.map(Val::Int),
        "denominator" => whole.map(|_| Val::Int(1)),
        _ => None,
    }
}

pub fn call<'a>(
    frame: &mut Frame<'a>,
    object: &Val<'a>,
    name: &str,
    args: Arguments<'a>,
) -> Result<Val<'a>> {
    match object {
        Val::Text(text) => string::call(frame, text, name, args),
        Val::Bytes(bytes) => decode(bytes, name, args),
        Val::Array(_) | Val::List(_) | Val::Tuple(_) => container::list(frame, object, name, args),
        Val::Object(_) | Val::Dict(_) | Val::Headers(_) | Val::Slice(_) => {
            container::dict(frame, object, name, args)
        }
        Val::Time(_) | Val::Date(_) | Val::Span(_) => temporal::call(object, name, args),
        Val::Special(_) => special::call(frame, object, name, args),
        Val::Float(value) => Ok(Val::Bool(value.fract() == 0.0)),
        Val::Int(value) => Ok(Val::Int(
            (128 - value.unsigned_abs().leading_zeros()).into(),
        )),
        _ => Err(unknown(object, name)),
    }
}

fn unknown(object: &Val<'_>, name: &str) -> TemplateError {
    TemplateError::Unsupported(format!("the method {name:?} of {}", object.kind()))
}

fn decode<'a>(bytes: &[u8], name: &str, args: Arguments<'a>) -> Result<Val<'a>> {
    if name == "hex" {
        args.none()?;
        return Ok(Val::owned(hex_text(bytes)));
    }
    args.bind(["encoding", "errors"], 0)?;
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Val::owned(text)),
        Err(error) => Err(TemplateError::value(format!(
            "'utf-8' codec can't decode: {error}"
        ))),
    }
}
