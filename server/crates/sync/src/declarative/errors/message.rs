//! The words of an API inside an error answer.

use serde_json::Value;

use crate::declarative::manifest::is_true;
use crate::declarative::request::Page;

/// Fields that hold a message, the best first.
const NAMES: [&str; 12] = [
    "message",
    "messages",
    "error",
    "errors",
    "failures",
    "failure",
    "detail",
    "err",
    "error_message",
    "msg",
    "reason",
    "status_message",
];

/// What the answer says went wrong, if it says so in JSON or in text.
pub fn error_text(page: &Page) -> Option<String> {
    match page.json() {
        Some(body) => find(body),
        None => Some(page.text()),
    }
}

fn find(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().filter_map(find).collect();
            Some(texts.join(", "))
        }
        Value::Object(fields) => {
            let found = NAMES
                .iter()
                .filter_map(|name| fields.get(*name))
                .find(|value| is_true(value));
            found.and_then(find)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_the_message() {
        let cases = [
            (json!({"error": {"message": "no"}}), Some("no")),
            (json!({"errors": [{"detail": "a"}, "b", 1]}), Some("a, b")),
            (json!({"message": "", "reason": "why"}), Some("why")),
            (json!({"other": 1}), None),
        ];
        for (body, expected) in cases {
            assert_eq!(find(&body).as_deref(), expected, "{body}");
        }
    }
}
