//! Filters that change texts.

use super::super::error::TemplateError;
use super::super::eval::{Arguments, Frame, Result, size_of, text_of};
use super::super::format::percent;
use super::super::methods::{capitalize, replaced};
use super::super::value::{Val, text};
use super::{Run, plain};

pub fn find(name: &str) -> Option<Run> {
    Some(match name {
        "lower" => |frame, value, args| changed(frame, value, args, str::to_lowercase),
        "upper" => |frame, value, args| changed(frame, value, args, str::to_uppercase),
        "capitalize" => |frame, value, args| changed(frame, value, args, capitalize),
        "title" => |frame, value, args| changed(frame, value, args, titled),
        "escape" | "e" | "forceescape" => |frame, value, args| changed(frame, value, args, escaped),
        "safe" => |frame, value, args| changed(frame, value, args, str::to_owned),
        "striptags" => |frame, value, args| changed(frame, value, args, without_tags),
        "trim" => trim,
        "replace" => replace,
        "center" => |frame, value, args| {
            let [width] = args.bind(["width"], 0)?;
            let width = width.map_or(Ok(80), |width| size_of(&width))?;
            let plain = text(value);
            let missing = width.saturating_sub(plain.chars().count());
            frame.write(missing)?;
            let left = missing / 2 + (missing & width & 1);
            frame.text(format!(
                "{}{plain}{}",
                " ".repeat(left),
                " ".repeat(missing - left)
            ))
        },
        "format" => format,
        "truncate" => truncate,
        "indent" => indent,
        "wordcount" => |frame, value, args| {
            plain(frame, value, args, |_, value| {
                let text = text(value);
                let is_word = |c: char| c.is_alphanumeric() || c == '_';
                let words = text.split(|c| !is_word(c)).filter(|word| !word.is_empty());
                Ok(Val::from_usize(words.count()))
            })
        },
        _ => return None,
    })
}

fn changed<'a>(
    frame: &mut Frame<'a>,
    value: &Val<'a>,
    args: Arguments<'a>,
    change: impl Fn(&str) -> String,
) -> Result<Val<'a>> {
    args.none()?;
    let new = match value {
        Val::Text(plain) => change(plain),
        other => change(&text(other)),
    };
    frame.text(new)
}

/// A capital after spaces, dashes and opening brackets; small letters elsewhere.
fn titled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut starts = true;
    for c in text.chars() {
        if starts {
            out.extend(c.to_uppercase());
        } else {
            out.extend(c.to_lowercase());
        }
        starts = c.is_whitespace() || "-({[<".contains(c);
    }
    out
}

pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('>', "&gt;")
        .replace('<', "&lt;")
        .replace('\'', "&#39;")
        .replace('"', "&#34;")
}

fn without_tags(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let Some(end) = rest[start..].find('>') else {
            break;
        };
        out.push_str(&rest[..start]);
        rest = &rest[start + end + 1..];
    }
    out.push_str(rest);
    let plain = out.split_whitespace().collect::<Vec<_>>().join(" ");
    plain
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#39;", "'")
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&amp;", "&")
}

fn trim<'a>(frame: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [chars] = args.bind(["chars"], 0)?;
    let plain = text(value);
    let new = match chars {
        None | Some(Val::None) => plain.trim().to_owned(),
        Some(chars) => {
            let chars = text_of(&chars)?;
            plain.trim_matches(|c| chars.contains(c)).to_owned()
        }
    };
    frame.text(new)
}

fn replace<'a>(frame: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [old, new, count] = args.bind(["old", "new", "count"], 2)?;
    let count = match count {
        None | Some(Val::None) => usize::MAX,
        Some(count) => size_of(&count)?,
    };
    let (old, new) = (old.unwrap_or(Val::None), new.unwrap_or(Val::None));
    let new = replaced(frame, &text(value), text_of(&old)?, text_of(&new)?, count)?;
    frame.text(new)
}

fn format<'a>(frame: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let Arguments { positional, named } = args;
    let values = if named.is_empty() {
        Val::tuple(positional)
    } else if positional.is_empty() {
        Val::dict(
            named
                .into_iter()
                .map(|(name, value)| (Val::Text(name), value))
                .collect(),
        )
    } else {
        return Err(TemplateError::value(
            "can't handle positional and keyword arguments at the same time",
        ));
    };
    let formatted = percent(&text(value), &values)?;
    frame.text(formatted)
}

fn truncate<'a>(frame: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [length, kill, end, leeway] = args.bind(["length", "killwords", "end", "leeway"], 0)?;
    let length = length.map_or(Ok(255), |length| size_of(&length))?;
    let leeway = match leeway {
        None | Some(Val::None) => 5,
        Some(leeway) => size_of(&leeway)?,
    };
    let end = match &end {
        Some(end) => text_of(end)?.to_owned(),
        None => "...".to_owned(),
    };
    let plain = text(value);
    if plain.chars().count() <= length.saturating_add(leeway) {
        return frame.text(plain);
    }
    let cut: String = plain
        .chars()
        .take(length.saturating_sub(end.chars().count()))
        .collect();
    let cut = match (kill.is_some_and(|kill| kill.truth()), cut.rsplit_once(' ')) {
        (false, Some((words, _))) => words.to_owned(),
        _ => cut,
    };
    frame.text(cut + &end)
}

fn indent<'a>(frame: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [width, first, blank] = args.bind(["width", "first", "blank"], 0)?;
    let padding = match &width {
        None => "    ".to_owned(),
        Some(Val::Text(text)) => text.to_string(),
        Some(width) => " ".repeat(size_of(width)?.min(4096)),
    };
    let is = |flag: &Option<Val<'a>>| flag.as_ref().is_some_and(Val::truth);
    let plain = text(value);
    let mut out = String::new();
    for (at, line) in plain.split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let wanted = if at == 0 {
            is(&first)
        } else {
            !line.is_empty() || is(&blank)
        };
        if wanted {
            frame.write(padding.len())?;
            out.push_str(&padding);
        }
        out.push_str(line);
    }
    frame.text(out)
}
