//! Numbers that JSON does not have, but Python's `json` writes and reads: `NaN`, `Infinity` and `-Infinity`. They are
//! null, which is what becomes of them when they are written again.

use memchr::{memchr2, memchr3};
use serde_json::Value;

/// The document with null in their place; nothing where it has none of them.
pub fn as_null(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    // Where the search is, and how far the text was copied.
    let (mut at, mut copied) = (0, 0);
    while let Some(found) = memchr3(b'"', b'N', b'I', &bytes[at..]) {
        at += found;
        if bytes[at] == b'"' {
            at = behind_string(bytes, at + 1);
            continue;
        }
        let rest = &text[at..];
        let Some(word) = ["NaN", "Infinity"]
            .into_iter()
            .find(|word| rest.starts_with(word))
        else {
            at += 1;
            continue;
        };
        let before = &text[copied..at];
        let before = match word {
            "Infinity" => before.strip_suffix('-').unwrap_or(before),
            _ => before,
        };
        out.push_str(before);
        out.push_str("null");
        at += word.len();
        copied = at;
    }
    if copied == 0 {
        return None;
    }
    out.push_str(&text[copied..]);
    Some(out)
}

/// Where what follows a string begins, of which the first quotation mark is left behind.
fn behind_string(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(found) = memchr2(b'"', b'\\', &bytes[at..]) {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at = (at + 2).min(bytes.len());
    }
    bytes.len()
}

/// A document as a tree; nothing where it is broken.
pub fn tree(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok().or_else(|| {
        let mended = as_null(std::str::from_utf8(bytes).ok()?)?;
        serde_json::from_str(&mended).ok()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_numbers_are_replaced() {
        let cases = [
            (
                r#"{"a":NaN,"b":[Infinity,-Infinity, 1]}"#,
                Some(r#"{"a":null,"b":[null,null, 1]}"#),
            ),
            (
                r#"{"NaN":"é \" NaN, -Infinity \\","x":NaN}"#,
                Some(r#"{"NaN":"é \" NaN, -Infinity \\","x":null}"#),
            ),
            ("NaN", Some("null")),
            (r#"{"a":"NaN","b":-1,"c":[]}"#, None),
            (r#"{"a": No, "b": It}"#, None),
            (r#""NaN"#, None),
            (r#""NaN\"#, None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(as_null(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_python_refuses_stays_broken() {
        for text in ["[-NaN]", "[1NaN]", "[NaNx]", "[+Infinity]", "[NaN", "[nan]"] {
            assert_eq!(tree(text.as_bytes()), None, "{text}");
        }
        assert_eq!(tree(b"[1,NaN]"), Some(json!([1, null])));
        assert_eq!(tree(b"[1]"), Some(json!([1])));
    }
}
