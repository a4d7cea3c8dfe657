//! Properties and methods of what only Jinja has: loops, cyclers, macros, the template itself.

use std::rc::Rc;

use super::super::error::TemplateError;
use super::super::eval::{Arguments, Frame, Result};
use super::super::value::{Loop, Special, Val, equal};
use super::unknown;

pub fn exists(special: &Special<'_>, name: &str) -> bool {
    match special {
        Special::Loop(_) => matches!(name, "cycle" | "changed"),
        Special::Cycler(..) => matches!(name, "next" | "reset"),
        Special::Macro(..)
        | Special::Joiner(..)
        | Special::Template(_)
        | Special::Block(_)
        | Special::View(..) => false,
    }
}

pub fn property<'a>(special: &Special<'a>, name: &str) -> Option<Val<'a>> {
    match special {
        Special::Loop(each) => of_loop(each, name),
        Special::Cycler(items, at) => match name {
            "items" => Some(Val::tuple(items.clone())),
            "pos" => Some(Val::from_usize(at.get())),
            "current" => items.get(at.get()).cloned(),
            _ => None,
        },
        Special::Joiner(separator, used) => match name {
            "sep" => Some(separator.clone()),
            "used" => Some(Val::Bool(used.get())),
            _ => None,
        },
        Special::Macro(written, _) => match name {
            "name" if written.name.is_empty() => Some(Val::None),
            "name" => Some(Val::owned(written.name.as_str())),
            "arguments" => {
                let names = written.params.iter();
                let names = names.map(|param| Val::owned(param.name.as_str()));
                Some(Val::tuple(names.collect::<Vec<_>>()))
            }
            "catch_kwargs" => Some(Val::Bool(written.takes_named_rest)),
            "catch_varargs" => Some(Val::Bool(written.takes_rest)),
            "caller" => Some(Val::Bool(written.takes_caller)),
            _ => None,
        },
        Special::Template(blocks) => {
            let blocks = *blocks;
            let block = blocks.iter().find(|block| block.name == name)?;
            Some(Val::Special(Rc::new(Special::Block(block))))
        }
        Special::Block(_) | Special::View(..) => None,
    }
}

fn of_loop<'a>(each: &Loop<'a>, name: &str) -> Option<Val<'a>> {
    let (at, length) = (each.at.get(), each.items.len());
    let left = length.saturating_sub(at);
    Some(match name {
        "index" => Val::from_usize(at + 1),
        "index0" => Val::from_usize(at),
        "revindex" => Val::from_usize(left),
        "revindex0" => Val::from_usize(left.saturating_sub(1)),
        "first" => Val::Bool(at == 0),
        "last" => Val::Bool(left == 1),
        "length" => Val::from_usize(length),
        "depth" => Val::from_usize(each.depth + 1),
        "depth0" => Val::from_usize(each.depth),
        "previtem" => {
            let before = at.checked_sub(1).and_then(|at| each.items.get(at));
            let none = || Val::undefined("there is no previous item");
            before.cloned().unwrap_or_else(none)
        }
        "nextitem" => {
            let none = || Val::undefined("there is no next item");
            each.items.get(at + 1).cloned().unwrap_or_else(none)
        }
        _ => return None,
    })
}

pub fn call<'a>(
    frame: &mut Frame<'a>,
    object: &Val<'a>,
    name: &str,
    args: Arguments<'a>,
) -> Result<Val<'a>> {
    let Val::Special(special) = object else {
        return Err(unknown(object, name));
    };
    match (&**special, name) {
        (Special::Loop(each), "cycle") => {
            let items = unnamed(args)?;
            match items.len() {
                0 => Err(TemplateError::kind("no items for cycling given")),
                length => Ok(items[each.at.get() % length].clone()),
            }
        }
        (Special::Loop(each), "changed") => {
            let asked = unnamed(args)?;
            for value in &asked {
                frame.admit(value, Some(object))?;
            }
            let same = each.seen.borrow().as_ref().is_some_and(|seen| {
                seen.len() == asked.len() && seen.iter().zip(&asked).all(|(a, b)| equal(a, b))
            });
            *each.seen.borrow_mut() = Some(asked);
            Ok(Val::Bool(!same))
        }
        (Special::Cycler(items, at), "next") => {
            args.none()?;
            let now = at.replace((at.get() + 1) % items.len().max(1));
            items.get(now).cloned().ok_or_else(|| unknown(object, name))
        }
        (Special::Cycler(_, at), "reset") => {
            args.none()?;
            at.set(0);
            Ok(Val::None)
        }
        _ => Err(unknown(object, name)),
    }
}

fn unnamed(args: Arguments<'_>) -> Result<Vec<Val<'_>>> {
    match args.named.first() {
        Some((name, _)) => Err(TemplateError::kind(format!(
            "got an unexpected keyword argument '{name}'"
        ))),
        None => Ok(args.positional),
    }
}
