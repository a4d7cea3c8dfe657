//! Paths into JSON: one value, all that fit a path with patterns, setting and deleting.

use serde_json::{Map, Value};

use super::glob;
use crate::fault::Fault;

/// The value at a path. Numbers in the path count list elements.
pub fn get<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, part| step(value, part))
}

/// Whether a path may lead to more than one value.
pub fn is_wild(path: &[String]) -> bool {
    path.iter().any(|part| glob::is_pattern(part))
}

/// The value at a path with patterns in it. Where several fit, the Python runtime fails, too: taking one of them, or none,
/// would leave rows out that nobody misses.
pub fn only<'v>(value: &'v Value, path: &[String]) -> Result<Option<&'v Value>, Fault> {
    if !is_wild(path) {
        return Ok(get(value, path));
    }
    match all(value, path)[..] {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        [_, _, ..] => Err(Fault::data(format!(
            "The path “{}” fits more than one place, and only one can be meant.",
            path.join(".")
        ))),
    }
}

/// All values at a path with patterns in it, in the order in which the Python runtime comes by them.
pub fn all<'v>(value: &'v Value, path: &[String]) -> Vec<&'v Value> {
    if path.is_empty() {
        return vec![value];
    }
    let mut found = Vec::new();
    gather(value, &[path], &mut found);
    found
}

fn gather<'v>(value: &'v Value, paths: &[&[String]], found: &mut Vec<&'v Value>) {
    if let [[name, rest @ ..]] = paths
        && !glob::is_pattern(name)
    {
        // A name is looked up at once.
        if let Some(inner) = step(value, name) {
            descend(vec![(inner, vec![rest])], found);
        }
        return;
    }
    let inner: Vec<(&'v Value, Vec<&[String]>)> = match value {
        Value::Object(fields) => {
            let fields = fields.iter();
            fields
                .map(|(name, inner)| (inner, behind(paths, |part| glob::matches(part, name))))
                .collect()
        }
        Value::Array(items) => {
            let length = items.len();
            let items = items.iter().enumerate();
            items
                .map(|(at, inner)| (inner, behind(paths, |part| counts(part, at, length))))
                .collect()
        }
        _ => Vec::new(),
    };
    descend(inner, found);
}

/// What ends here comes before what is further inside.
fn descend<'v>(inner: Vec<(&'v Value, Vec<&[String]>)>, found: &mut Vec<&'v Value>) {
    let ends = inner.iter().filter(|(_, paths)| end_here(paths));
    found.extend(ends.map(|(value, _)| *value));
    for (value, paths) in inner {
        if !paths.is_empty() {
            gather(value, &paths, found);
        }
    }
}

/// What is left of paths behind a name or number that a part fits or not. `**` stands for any of them in a row, and for none.
fn behind<'p>(paths: &[&'p [String]], fits: impl Fn(&str) -> bool) -> Vec<&'p [String]> {
    let mut left: Vec<&[String]> = Vec::new();
    // All are ends of one path, so those of one length are one: several `**` would lead to it in ever more ways.
    let mut add = |path: &'p [String]| {
        if left.iter().all(|other| other.len() != path.len()) {
            left.push(path);
        }
    };
    for path in paths {
        let mut path = *path;
        while let [first, rest @ ..] = path
            && first == "**"
        {
            add(path);
            path = rest;
        }
        if let [first, rest @ ..] = path
            && fits(first)
        {
            add(rest);
        }
    }
    left
}

/// Whether one of these paths is at its end.
fn end_here(paths: &[&[String]]) -> bool {
    let mut paths = paths.iter();
    paths.any(|path| path.iter().all(|part| part == "**"))
}

fn step<'v>(value: &'v Value, part: &str) -> Option<&'v Value> {
    match value {
        Value::Object(fields) => fields.get(part),
        Value::Array(items) => items.get(place(part, items.len())?),
        _ => None,
    }
}

/// Which element of a list a part of a path counts, from the end where it is negative.
pub fn place(part: &str, length: usize) -> Option<usize> {
    let at: isize = part.parse().ok()?;
    if at < 0 {
        length.checked_sub(at.unsigned_abs())
    } else {
        Some(at.unsigned_abs()).filter(|at| *at < length)
    }
}

/// Whether a part of a path is this element of a list, by its number or by a pattern.
fn counts(part: &str, at: usize, length: usize) -> bool {
    place(part, length) == Some(at)
        || (glob::is_pattern(part) && glob::matches(part, &at.to_string()))
}

/// Sets a value, making what is missing on the way. `false` when something on the way is no container.
pub fn set(fields: &mut Map<String, Value>, path: &[String], value: Value) -> bool {
    let Some((part, rest)) = path.split_first() else {
        return true;
    };
    if rest.is_empty() {
        fields.insert(part.clone(), value);
        return true;
    }
    let inner = fields.entry(part.clone()).or_insert_with(|| fresh(rest));
    if inner.is_null() {
        *inner = fresh(rest);
    }
    set_in(inner, rest, value)
}

fn set_in(target: &mut Value, path: &[String], value: Value) -> bool {
    match target {
        Value::Object(fields) => set(fields, path, value),
        Value::Array(items) => {
            let Some((part, rest)) = path.split_first() else {
                return true;
            };
            let Ok(at) = part.parse::<usize>() else {
                return false;
            };
            if at > MOST {
                return false;
            }
            if items.len() <= at {
                items.resize(at + 1, Value::Null);
            }
            if rest.is_empty() {
                items[at] = value;
                return true;
            }
            if items[at].is_null() {
                items[at] = fresh(rest);
            }
            set_in(&mut items[at], rest, value)
        }
        _ => false,
    }
}

/// The longest list a path may make.
const MOST: usize = 10_000;

fn fresh(rest: &[String]) -> Value {
    if rest
        .first()
        .is_some_and(|part| part.parse::<usize>().is_ok())
    {
        Value::Array(Vec::new())
    } else {
        Value::Object(Map::new())
    }
}

/// Sets what is there already, everywhere a path with patterns in it leads. Whether there was anything.
pub fn replace(target: &mut Value, path: &[String], value: &Value) -> bool {
    replace_in(target, &[path], value)
}

fn replace_in(target: &mut Value, paths: &[&[String]], value: &Value) -> bool {
    if paths.is_empty() {
        return false;
    }
    let mut hit = false;
    let mut one = |inner: &mut Value, paths: &[&[String]]| {
        if end_here(paths) {
            *inner = value.clone();
            hit = true;
        } else {
            hit |= replace_in(inner, paths, value);
        }
    };
    match target {
        Value::Object(fields) => {
            for (name, inner) in fields.iter_mut() {
                one(inner, &behind(paths, |part| glob::matches(part, name)));
            }
        }
        Value::Array(items) => {
            let length = items.len();
            for (at, inner) in items.iter_mut().enumerate() {
                one(inner, &behind(paths, |part| counts(part, at, length)));
            }
        }
        _ => {}
    }
    hit
}

/// Deletes what is at a path with patterns in it; `spare` may keep a value, of which the path may still lead inside. The last
/// element of a list goes, others become null, so that none is counted differently.
pub fn delete(fields: &mut Map<String, Value>, path: &[String], spare: &dyn Fn(&Value) -> bool) {
    delete_fields(fields, &[path], spare);
}

fn delete_fields(
    fields: &mut Map<String, Value>,
    paths: &[&[String]],
    spare: &dyn Fn(&Value) -> bool,
) {
    if let [[name, rest @ ..]] = paths
        && !glob::is_pattern(name)
    {
        let Some(inner) = fields.get_mut(name) else {
            return;
        };
        if end_here(&[rest]) && !spare(inner) {
            fields.shift_remove(name);
        } else {
            delete_in(inner, &[rest], spare);
        }
        return;
    }
    fields.retain(|name, inner| {
        let paths = behind(paths, |part| glob::matches(part, name));
        let stays = !end_here(&paths) || spare(inner);
        if stays {
            delete_in(inner, &paths, spare);
        }
        stays
    });
}

fn delete_in(target: &mut Value, paths: &[&[String]], spare: &dyn Fn(&Value) -> bool) {
    if paths.is_empty() {
        return;
    }
    match target {
        Value::Object(fields) => delete_fields(fields, paths, spare),
        Value::Array(items) => {
            let length = items.len();
            for at in 0..length {
                let inner = behind(paths, |part| counts(part, at, length));
                if !end_here(&inner) || spare(&items[at]) {
                    delete_in(&mut items[at], &inner, spare);
                } else if at + 1 == length {
                    items.pop();
                } else {
                    items[at] = Value::Null;
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
