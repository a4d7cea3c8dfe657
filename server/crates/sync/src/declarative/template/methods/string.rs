//! Methods of texts.

mod format;

use super::super::error::TemplateError;
use super::super::eval::{Arguments, Frame, Result, int_of, size_of, text_of};
use super::super::value::Val;

pub const NAMES: [&str; 45] = [
    "capitalize",
    "casefold",
    "center",
    "count",
    "encode",
    "endswith",
    "expandtabs",
    "find",
    "format",
    "format_map",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isprintable",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "upper",
    "zfill",
];

pub fn call<'a>(
    frame: &mut Frame<'a>,
    text: &str,
    name: &str,
    args: Arguments<'a>,
) -> Result<Val<'a>> {
    frame.spend(text.len() / 64)?;
    match name {
        "lower" | "casefold" => args.none().map(|()| Val::owned(text.to_lowercase())),
        "upper" => args.none().map(|()| Val::owned(text.to_uppercase())),
        "capitalize" => args.none().map(|()| Val::owned(capitalize(text))),
        "title" => args.none().map(|()| Val::owned(title(text))),
        "swapcase" => args.none().map(|()| Val::owned(swapped(text))),
        "strip" | "lstrip" | "rstrip" => strip(text, name, args),
        "startswith" | "endswith" => affix(text, name, args),
        "removeprefix" | "removesuffix" => remove_affix(text, name, &args.one("affix")?),
        "replace" => replace(frame, text, args),
        "split" | "rsplit" => split(text, name == "rsplit", args),
        "splitlines" => args
            .none()
            .map(|()| Val::list(text.lines().map(Val::owned).collect())),
        "partition" | "rpartition" => partition(text, name, &args.one("sep")?),
        "join" => join(frame, text, &args.one("iterable")?),
        "find" | "rfind" | "index" | "rindex" | "count" => search(text, name, args),
        "center" | "ljust" | "rjust" | "zfill" => pad(frame, text, name, args),
        "encode" => args
            .bind(["encoding", "errors"], 0)
            .map(|_| Val::Bytes(text.as_bytes().into())),
        "format" => {
            let formatted = format::format(text, &args)?;
            frame.text(formatted)
        }
        _ => question(text, name).map_or_else(
            || Err(super::unknown(&Val::owned(text), name)),
            |answer| args.none().map(|()| Val::Bool(answer)),
        ),
    }
}

fn question(text: &str, name: &str) -> Option<bool> {
    let all = |test: fn(char) -> bool| !text.is_empty() && text.chars().all(test);
    let cased = |test: fn(char) -> bool| {
        let mut letters = text
            .chars()
            .filter(|c| c.is_lowercase() || c.is_uppercase())
            .peekable();
        letters.peek().is_some() && letters.all(test)
    };
    Some(match name {
        "isdigit" | "isdecimal" | "isnumeric" => all(char::is_numeric),
        "isalpha" => all(char::is_alphabetic),
        "isalnum" => all(char::is_alphanumeric),
        "isspace" => all(char::is_whitespace),
        "isascii" => text.is_ascii(),
        "islower" => cased(char::is_lowercase),
        "isupper" => cased(char::is_uppercase),
        "isprintable" => !text.chars().any(char::is_control),
        "istitle" => !text.is_empty() && title(text) == text,
        _ => return None,
    })
}

pub fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().collect::<String>() + &chars.as_str().to_lowercase(),
        None => String::new(),
    }
}

fn title(text: &str) -> String {
    let mut inside = false;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if inside {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        inside = c.is_alphabetic();
    }
    out
}

fn swapped(text: &str) -> String {
    text.chars()
        .flat_map(|c| -> Vec<char> {
            if c.is_uppercase() {
                c.to_lowercase().collect()
            } else {
                c.to_uppercase().collect()
            }
        })
        .collect()
}

fn strip<'a>(text: &str, name: &str, args: Arguments<'a>) -> Result<Val<'a>> {
    let [chars] = args.bind(["chars"], 0)?;
    let chars = match &chars {
        None | Some(Val::None) => None,
        Some(chars) => Some(text_of(chars)?.to_owned()),
    };
    let gone = |c: char| {
        chars
            .as_ref()
            .map_or(c.is_whitespace(), |chars| chars.contains(c))
    };
    let left = if name == "rstrip" {
        text
    } else {
        text.trim_start_matches(gone)
    };
    Ok(Val::owned(if name == "lstrip" {
        left
    } else {
        left.trim_end_matches(gone)
    }))
}

fn affix<'a>(text: &str, name: &str, args: Arguments<'a>) -> Result<Val<'a>> {
    let affix = args.one("prefix")?;
    let has = |affix: &str| match name {
        "startswith" => text.starts_with(affix),
        _ => text.ends_with(affix),
    };
    if let Val::Tuple(several) = &affix {
        let mut any = false;
        for one in several.iter() {
            any |= has(text_of(one)?);
        }
        return Ok(Val::Bool(any));
    }
    Ok(Val::Bool(has(text_of(&affix)?)))
}

fn remove_affix<'a>(text: &str, name: &str, affix: &Val<'a>) -> Result<Val<'a>> {
    let affix = text_of(affix)?;
    let rest = match name {
        "removeprefix" => text.strip_prefix(affix),
        _ => text.strip_suffix(affix),
    };
    Ok(Val::owned(rest.unwrap_or(text)))
}

fn replace<'a>(frame: &mut Frame<'a>, text: &str, args: Arguments<'a>) -> Result<Val<'a>> {
    let [old, new, count] = args.bind(["old", "new", "count"], 2)?;
    let (old, new) = (old.unwrap_or(Val::None), new.unwrap_or(Val::None));
    let (old, new) = (text_of(&old)?, text_of(&new)?);
    let count = match &count {
        Some(count) if int_of(count)? >= 0 => size_of(count)?,
        _ => usize::MAX,
    };
    let replaced = replaced(frame, text, old, new, count)?;
    frame.text(replaced)
}

/// Replaces, counting what is written before it is.
pub fn replaced(
    frame: &mut Frame<'_>,
    text: &str,
    old: &str,
    new: &str,
    count: usize,
) -> Result<String> {
    let found = text.matches(old).count().min(count);
    frame.write(found.saturating_mul(new.len()))?;
    Ok(text.replacen(old, new, count))
}

fn split<'a>(text: &str, from_right: bool, args: Arguments<'a>) -> Result<Val<'a>> {
    let [separator, most] = args.bind(["sep", "maxsplit"], 0)?;
    let most = match &most {
        Some(most) if int_of(most)? >= 0 => size_of(most)?,
        _ => usize::MAX,
    };
    let parts: Vec<String> = match &separator {
        None | Some(Val::None) => words(text, most, from_right),
        Some(separator) => {
            let separator = text_of(separator)?;
            if separator.is_empty() {
                return Err(TemplateError::value("empty separator"));
            }
            let pieces = most.saturating_add(1);
            if from_right {
                let mut parts: Vec<_> =
                    text.rsplitn(pieces, separator).map(str::to_owned).collect();
                parts.reverse();
                parts
            } else {
                text.splitn(pieces, separator).map(str::to_owned).collect()
            }
        }
    };
    Ok(Val::list(parts.into_iter().map(Val::owned).collect()))
}

/// Split at runs of space.
fn words(text: &str, most: usize, from_right: bool) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let cut = match parts.len() == most {
            true => None,
            false if from_right => rest.rfind(char::is_whitespace),
            false => rest.find(char::is_whitespace),
        };
        let Some(at) = cut else {
            let whole = if from_right {
                text.trim_start()
            } else {
                text.trim_end()
            };
            let keeps_edge = parts.is_empty() && most == 0;
            parts.push(if keeps_edge {
                whole.to_owned()
            } else {
                rest.to_owned()
            });
            break;
        };
        let (left, right) = rest.split_at(at);
        if from_right {
            parts.push(right.trim_start().to_owned());
            rest = left.trim_end();
        } else {
            parts.push(left.to_owned());
            rest = right.trim_start();
        }
    }
    if from_right {
        parts.reverse();
    }
    parts
}

fn partition<'a>(text: &str, name: &str, separator: &Val<'a>) -> Result<Val<'a>> {
    let separator = text_of(separator)?;
    let right = name == "rpartition";
    let cut = if right {
        text.rsplit_once(separator)
    } else {
        text.split_once(separator)
    };
    let parts = match cut {
        Some((before, after)) => [before, separator, after],
        None if right => ["", "", text],
        None => [text, "", ""],
    };
    Ok(Val::tuple(parts.map(Val::owned).to_vec()))
}

fn join<'a>(frame: &mut Frame<'a>, separator: &str, items: &Val<'a>) -> Result<Val<'a>> {
    let items = items.items()?;
    frame.spend(items.len())?;
    let mut out = String::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(separator);
        }
        let Val::Text(text) = item else {
            return Err(TemplateError::kind(format!(
                "sequence item {at}: expected str instance, {} found",
                item.kind()
            )));
        };
        out.push_str(text);
    }
    frame.text(out)
}

fn search<'a>(text: &str, name: &str, args: Arguments<'a>) -> Result<Val<'a>> {
    let [needle, start, end] = args.bind(["sub", "start", "end"], 1)?;
    let needle = needle.unwrap_or(Val::None);
    let needle = text_of(&needle)?;
    let chars = text.chars().count();
    let bound = |bound: Option<Val<'a>>, default: usize| -> Result<usize> {
        let Some(bound) = bound.filter(|b| !matches!(b, Val::None)) else {
            return Ok(default);
        };
        let length = i128::try_from(chars).unwrap_or(i128::MAX);
        let bound = int_of(&bound)?;
        let bound = (if bound < 0 { bound + length } else { bound }).clamp(0, length);
        Ok(usize::try_from(bound).unwrap_or(0))
    };
    let (start, end) = (bound(start, 0)?, bound(end, chars)?);
    let part: String = text
        .chars()
        .skip(start)
        .take(end.saturating_sub(start))
        .collect();
    if name == "count" {
        return Ok(Val::from_usize(part.matches(needle).count()));
    }
    let found = if name.starts_with('r') {
        part.rfind(needle)
    } else {
        part.find(needle)
    };
    match found {
        Some(at) => Ok(Val::from_usize(start + part[..at].chars().count())),
        None if name.ends_with("find") => Ok(Val::Int(-1)),
        None => Err(TemplateError::value("substring not found")),
    }
}

fn pad<'a>(frame: &mut Frame<'a>, text: &str, name: &str, args: Arguments<'a>) -> Result<Val<'a>> {
    let [width, fill] = args.bind(["width", "fillchar"], 1)?;
    let width = size_of(&width.unwrap_or(Val::None))?;
    let fill = match &fill {
        Some(fill) => text_of(fill)?.to_owned(),
        None if name == "zfill" => "0".to_owned(),
        None => " ".to_owned(),
    };
    let missing = width.saturating_sub(text.chars().count());
    frame.write(
        missing
            .saturating_mul(fill.len())
            .saturating_add(text.len()),
    )?;
    let side = |count: usize| fill.repeat(count);
    Ok(Val::owned(match name {
        "ljust" => format!("{text}{}", side(missing)),
        "rjust" => format!("{}{text}", side(missing)),
        "zfill" => {
            let digits = text.trim_start_matches(['+', '-']);
            format!(
                "{}{}{digits}",
                &text[..text.len() - digits.len()],
                side(missing)
            )
        }
        _ => {
            let left = missing / 2 + (missing & width & 1);
            format!("{}{text}{}", side(left), side(missing - left))
        }
    }))
}
