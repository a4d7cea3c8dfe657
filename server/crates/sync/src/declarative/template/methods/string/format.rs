//! `'{} {name}'.format(…)`.

use super::super::super::error::TemplateError;
use super::super::super::eval::{Arguments, Result, item_of};
use super::super::super::format::with_spec;
use super::super::super::methods;
use super::super::super::value::{UNSAFE, Val, repr, text as text_from};

/// `text.format(…)`.
pub fn format(text: &str, args: &Arguments<'_>) -> Result<String> {
    let mut out = String::new();
    let mut rest = text;
    let mut next = 0;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = after;
            continue;
        }
        if brace == "}" {
            return Err(TemplateError::value(
                "Single '}' encountered in format string",
            ));
        }
        let (field, after) = rest
            .split_once('}')
            .ok_or_else(|| TemplateError::value("expected '}' before end of string"))?;
        rest = after;
        out.push_str(&field_text(field, args, &mut next)?);
    }
    out.push_str(rest);
    Ok(out)
}

fn field_text(field: &str, args: &Arguments<'_>, next: &mut usize) -> Result<String> {
    let (name, spec) = field.split_once(':').unwrap_or((field, ""));
    let (name, conversion) = name.split_once('!').unwrap_or((name, ""));
    let value = field_value(name, args, next)?;
    let value = match conversion {
        "r" => Val::owned(repr(&value)),
        "s" => Val::owned(text_from(&value)),
        _ => value,
    };
    with_spec(&value, spec)
}

fn field_value<'a>(name: &str, args: &Arguments<'a>, next: &mut usize) -> Result<Val<'a>> {
    let end = name.find(['.', '[']).unwrap_or(name.len());
    let (first, path) = name.split_at(end);
    let position = if first.is_empty() {
        *next += 1;
        Some(*next - 1)
    } else {
        first.parse::<usize>().ok()
    };
    let found = match position {
        Some(at) => args.positional.get(at).cloned(),
        None => args
            .named
            .iter()
            .find(|(n, _)| n == first)
            .map(|(_, value)| value.clone()),
    };
    let value = found.ok_or_else(|| TemplateError::value(format!("no argument for '{first}'")))?;
    at_path(value, path)
}

/// Follows `.name` and `[key]`, as the sandbox does it: what is not there is nothing, and has nothing in it.
fn at_path<'a>(mut value: Val<'a>, path: &str) -> Result<Val<'a>> {
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(missing) = value.missing() {
            return Err(missing);
        }
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let name = &after[..end];
            rest = &after[end..];
            value = attribute(&value, name)?;
            continue;
        }
        let (key, after) = rest
            .strip_prefix('[')
            .and_then(|inner| inner.split_once(']'))
            .ok_or_else(|| TemplateError::value("Missing ']' in format string"))?;
        rest = after;
        value = item(&value, key)?;
    }
    Ok(value)
}

fn attribute<'a>(value: &Val<'a>, name: &str) -> Result<Val<'a>> {
    if name.is_empty() {
        return Err(TemplateError::value("Empty attribute in format string"));
    }
    if name.starts_with("__") {
        return Ok(Val::undefined(format!("{UNSAFE}{name}")));
    }
    if let Some(property) = methods::property(value, name) {
        return Ok(property);
    }
    if methods::exists(value, name) {
        return Err(TemplateError::Unsupported(format!(
            "the method {name:?} inside of a format"
        )));
    }
    Ok(value
        .entry(&Val::owned(name))
        .unwrap_or_else(|| nothing(value, name)))
}

fn item<'a>(value: &Val<'a>, key: &str) -> Result<Val<'a>> {
    if key.is_empty() {
        return Err(TemplateError::value("Empty attribute in format string"));
    }
    // only digits make an index: a sign does not
    if key.bytes().all(|digit| digit.is_ascii_digit())
        && let Ok(index) = key.parse()
    {
        return item_of(value, &Val::Int(index));
    }
    match value.entry(&Val::owned(key)) {
        Some(found) => Ok(found),
        None => attribute(value, key),
    }
}

fn nothing<'a>(value: &Val<'a>, name: &str) -> Val<'a> {
    Val::undefined(format!(
        "'{} object' has no attribute '{name}'",
        value.kind()
    ))
}
