//! Filters that write HTML: attributes of a tag, links around addresses.

use super::super::error::TemplateError;
use super::super::eval::{Arguments, Frame, Result, size_of, text_of};
use super::super::pattern::failed;
use super::super::value::{Val, text};
use super::Run;
use super::text::escaped;
use super::wrap::pieces;

/// What Jinja takes for an address: with a scheme or `www`, under one of the old domains, or a number.
const ADDRESS: &str = concat!(
    r"(?i)^(?:",
    r"(?:https?://|www\.)(?:(?:[\w%-]+\.)+)?(?:[a-z]{2,63}|xn--[\w%]{2,59})",
    r"|(?:[\w%-]{2,63}\.)+(?:com|net|int|edu|gov|org|info|mil)",
    r"|https?://(?:\d{1,3}(?:\.\d{1,3}){3}|\[(?:[\da-f]{0,4}:){2}(?:[\da-f]{0,4}:?){1,6}\])",
    r")(?::\d{1,5})?(?:[/?#]\S*)?$",
);
const MAILBOX: &str = r"^\S+@\w[\w.-]*\.\w+$";
const SCHEME: &str = r"^[\w.+-]{2,}:/{0,2}$";

/// What may stand around an address without being part of it.
const HEADS: [&str; 3] = ["(", "<", "&lt;"];
const TAILS: [&str; 6] = [")", ">", ".", ",", "\n", "&gt;"];
const BRACKETS: [(&str, &str); 3] = [("(", ")"), ("<", ">"), ("&lt;", "&gt;")];

pub fn find(name: &str) -> Option<Run> {
    Some(match name {
        "xmlattr" => xmlattr,
        "urlize" => urlize,
        _ => return None,
    })
}

fn xmlattr<'a>(frame: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [spaced] = args.bind(["autospace"], 0)?;
    if let Some(missing) = value.missing() {
        return Err(missing);
    }
    let pairs = value.pairs().ok_or_else(|| {
        TemplateError::value(format!(
            "'{}' object has no attribute 'items'",
            value.kind()
        ))
    })?;
    let mut out = String::new();
    for (key, value) in pairs {
        frame.spend(1)?;
        if matches!(value, Val::None | Val::Undefined(_)) {
            continue;
        }
        let key = text_of(&key)?;
        let bad = |c: char| c.is_ascii_whitespace() || matches!(c, '\x0b' | '/' | '>' | '=');
        if key.contains(bad) {
            return Err(TemplateError::value(format!(
                "Invalid character in attribute name: {key:?}"
            )));
        }
        let attribute = format!("{}=\"{}\"", escaped(key), escaped(&text(&value)));
        frame.write(attribute.len())?;
        if !out.is_empty() || spaced.as_ref().is_none_or(Val::truth) {
            out.push(' ');
        }
        out.push_str(&attribute);
    }
    frame.text(out)
}

/// How links are written.
struct Links {
    /// The attributes of each, with a space before.
    attributes: String,
    longest: Option<usize>,
    schemes: Vec<String>,
}

fn urlize<'a>(frame: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [longest, nofollow, target, rel, schemes] = args.bind(
        [
            "trim_url_limit",
            "nofollow",
            "target",
            "rel",
            "extra_schemes",
        ],
        0,
    )?;
    let given = |value: Option<Val<'a>>| value.filter(|value| !matches!(value, Val::None));
    let nofollow = nofollow.is_some_and(|flag| flag.truth());
    let relation = relation(given(rel).as_ref(), nofollow)?;
    let target = given(target).map(|target| escaped(&text(&target)));
    let target = match target.filter(|target| !target.is_empty()) {
        Some(target) => format!(" target=\"{target}\""),
        None => String::new(),
    };
    let mut links = Links {
        attributes: relation + &target,
        longest: given(longest)
            .map(|longest| size_of(&longest))
            .transpose()?,
        schemes: Vec::new(),
    };
    for scheme in given(schemes).map_or(Ok(Vec::new()), |schemes| schemes.items())? {
        let scheme = text_of(&scheme)?;
        if !matches(frame, SCHEME, scheme)? {
            return Err(TemplateError::value(format!(
                "{scheme:?} is not a valid URI scheme prefix."
            )));
        }
        links.schemes.push(scheme.to_owned());
    }
    let plain = escaped(&text(value));
    let mut out = String::new();
    for word in pieces(frame, &plain, r"\s+")? {
        let linked = linked(frame, word, &links)?;
        frame.write(linked.len())?;
        out.push_str(&linked);
    }
    frame.text(out)
}

/// What is said of the page behind a link, in order and each once.
fn relation(rel: Option<&Val<'_>>, nofollow: bool) -> Result<String> {
    let mut words: Vec<&str> = match rel {
        Some(rel) => text_of(rel)?.split_whitespace().collect(),
        None => Vec::new(),
    };
    words.extend(nofollow.then_some("nofollow"));
    words.push("noopener");
    words.sort_unstable();
    words.dedup();
    Ok(format!(" rel=\"{}\"", escaped(&words.join(" "))))
}

fn matches(frame: &mut Frame<'_>, pattern: &str, text: &str) -> Result<bool> {
    let regex = frame.regex(pattern)?;
    regex.is_match(text).map_err(|error| failed(&error))
}

/// The word with a link around the address in it, if there is one.
fn linked(frame: &mut Frame<'_>, word: &str, links: &Links) -> Result<String> {
    let mut start = 0;
    while let Some(head) = HEADS.iter().find(|head| word[start..].starts_with(**head)) {
        start += head.len();
    }
    let mut end = word.len();
    while let Some(tail) = TAILS.iter().find(|tail| word[start..end].ends_with(**tail)) {
        end -= tail.len();
    }
    for (open, close) in BRACKETS {
        let opened = word[start..end].matches(open).count();
        if opened <= word[start..end].matches(close).count() {
            continue;
        }
        // brackets that the address itself opens are its own
        for _ in 0..opened {
            let Some(at) = word[end..].find(close) else {
                break;
            };
            end += at + close.len();
        }
    }
    let middle = link(frame, &word[start..end], links)?;
    Ok(format!("{}{middle}{}", &word[..start], &word[end..]))
}

fn link(frame: &mut Frame<'_>, address: &str, links: &Links) -> Result<String> {
    let attributes = &links.attributes;
    if matches(frame, ADDRESS, address)? {
        let shown = match links.longest {
            Some(longest) if address.chars().nth(longest).is_some() => {
                address.chars().take(longest).collect::<String>() + "..."
            }
            _ => address.to_owned(),
        };
        let known = address.starts_with("https://") || address.starts_with("http://");
        let scheme = if known { "" } else { "https://" };
        return Ok(format!(
            "<a href=\"{scheme}{address}\"{attributes}>{shown}</a>"
        ));
    }
    if let Some(mailbox) = address.strip_prefix("mailto:")
        && matches(frame, MAILBOX, mailbox)?
    {
        return Ok(format!("<a href=\"{address}\">{mailbox}</a>"));
    }
    let may_be_mailbox =
        !address.starts_with("www.") && !address.starts_with('@') && !address.contains(':');
    if may_be_mailbox && address.contains('@') && matches(frame, MAILBOX, address)? {
        return Ok(format!("<a href=\"mailto:{address}\">{address}</a>"));
    }
    let known = |scheme: &&String| address != scheme.as_str() && address.starts_with(*scheme);
    Ok(match links.schemes.iter().find(known) {
        Some(_) => format!("<a href=\"{address}\"{attributes}>{address}</a>"),
        None => address.to_owned(),
    })
}
