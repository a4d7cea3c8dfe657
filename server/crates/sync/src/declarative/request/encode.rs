//! Query strings and forms as Python's `requests` writes them.

use serde_json::{Map, Value};

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
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            byte => {
                out.push('%');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
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

/// Adds parameters to an address. Those that stand there already, with the same value, are left out.
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
    let query = form(&left);
    if query.is_empty() {
        return url.to_owned();
    }
    let (address, fragment) = match url.split_once('#') {
        Some((address, fragment)) => (address, Some(fragment)),
        None => (url, None),
    };
    let joint = match address.find('?') {
        None => "?",
        Some(at) if at + 1 == address.len() => "",
        Some(_) => "&",
    };
    match fragment {
        Some(fragment) => format!("{address}{joint}{query}#{fragment}"),
        None => format!("{address}{joint}{query}"),
    }
}

/// Joins a base and a path: one slash between, and a path that is a whole address stands alone.
pub fn join(base: &str, path: &str) -> String {
    if path.is_empty() {
        return base.to_owned();
    }
    if path.starts_with("http://") || path.starts_with("https://") {
        return path.to_owned();
    }
    let base = if base.ends_with('/') {
        base.to_owned()
    } else {
        format!("{base}/")
    };
    // `urljoin` resolves dots, absolute paths and bare queries; odd paths with a colon would read as a scheme.
    let resolves =
        path.starts_with(['/', '?', '#', '.']) || path.contains("/../") || path.contains("/./");
    let joined = url::Url::parse(&base)
        .ok()
        .filter(|_| resolves)
        .and_then(|base| base.join(path).ok());
    joined.map_or_else(|| format!("{base}{path}"), String::from)
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
        ];
        for (url, params, expected) in cases {
            assert_eq!(with_query(url, params.as_object().unwrap()), expected);
        }
    }

    #[test]
    fn joins_base_and_path() {
        let cases = [
            ("https://a/v1/", "users", "https://a/v1/users"),
            ("https://a/v1", "users", "https://a/v1/users"),
            ("https://a/v1", "", "https://a/v1"),
            ("https://a/v1", "https://b/next?x=1", "https://b/next?x=1"),
            ("https://a/v1", "items/a:b", "https://a/v1/items/a:b"),
            ("https://a/v1/", "/next?x=1", "https://a/next?x=1"),
        ];
        for (base, path, expected) in cases {
            assert_eq!(join(base, path), expected, "{base} {path}");
        }
    }
}
