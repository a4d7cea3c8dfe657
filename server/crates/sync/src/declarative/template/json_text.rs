//! JSON as Python's `json.dumps` writes it: spaces after separators, everything beyond ASCII escaped.

use std::fmt::Write as _;

use serde_json::Value;

use super::number::float_text;

/// `json.dumps(value)`.
pub fn python(value: &Value) -> String {
    let mut out = String::new();
    Writer {
        sorted: false,
        indent: None,
    }
    .write(value, 0, &mut out);
    out
}

/// `json.dumps(value, sort_keys=True, indent=indent)`.
pub fn sorted(value: &Value, indent: Option<usize>) -> String {
    let mut out = String::new();
    Writer {
        sorted: true,
        indent,
    }
    .write(value, 0, &mut out);
    out
}

struct Writer {
    sorted: bool,
    indent: Option<usize>,
}

impl Writer {
    fn write(&self, value: &Value, depth: usize, out: &mut String) {
        match value {
            Value::Null => out.push_str("null"),
            Value::Bool(value) => _ = write!(out, "{value}"),
            Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
                Some(float) => out.push_str(&float_text(float)),
                None => _ = write!(out, "{number}"),
            },
            Value::String(text) => quoted(text, out),
            Value::Array(items) => self.items(items, depth, out),
            Value::Object(map) => self.entries(map, depth, out),
        }
    }

    fn items(&self, items: &[Value], depth: usize, out: &mut String) {
        out.push('[');
        for (at, item) in items.iter().enumerate() {
            self.separate(at, depth + 1, out);
            self.write(item, depth + 1, out);
        }
        self.close(items.len(), depth, ']', out);
    }

    fn entries(&self, map: &serde_json::Map<String, Value>, depth: usize, out: &mut String) {
        let mut entries: Vec<_> = map.iter().collect();
        if self.sorted {
            entries.sort_by_key(|(key, _)| *key);
        }
        out.push('{');
        for (at, (key, value)) in entries.into_iter().enumerate() {
            self.separate(at, depth + 1, out);
            quoted(key, out);
            out.push_str(": ");
            self.write(value, depth + 1, out);
        }
        self.close(map.len(), depth, '}', out);
    }

    fn separate(&self, at: usize, depth: usize, out: &mut String) {
        match (at, self.indent) {
            (0, None) => {}
            (_, None) => out.push_str(", "),
            (at, Some(indent)) => {
                out.push_str(if at == 0 { "\n" } else { ",\n" });
                out.push_str(&" ".repeat(indent * depth));
            }
        }
    }

    fn close(&self, length: usize, depth: usize, bracket: char, out: &mut String) {
        if let (Some(indent), true) = (self.indent, length > 0) {
            out.push('\n');
            out.push_str(&" ".repeat(indent * depth));
        }
        out.push(bracket);
    }
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}
