//! Filters that choose, change or group the items of a list by an attribute, a test or another filter.

use super::super::checks;
use super::super::error::TemplateError;
use super::super::eval::{Arguments, Frame, Result, item_of, sorted, text_of};
use super::super::value::{Val, equal};
use super::Run;

pub fn find(name: &str) -> Option<Run> {
    Some(match name {
        "map" => map,
        "select" => |frame, value, args| choose(frame, value, args, By::Item, true),
        "reject" => |frame, value, args| choose(frame, value, args, By::Item, false),
        "selectattr" => |frame, value, args| choose(frame, value, args, By::Attribute, true),
        "rejectattr" => |frame, value, args| choose(frame, value, args, By::Attribute, false),
        "groupby" => groupby,
        _ => return None,
    })
}

/// The value at a path with dots, or the value itself without one.
pub fn path<'a>(item: &Val<'a>, attribute: Option<&Val<'a>>) -> Result<Val<'a>> {
    match attribute {
        None | Some(Val::None) => Ok(item.clone()),
        Some(Val::Text(names)) => names
            .split('.')
            .try_fold(item.clone(), |value, name| match name.parse::<i128>() {
                Ok(index) => item_of(&value, &Val::Int(index)),
                Err(_) => item_of(&value, &Val::owned(name)),
            }),
        Some(index) => item_of(item, index),
    }
}

/// The same path; what is not there becomes the default.
fn path_or<'a>(item: &Val<'a>, attribute: &Val<'a>, default: Option<&Val<'a>>) -> Result<Val<'a>> {
    let found = path(item, Some(attribute))?;
    match default {
        Some(default) if found.missing().is_some() => Ok(default.clone()),
        _ => Ok(found),
    }
}

/// Texts in small letters, unless case matters.
pub fn folded(value: Val<'_>, cased: bool) -> Val<'_> {
    match value {
        Val::Text(text) if !cased => Val::owned(text.to_lowercase()),
        _ => value,
    }
}

fn map<'a>(frame: &mut Frame<'a>, value: &Val<'a>, mut args: Arguments<'a>) -> Result<Val<'a>> {
    let items = value.items()?;
    frame.spend(items.len())?;
    let mut out = Vec::with_capacity(items.len());
    if args.positional.is_empty() {
        let [attribute, default] = args.bind(["attribute", "default"], 1)?;
        let attribute = attribute.unwrap_or(Val::None);
        for item in &items {
            out.push(path_or(item, &attribute, default.as_ref())?);
        }
        return Ok(Val::list(out));
    }
    let name = args.positional.remove(0);
    let filter = super::find(text_of(&name)?).ok_or_else(|| {
        TemplateError::syntax(format!("there is no filter named {:?}", name.as_text()))
    })?;
    for item in items {
        out.push((filter.run)(frame, &item, copy(&args))?);
    }
    Ok(Val::list(out))
}

fn copy<'a>(args: &Arguments<'a>) -> Arguments<'a> {
    Arguments {
        positional: args.positional.clone(),
        named: args.named.clone(),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum By {
    Item,
    Attribute,
}

fn choose<'a>(
    frame: &mut Frame<'a>,
    value: &Val<'a>,
    mut args: Arguments<'a>,
    by: By,
    keep: bool,
) -> Result<Val<'a>> {
    let items = value.items()?;
    frame.spend(items.len())?;
    let attribute = match by {
        By::Item => None,
        By::Attribute if args.positional.is_empty() => {
            return Err(TemplateError::value("Missing parameter for attribute name"));
        }
        By::Attribute => Some(args.positional.remove(0)),
    };
    let check = if args.positional.is_empty() {
        None
    } else {
        let name = args.positional.remove(0);
        let check = checks::find(text_of(&name)?).ok_or_else(|| {
            TemplateError::syntax(format!("there is no test named {:?}", name.as_text()))
        })?;
        Some(check)
    };
    let mut out = Vec::new();
    for item in items {
        let subject = path(&item, attribute.as_ref())?;
        let good = match check {
            Some(check) => (check.run)(frame, &subject, copy(&args))?,
            None => subject.truth(),
        };
        if good == keep {
            out.push(item);
        }
    }
    Ok(Val::list(out))
}

fn groupby<'a>(frame: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [attribute, default, cased] = args.bind(["attribute", "default", "case_sensitive"], 1)?;
    let attribute = attribute.unwrap_or(Val::None);
    let cased = cased.is_some_and(|cased| cased.truth());
    let key = |item: &Val<'a>| Ok(folded(path_or(item, &attribute, default.as_ref())?, cased));
    let items = sorted(frame, value.items()?, key)?;
    let mut groups: Vec<(Val<'a>, Vec<Val<'a>>)> = Vec::new();
    for item in items {
        let this = key(&item)?;
        match groups.last_mut() {
            Some((old, members)) if equal(old, &this) => members.push(item),
            _ => groups.push((this, vec![item])),
        }
    }
    let group = |(key, members): (Val<'a>, Vec<Val<'a>>)| Val::tuple(vec![key, Val::list(members)]);
    Ok(Val::list(groups.into_iter().map(group).collect()))
}
