//! Methods of lists, tuples and mappings. What a template made itself it may change; what it was given it may not.

use std::rc::Rc;

use super::super::error::TemplateError;
use super::super::eval::{Arguments, Frame, Result, at_index, int_of, sorted};
use super::super::value::{Part, Special, Val, equal, insert};
use super::unknown;

pub const LIST: [&str; 11] = [
    "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse",
    "sort",
];
pub const DICT: [&str; 11] = [
    "clear",
    "copy",
    "fromkeys",
    "get",
    "items",
    "keys",
    "pop",
    "popitem",
    "setdefault",
    "update",
    "values",
];

fn fixed() -> TemplateError {
    TemplateError::Unsupported("changes to a value that was given to it".to_owned())
}

pub fn dict<'a>(
    frame: &mut Frame<'a>,
    object: &Val<'a>,
    name: &str,
    args: Arguments<'a>,
) -> Result<Val<'a>> {
    match name {
        "get" => {
            let [key, default] = args.bind(["key", "default"], 1)?;
            let found = key.and_then(|key| object.entry(&key));
            Ok(found.or(default).unwrap_or(Val::None))
        }
        "copy" => args
            .none()
            .map(|()| Val::dict(object.pairs().unwrap_or_default())),
        "items" | "keys" | "values" => {
            args.none()?;
            let part = Part::of(name).ok_or_else(|| unknown(object, name))?;
            let view = Special::View(object.clone(), part);
            Ok(Val::Special(Rc::new(view)))
        }
        _ => {
            let Val::Dict(pairs) = object else {
                return Err(fixed());
            };
            frame.spend(pairs.borrow().len() / 8)?;
            change_dict(frame, object, name, args)
        }
    }
}

fn change_dict<'a>(
    frame: &mut Frame<'a>,
    object: &Val<'a>,
    name: &str,
    args: Arguments<'a>,
) -> Result<Val<'a>> {
    let Val::Dict(pairs) = object else {
        return Err(fixed());
    };
    match name {
        "clear" => args.none().map(|()| pairs.borrow_mut().clear())?,
        "update" => {
            let Arguments { positional, named } = args;
            let more = match positional.first() {
                Some(other) => other.pairs().ok_or_else(|| {
                    TemplateError::kind(format!("'{}' object is not iterable", other.kind()))
                })?,
                None => Vec::new(),
            };
            let named = named
                .into_iter()
                .map(|(name, value)| (Val::Text(name), value));
            for (key, value) in more.into_iter().chain(named) {
                frame.admit(&value, Some(object))?;
                insert(&mut pairs.borrow_mut(), key, value);
            }
        }
        "setdefault" => {
            let [key, default] = args.bind(["key", "default"], 1)?;
            let key = key.unwrap_or(Val::None);
            if let Some(found) = object.entry(&key) {
                return Ok(found);
            }
            let value = default.unwrap_or(Val::None);
            frame.admit(&value, Some(object))?;
            pairs.borrow_mut().push((key, value.clone()));
            return Ok(value);
        }
        "pop" => {
            let [key, default] = args.bind(["key", "default"], 1)?;
            let key = key.unwrap_or(Val::None);
            let at = pairs
                .borrow()
                .iter()
                .position(|(found, _)| equal(found, &key));
            return match at {
                Some(at) => Ok(pairs.borrow_mut().remove(at).1),
                None => default.ok_or_else(|| TemplateError::value("KeyError")),
            };
        }
        _ => return Err(unknown(object, name)),
    }
    Ok(Val::None)
}

pub fn list<'a>(
    frame: &mut Frame<'a>,
    object: &Val<'a>,
    name: &str,
    args: Arguments<'a>,
) -> Result<Val<'a>> {
    frame.spend(object.len().unwrap_or(0) / 8)?;
    match name {
        "count" => {
            let value = args.one("value")?;
            let items = object.items()?;
            Ok(Val::from_usize(
                items.iter().filter(|item| equal(item, &value)).count(),
            ))
        }
        "index" => {
            let value = args.one("value")?;
            let found = object.items()?.iter().position(|item| equal(item, &value));
            found
                .map(Val::from_usize)
                .ok_or_else(|| TemplateError::value("x not in list"))
        }
        "copy" => args.none().and_then(|()| Ok(Val::list(object.items()?))),
        _ => change_list(frame, object, name, args),
    }
}

fn change_list<'a>(
    frame: &mut Frame<'a>,
    object: &Val<'a>,
    name: &str,
    args: Arguments<'a>,
) -> Result<Val<'a>> {
    let Val::List(items) = object else {
        return Err(fixed());
    };
    match name {
        "append" => {
            let value = args.one("object")?;
            frame.admit(&value, Some(object))?;
            items.borrow_mut().push(value);
        }
        "extend" => {
            let more = args.one("iterable")?.items()?;
            for value in more {
                frame.admit(&value, Some(object))?;
                items.borrow_mut().push(value);
            }
        }
        "insert" => {
            let [at, value] = args.bind(["index", "object"], 2)?;
            let at = int_of(&at.unwrap_or(Val::None))?;
            let value = value.unwrap_or(Val::None);
            frame.admit(&value, Some(object))?;
            let mut items = items.borrow_mut();
            let length = i128::try_from(items.len()).unwrap_or(0);
            let at = (if at < 0 { at + length } else { at }).clamp(0, length);
            items.insert(usize::try_from(at).unwrap_or(0), value);
        }
        "pop" => {
            let [at] = args.bind(["index"], 0)?;
            let at = at.map_or(Ok(-1), |at| int_of(&at))?;
            let gone = at_index(object, at)
                .ok_or_else(|| TemplateError::value("pop index out of range"))?;
            let length = i128::try_from(items.borrow().len()).unwrap_or(0);
            let at = usize::try_from(if at < 0 { at + length } else { at }).unwrap_or(0);
            items.borrow_mut().remove(at);
            return Ok(gone);
        }
        "remove" => {
            let value = args.one("value")?;
            let at = items.borrow().iter().position(|item| equal(item, &value));
            let at = at.ok_or_else(|| TemplateError::value("list.remove(x): x not in list"))?;
            items.borrow_mut().remove(at);
        }
        "clear" => args.none().map(|()| items.borrow_mut().clear())?,
        "reverse" => args.none().map(|()| items.borrow_mut().reverse())?,
        "sort" => {
            let [reverse] = args.bind(["reverse"], 0)?;
            let mut new = sorted(frame, items.borrow().clone(), |item| Ok(item.clone()))?;
            if reverse.is_some_and(|reverse| reverse.truth()) {
                new.reverse();
            }
            *items.borrow_mut() = new;
        }
        _ => return Err(unknown(object, name)),
    }
    Ok(Val::None)
}
