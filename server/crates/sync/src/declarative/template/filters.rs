//! Filters: what follows a `|`. Jinja's own, and those of the low-code language.

mod coding;
mod markup;
mod number;
mod pick;
mod pretty;
mod sequence;
mod sign_in;
mod text;
mod wrap;

use super::error::TemplateError;
use super::eval::{Arguments, Frame, Result};
use super::value::Val;

/// A filter by name.
#[derive(Debug, Clone, Copy)]
pub struct Filter {
    pub run: Run,
}

pub type Run = for<'a> fn(&mut Frame<'a>, &Val<'a>, Arguments<'a>) -> Result<Val<'a>>;

pub fn find(name: &str) -> Option<Filter> {
    let run = coding::find(name)
        .or_else(|| number::find(name))
        .or_else(|| text::find(name))
        .or_else(|| sequence::find(name))
        .or_else(|| pick::find(name))
        .or_else(|| sign_in::find(name))
        .or_else(|| markup::find(name))
        .or_else(|| wrap::find(name))
        .or_else(|| pretty::find(name))
        .or_else(|| basic(name))?;
    Some(Filter { run })
}

fn basic(name: &str) -> Option<Run> {
    Some(match name {
        "default" | "d" => |_, value, args| {
            let [default, boolean] = args.bind(["default_value", "boolean"], 0)?;
            let empty = boolean.is_some_and(|boolean| boolean.truth()) && !value.truth();
            if value.missing().is_some() || empty {
                return Ok(default.unwrap_or_else(|| Val::owned("")));
            }
            Ok(value.clone())
        },
        "attr" => |_, value, args| {
            let name = args.one("name")?;
            let name = super::eval::text_of(&name)?;
            if let Some(missing) = value.missing() {
                return Err(missing);
            }
            // only what the object itself has: no entries
            Ok(super::methods::property(value, name).unwrap_or_else(|| {
                Val::undefined(format!(
                    "'{} object' has no attribute '{name}'",
                    value.kind()
                ))
            }))
        },
        "items" => |frame, value, args| {
            args.none()?;
            if value.missing().is_some() {
                return Ok(Val::list(Vec::new()));
            }
            let pairs = value
                .pairs()
                .ok_or_else(|| TemplateError::kind("Can only get item pairs from a mapping."))?;
            frame.spend(pairs.len())?;
            Ok(Val::list(
                pairs
                    .into_iter()
                    .map(|(k, v)| Val::tuple(vec![k, v]))
                    .collect(),
            ))
        },
        _ => return None,
    })
}

/// No argument may be given.
pub fn plain<'a>(
    frame: &mut Frame<'a>,
    value: &Val<'a>,
    args: Arguments<'a>,
    run: impl FnOnce(&mut Frame<'a>, &Val<'a>) -> Result<Val<'a>>,
) -> Result<Val<'a>> {
    args.none()?;
    run(frame, value)
}
