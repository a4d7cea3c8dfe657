//! Filters of the low-code language (hashes, base64, patterns) and those that write JSON and addresses.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{KeyInit as _, Mac as _};
use sha2::Digest as _;

use super::super::error::TemplateError;
use super::super::eval::{Arguments, Frame, Result, size_of, text_of};
use super::super::functions::quote;
use super::super::json_text;
use super::super::pattern::{expand, failed};
use super::super::value::{Val, hex_text, text, to_json};
use super::{Run, plain};

pub fn find(name: &str) -> Option<Run> {
    Some(match name {
        "hash" => hash,
        "hmac" => hmac,
        "base64encode" => |frame, value, args| {
            plain(frame, value, args, |frame, value| {
                // Python asks the value for `encode`: what is no text has none
                let Val::Text(plain) = value else {
                    return Err(no_method(value, "encode"));
                };
                frame.text(STANDARD.encode(plain.as_bytes()))
            })
        },
        "base64decode" => |frame, value, args| plain(frame, value, args, base64decode),
        "base64binascii_decode" => |frame, value, args| {
            plain(frame, value, args, |frame, value| match value {
                Val::Text(plain) if plain.is_ascii() => {
                    frame.text(STANDARD.encode(plain.as_bytes()))
                }
                Val::Text(_) => Err(TemplateError::value(
                    "'ascii' codec can't encode characters",
                )),
                other => Err(no_method(other, "encode")),
            })
        },
        "string" => |frame, value, args| plain(frame, value, args, quoted_json),
        "regex_search" => regex_search,
        "regex_replace" => regex_replace,
        "tojson" => tojson,
        "urlencode" => |frame, value, args| plain(frame, value, args, urlencode),
        _ => return None,
    })
}

fn no_method(value: &Val<'_>, name: &str) -> TemplateError {
    value.missing().unwrap_or_else(|| {
        TemplateError::value(format!(
            "'{}' object has no attribute '{name}'",
            value.kind()
        ))
    })
}

fn hash<'a>(frame: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [kind, salt] = args.bind(["hash_type", "salt"], 0)?;
    let kind = match &kind {
        Some(kind) => text_of(kind)?.to_owned(),
        None => "md5".to_owned(),
    };
    let mut input = text(value);
    if let Some(salt) = salt.filter(Val::truth) {
        input.push_str(&text(&salt));
    }
    let digest = digest(&kind, input.as_bytes())
        .ok_or_else(|| TemplateError::value(format!("No hashing function named {kind}")))?;
    frame.text(digest)
}

fn digest(kind: &str, input: &[u8]) -> Option<String> {
    Some(match kind {
        "md5" => hex_text(&md5::Md5::digest(input)),
        "sha1" => hex_text(&sha1::Sha1::digest(input)),
        "sha224" => hex_text(&sha2::Sha224::digest(input)),
        "sha256" => hex_text(&sha2::Sha256::digest(input)),
        "sha384" => hex_text(&sha2::Sha384::digest(input)),
        "sha512" => hex_text(&sha2::Sha512::digest(input)),
        _ => return None,
    })
}

fn hmac<'a>(frame: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [key, kind] = args.bind(["key", "hash_type"], 1)?;
    if let Some(kind) = kind.filter(|kind| kind.as_text() != Some("sha256")) {
        return Err(TemplateError::value(format!(
            "Hash type '{}' is not allowed. Allowed types: sha256",
            text(&kind)
        )));
    }
    let key = key.map(|key| text(&key)).unwrap_or_default();
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes())
        .map_err(|error| TemplateError::value(error.to_string()))?;
    mac.update(text(value).as_bytes());
    frame.text(hex_text(&mac.finalize().into_bytes()))
}

/// Python's decoder skips what is no base64 at all.
fn base64decode<'a>(frame: &mut Frame<'a>, value: &Val<'a>) -> Result<Val<'a>> {
    let Val::Text(encoded) = value else {
        return Err(no_method(value, "encode"));
    };
    let good = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let encoded: String = encoded.chars().filter(good).collect();
    let bytes = STANDARD
        .decode(encoded)
        .map_err(|error| TemplateError::value(format!("Incorrect padding: {error}")))?;
    let decoded = String::from_utf8(bytes)
        .map_err(|error| TemplateError::value(format!("'utf-8' codec can't decode: {error}")))?;
    frame.text(decoded)
}

/// Texts stay; everything else becomes JSON in three quotes, so that it stays text to the end.
fn quoted_json<'a>(frame: &mut Frame<'a>, value: &Val<'a>) -> Result<Val<'a>> {
    if let Val::Text(_) = value {
        return Ok(value.clone());
    }
    let json = json_of(value)?;
    frame.text(format!("\"\"\"{}\"\"\"", json_text::python(&json)))
}

fn json_of(value: &Val<'_>) -> Result<serde_json::Value> {
    to_json(value).ok_or_else(|| {
        TemplateError::kind(format!(
            "Object of type {} is not JSON serializable",
            value.kind().rsplit('.').next().unwrap_or_default()
        ))
    })
}

fn regex_search<'a>(
    frame: &mut Frame<'a>,
    value: &Val<'a>,
    args: Arguments<'a>,
) -> Result<Val<'a>> {
    let pattern = args.one("regex")?;
    let regex = frame.regex(text_of(&pattern)?)?;
    let subject = text_of(value)?;
    let found = regex.captures(subject).map_err(|error| failed(&error))?;
    let Some(found) = found.filter(|found| found.len() > 1) else {
        return Ok(Val::owned(""));
    };
    // a group that took no part is None
    match found.get(1) {
        Some(group) => frame.text(group.as_str()),
        None => Ok(Val::None),
    }
}

fn regex_replace<'a>(
    frame: &mut Frame<'a>,
    value: &Val<'a>,
    args: Arguments<'a>,
) -> Result<Val<'a>> {
    let [pattern, replacement] = args.bind(["regex", "replacement"], 2)?;
    let (pattern, replacement) = (
        pattern.unwrap_or(Val::None),
        replacement.unwrap_or(Val::None),
    );
    let regex = frame.regex(text_of(&pattern)?)?;
    let replacement = text_of(&replacement)?;
    let subject = text_of(value)?;
    let mut out = String::new();
    let mut last = 0;
    for found in regex.captures_iter(subject) {
        let found = found.map_err(|error| failed(&error))?;
        let Some(whole) = found.get(0) else { continue };
        out.push_str(&subject[last..whole.start()]);
        let expanded = expand(replacement, &found)?;
        frame.write(expanded.len())?;
        out.push_str(&expanded);
        last = whole.end();
    }
    out.push_str(&subject[last..]);
    frame.text(out)
}

/// JSON with sorted keys, safe inside of HTML.
fn tojson<'a>(frame: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [indent] = args.bind(["indent"], 0)?;
    let indent = match indent {
        None | Some(Val::None) => None,
        Some(indent) => Some(size_of(&indent)?.min(64)),
    };
    let json = json_text::sorted(&json_of(value)?, indent);
    let safe = json
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\'', "\\u0027");
    frame.text(safe)
}

/// One text, or the pairs of a mapping as a query.
fn urlencode<'a>(frame: &mut Frame<'a>, value: &Val<'a>) -> Result<Val<'a>> {
    let plus = |value: &Val<'a>| quote(&text(value), "").replace("%20", "+");
    let pairs = match value {
        Val::Text(plain) => return frame.text(quote(plain, "/")),
        other => match other.pairs() {
            Some(pairs) => pairs,
            None if other.sequence().is_some() || is_view(other) => pairs_of(other)?,
            None => return frame.text(quote(&text(other), "/")),
        },
    };
    let parts: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{}={}", plus(key), plus(value)))
        .collect();
    frame.text(parts.join("&"))
}

fn is_view(value: &Val<'_>) -> bool {
    matches!(value, Val::Special(special) if special.items().is_ok())
}

fn pairs_of<'a>(value: &Val<'a>) -> Result<Vec<(Val<'a>, Val<'a>)>> {
    let pair = |item: Val<'a>| match <[Val<'a>; 2]>::try_from(item.items()?) {
        Ok([key, value]) => Ok((key, value)),
        Err(_) => Err(TemplateError::value(
            "not enough values to unpack (expected 2)",
        )),
    };
    value.items()?.into_iter().map(pair).collect()
}
