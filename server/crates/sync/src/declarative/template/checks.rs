//! Jinja's tests: `x is defined`, `x is divisibleby 3`.

use super::ast::Comparison;
use super::error::TemplateError;
use super::eval::{Arguments, Frame, Result, int_of};
use super::value::{Val, text};
use super::{filters, number};

/// A test by name.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    pub run: for<'a> fn(&mut Frame<'a>, &Val<'a>, Arguments<'a>) -> Result<bool>,
}

type Run = for<'a> fn(&mut Frame<'a>, &Val<'a>, Arguments<'a>) -> Result<bool>;

pub fn find(name: &str) -> Option<Check> {
    let run: Run = match name {
        "defined" => |_, value, args| args.none().map(|()| value.missing().is_none()),
        "undefined" => |_, value, args| args.none().map(|()| value.missing().is_some()),
        "none" => |_, value, args| args.none().map(|()| matches!(value, Val::None)),
        "boolean" => |_, value, args| args.none().map(|()| matches!(value, Val::Bool(_))),
        "true" => |_, value, args| args.none().map(|()| matches!(value, Val::Bool(true))),
        "false" => |_, value, args| args.none().map(|()| matches!(value, Val::Bool(false))),
        "integer" => |_, value, args| args.none().map(|()| matches!(value, Val::Int(_))),
        "float" => |_, value, args| args.none().map(|()| matches!(value, Val::Float(_))),
        "number" => |_, value, args| args.none().map(|()| value.as_float().is_some()),
        "string" => |_, value, args| args.none().map(|()| matches!(value, Val::Text(_))),
        "mapping" => |_, value, args| args.none().map(|()| value.pairs().is_some()),
        "sequence" => |_, value, args| args.none().map(|()| is_sequence(value)),
        "iterable" => |_, value, args| args.none().map(|()| value.items().is_ok()),
        "callable" => |_, value, args| {
            args.none().map(|()| match value {
                Val::Special(special) => special.is_callable(),
                other => matches!(other, Val::Method(_) | Val::Function(_)),
            })
        },
        "escaped" => |_, _, args| args.none().map(|()| false),
        "odd" => |_, value, args| {
            args.none()
                .and_then(|()| rest(value, 2))
                .map(|rest| rest == 1)
        },
        "even" => |_, value, args| {
            args.none()
                .and_then(|()| rest(value, 2))
                .map(|rest| rest == 0)
        },
        "divisibleby" => |_, value, args| divisible(value, &args.one("num")?),
        "lower" => |_, value, args| {
            args.none()
                .map(|()| is_cased(&text(value), char::is_lowercase))
        },
        "upper" => |_, value, args| {
            args.none()
                .map(|()| is_cased(&text(value), char::is_uppercase))
        },
        "filter" => |_, value, args| {
            args.none().map(|()| {
                value
                    .as_text()
                    .is_some_and(|name| filters::find(name).is_some())
            })
        },
        "test" => |_, value, args| {
            args.none()
                .map(|()| value.as_text().is_some_and(|name| find(name).is_some()))
        },
        "sameas" => |frame, value, args| same(frame, value, &args.one("other")?),
        _ => return comparison(name),
    };
    Some(Check { run })
}

fn comparison(name: &str) -> Option<Check> {
    let run: Run = match name {
        "==" | "eq" | "equalto" => {
            |frame, left, args| compared(frame, Comparison::Equal, left, args)
        }
        "!=" | "ne" => |frame, left, args| compared(frame, Comparison::Unequal, left, args),
        "<" | "lt" | "lessthan" => {
            |frame, left, args| compared(frame, Comparison::Less, left, args)
        }
        "<=" | "le" => |frame, left, args| compared(frame, Comparison::LessOrEqual, left, args),
        ">" | "gt" | "greaterthan" => {
            |frame, left, args| compared(frame, Comparison::Greater, left, args)
        }
        ">=" | "ge" => |frame, left, args| compared(frame, Comparison::GreaterOrEqual, left, args),
        "in" => |frame, left, args| compared(frame, Comparison::In, left, args),
        _ => return None,
    };
    Some(Check { run })
}

fn compared<'a>(
    frame: &mut Frame<'a>,
    comparison: Comparison,
    left: &Val<'a>,
    args: Arguments<'a>,
) -> Result<bool> {
    let right = args.one("other")?;
    frame.holds(comparison, left, &right)
}

/// Everything with a length and items by index counts, mappings too.
fn is_sequence(value: &Val<'_>) -> bool {
    !matches!(value, Val::Undefined(_) | Val::Special(_)) && value.len().is_some()
}

fn rest(value: &Val<'_>, by: i128) -> Result<i128> {
    if let Val::Float(value) = value {
        return Ok(number::to_int(value.rem_euclid(number::to_float(by))).unwrap_or(-1));
    }
    Ok(int_of(value)?.rem_euclid(by))
}

fn divisible(value: &Val<'_>, by: &Val<'_>) -> Result<bool> {
    match int_of(by)? {
        0 => Err(TemplateError::value("integer modulo by zero")),
        by => Ok(int_of(value)?.checked_rem(by).unwrap_or(0) == 0),
    }
}

/// At least one letter with a case, and none of the other.
fn is_cased(text: &str, wanted: fn(char) -> bool) -> bool {
    let mut cased = text
        .chars()
        .filter(|c| c.is_lowercase() || c.is_uppercase())
        .peekable();
    cased.peek().is_some() && cased.all(wanted)
}

/// Identity, as far as values without one can have it: the same kind and equal.
fn same<'a>(frame: &mut Frame<'a>, left: &Val<'a>, right: &Val<'a>) -> Result<bool> {
    Ok(left.kind() == right.kind() && frame.holds(Comparison::Equal, left, right)?)
}
