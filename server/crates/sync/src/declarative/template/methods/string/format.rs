//! `'{} {name}'.format(…)`.

use super::super::super::error::TemplateError;
use super::super::super::eval::{Arguments, Result, attribute, item_of};
use super::super::super::format::with_spec;
use super::super::super::value::{Val, repr, text as text_from};

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
    path.split(['.', '['])
        .filter(|part| !part.is_empty())
        .try_fold(value, |value, part| {
            let key = part.trim_end_matches(']');
            match key.parse::<i128>() {
                Ok(index) => item_of(&value, &Val::Int(index)),
                Err(_) => Ok(value
                    .entry(&Val::owned(key))
                    .unwrap_or(attribute(&value, "")?)),
            }
        })
}
