//! Query strings and forms as Python's `requests` writes them.

use serde_json::{Map, Value};

use super::address::requoted;
use crate::declarative::text::plain;

/// `application/x-www-form-urlencoded` of an object; a list repeats its name, null leaves it out.
pub fn form(fields: &Map<String, Value>) -> String {
    let mut out = String::new();
    for (name, value) in fields {
        match value {
            Value::Null => {}
            Value::Array(items) => items
                .iter()
                .filter(|item| !item.is_null())
                .for_each(|item| pair(name, item, &mut out)),
            // Iterating a dictionary gives its keys.
            Value::Object(inner) => inner
                .keys()
                .for_each(|key| pair(name, &Value::from(key.as_str()), &mut out)),
            value => pair(name, value, &mut out),
        }
    }
    out
}

fn pair(name: &str, value: &Value, out: &mut String) {
    if !out.is_empty() {
        out.push('&');
    }
    quote(name, out);
    out.push('=');
    quote(&plain(value), out);
}

/// Python's `quote_plus`.
pub fn quote(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            byte if is_unreserved(byte) => out.push(char::from(byte)),
            b' ' => out.push('+'),
            byte => percent(byte, out),
        }
    }
}

/// Letters that stand for themselves wherever they are.
pub fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'~')
}

/// `%` and two digits.
pub fn percent(byte: u8, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.push('%');
    out.push(char::from(HEX[usize::from(byte >> 4)]));
    out.push(char::from(HEX[usize::from(byte & 15)]));
}

/// The names and first values in the query of an address.
fn query_of(url: &str) -> Vec<(String, String)> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes())
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// Encodes an address and adds parameters to it. Those that stand there already, with the same value, are left out.
pub fn with_query(url: &str, params: &Map<String, Value>) -> String {
    let there = query_of(url);
    let mut seen: Vec<&str> = Vec::new();
    let mut doubled: Vec<&str> = Vec::new();
    for (name, value) in &there {
        if seen.contains(&name.as_str()) {
            continue;
        }
        seen.push(name);
        if params.get(name).is_some_and(|param| plain(param) == *value) {
            doubled.push(name);
        }
    }
    let left: Map<String, Value> = params
        .iter()
        .filter(|(name, _)| !doubled.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let (url, query) = (requoted(url), form(&left));
    if query.is_empty() {
        return url;
    }
    let (address, fragment) = match url.split_once('#') {
        Some((address, fragment)) => (address, Some(fragment)),
        None => (url.as_str(), None),
    };
    let joint = if address.contains('?') { '&' } else { '?' };
    match fragment {
        Some(fragment) => format!("{address}{joint}{query}#{fragment}"),
        None => format!("{address}{joint}{query}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn writes_forms_like_python() {
        let fields =
            json!({"a": "x y&z", "b": [1, "2"], "c": true, "d": null, "e": 1.5, "ü": "~*"});
        assert_eq!(
            form(fields.as_object().unwrap()),
            "a=x+y%26z&b=1&b=2&c=True&e=1.5&%C3%BC=~%2A"
        );
    }

    #[test]
    fn adds_what_is_not_there() {
        let cases = [
            ("https://a/b", json!({"p": 1}), "https://a/b?p=1"),
            (
                "https://a/b?p=1",
                json!({"p": 1, "q": "2"}),
                "https://a/b?p=1&q=2",
            ),
            ("https://a/b?p=1", json!({"p": 2}), "https://a/b?p=1&p=2"),
            ("https://a/b?", json!({"p": 2}), "https://a/b?p=2"),
            ("https://a/b", json!({}), "https://a/b"),
            (
                "https://a/b|c?f[x]=1#d",
                json!({"f[x]": 1, "p": "|"}),
                "https://a/b%7Cc?f%5Bx%5D=1&p=%7C#d",
            ),
        ];
        for (url, params, expected) in cases {
            assert_eq!(with_query(url, params.as_object().unwrap()), expected);
        }
    }
}
