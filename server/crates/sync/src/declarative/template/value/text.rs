//! What a value looks like in text: Python's `str` and `repr`.

use std::fmt::Write as _;

use serde_json::Value;

use super::super::number::float_text;
use super::{Special, Val};

/// Deeper values are those that hold themselves.
const DEEPEST: usize = 120;

/// `str(value)`.
pub fn text(value: &Val<'_>) -> String {
    match value {
        Val::Text(text) => text.clone().into_owned(),
        Val::Undefined(_) => String::new(),
        Val::Time(moment) => moment.text(' '),
        Val::Date(date) => crate::declarative::datetime::date_text(*date),
        Val::Span(span) => span.text(),
        other => repr(other),
    }
}

/// `repr(value)`.
pub fn repr(value: &Val<'_>) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out
}

fn write(value: &Val<'_>, depth: usize, out: &mut String) {
    if depth > DEEPEST {
        out.push_str("...");
        return;
    }
    match value {
        Val::Undefined(_) => out.push_str("Undefined"),
        Val::None => out.push_str("None"),
        Val::Bool(value) => out.push_str(if *value { "True" } else { "False" }),
        Val::Int(value) => _ = write!(out, "{value}"),
        Val::Float(value) => out.push_str(&float_text(*value)),
        Val::Text(text) => repr_text(text, out),
        Val::Bytes(bytes) => write_bytes(bytes, out),
        Val::Array(items) => write_array(items, out),
        Val::Object(map) | Val::Headers(map) => write_object(map.iter(), out),
        Val::Slice(slice) => write_object(slice.pairs(), out),
        Val::List(items) => write_items(&items.borrow(), ('[', ']'), depth, out),
        Val::Tuple(items) => write_items(items, ('(', ')'), depth, out),
        Val::Dict(pairs) => write_pairs(&pairs.borrow(), depth, out),
        Val::Namespace(pairs) => {
            out.push_str("<Namespace ");
            write_pairs(&pairs.borrow(), depth, out);
            out.push('>');
        }
        Val::Time(moment) => out.push_str(&moment.repr()),
        Val::Date(date) => {
            _ = write!(
                out,
                "datetime.date({}, {}, {})",
                date.year(),
                u8::from(date.month()),
                date.day()
            );
        }
        Val::Span(span) => out.push_str(&span.repr()),
        Val::Method(bound) => {
            _ = write!(
                out,
                "<built-in method {} of {} object>",
                bound.1,
                bound.0.kind()
            );
        }
        Val::Function(name) => match *name {
            "dict" => out.push_str("<class 'dict'>"),
            "cycler" => out.push_str("<class 'jinja2.utils.Cycler'>"),
            "joiner" => out.push_str("<class 'jinja2.utils.Joiner'>"),
            "namespace" => out.push_str("<class 'jinja2.utils.Namespace'>"),
            name => _ = write!(out, "<function {name}>"),
        },
        Val::Special(special) => write_special(special, depth, out),
    }
}

fn write_special(special: &Special<'_>, depth: usize, out: &mut String) {
    match special {
        Special::Macro(written, _) if written.name.is_empty() => out.push_str("<Macro anonymous>"),
        Special::Macro(written, _) => {
            out.push_str("<Macro ");
            repr_text(&written.name, out);
            out.push('>');
        }
        Special::Loop(each) => {
            let (at, length) = (each.at.get() + 1, each.items.len());
            _ = write!(out, "<LoopContext {at}/{length}>");
        }
        Special::Cycler(..) | Special::Joiner(..) => {
            _ = write!(out, "<jinja2.utils.{} object>", special.kind());
        }
        Special::Template(_) => out.push_str("<TemplateReference None>"),
        Special::Block(block) => {
            out.push_str("<BlockReference ");
            repr_text(&block.name, out);
            out.push('>');
        }
        Special::View(mapping, _) => {
            out.push_str(special.kind());
            out.push('(');
            match (mapping, special.items()) {
                (Val::Headers(_), _) | (_, Err(_)) => write(mapping, depth + 1, out),
                (_, Ok(items)) => write_items(&items, ('[', ']'), depth + 1, out),
            }
            out.push(')');
        }
    }
}

fn write_items(items: &[Val<'_>], brackets: (char, char), depth: usize, out: &mut String) {
    out.push(brackets.0);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        write(item, depth + 1, out);
    }
    if brackets.0 == '(' && items.len() == 1 {
        out.push(',');
    }
    out.push(brackets.1);
}

fn write_pairs(pairs: &[(Val<'_>, Val<'_>)], depth: usize, out: &mut String) {
    out.push('{');
    for (at, (key, value)) in pairs.iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        write(key, depth + 1, out);
        out.push_str(": ");
        write(value, depth + 1, out);
    }
    out.push('}');
}

/// JSON as Python shows it.
pub fn json_repr(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => repr_text(text, out),
        Value::Array(items) => write_array(items, out),
        Value::Object(map) => write_object(map.iter(), out),
        scalar => write(&Val::from_json(scalar), 0, out),
    }
}

fn write_array(items: &[Value], out: &mut String) {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        json_repr(item, out);
    }
    out.push(']');
}

fn write_object<'a>(entries: impl Iterator<Item = (&'a String, &'a Value)>, out: &mut String) {
    out.push('{');
    for (at, (key, value)) in entries.enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        repr_text(key, out);
        out.push_str(": ");
        json_repr(value, out);
    }
    out.push('}');
}

/// Quoted text: single quotes, unless only those are inside.
pub fn repr_text(text: &str, out: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if printable(c) => out.push(c),
            c => write_code(u32::from(c), out),
        }
    }
    out.push(quote);
}

fn write_code(code: u32, out: &mut String) {
    _ = match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

/// Close to Python's `isprintable`: what differs is only shown differently and reads back the same.
fn printable(c: char) -> bool {
    let formats = matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{e000}'..='\u{f8ff}' | '\u{fff0}'..='\u{fffb}'
    );
    c == ' ' || !(c.is_control() || c.is_whitespace() || formats)
}

fn write_bytes(bytes: &[u8], out: &mut String) {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') {
        '"'
    } else {
        '\''
    };
    out.extend(['b', quote]);
    for byte in bytes {
        match *byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            byte if char::from(byte) == quote => out.extend(['\\', quote]),
            0x20..=0x7e => out.push(char::from(*byte)),
            _ => _ = write!(out, "\\x{byte:02x}"),
        }
    }
    out.push(quote);
}

/// Bytes in hexadecimal digits.
pub fn hex_text(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        _ = write!(out, "{byte:02x}");
    }
    out
}
