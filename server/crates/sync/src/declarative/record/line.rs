//! A record as one line of JSON, without the fields that hold nothing: the Python runtime leaves them out.

use memchr::memmem;
use serde_json::{Map, Value};

use crate::fault::Fault;
use crate::sources::postgres::json_line;

/// Writes an object that was read as a tree.
pub fn tree(fields: &Map<String, Value>, out: &mut Vec<u8>) -> Result<(), Fault> {
    out.push(b'{');
    let mut first = true;
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
        if !first {
            out.push(b',');
        }
        first = false;
        let written = serde_json::to_writer(&mut *out, name).and_then(|()| {
            out.push(b':');
            serde_json::to_writer(&mut *out, value)
        });
        written.map_err(|error| {
            Fault::bug("A record could not be written.").with_detail(error.to_string())
        })?;
    }
    out.push(b'}');
    Ok(())
}

/// Writes an object that is still text. Its JSON is known to be valid.
pub fn text(raw: &str, out: &mut Vec<u8>) {
    let raw = raw.trim().as_bytes();
    if memmem::find(raw, b"null").is_none() {
        return json_line(raw, out);
    }
    let mut rest = &raw[1..];
    out.push(b'{');
    let mut first = true;
    while let Some(member) = member(&mut rest) {
        if member.value == b"null" {
            continue;
        }
        if !first {
            out.push(b',');
        }
        first = false;
        out.extend_from_slice(member.key);
        out.push(b':');
        json_line(member.value, out);
    }
    out.push(b'}');
}

/// One member of an object that is text, without reading those after it.
pub fn find<'t>(raw: &'t str, name: &str) -> Option<&'t [u8]> {
    let mut rest = raw.trim().as_bytes().strip_prefix(b"{")?;
    while let Some(member) = member(&mut rest) {
        let key = &member.key[1..member.key.len() - 1];
        if key == name.as_bytes() {
            return Some(member.value);
        }
    }
    None
}

struct Member<'a> {
    /// With its quotation marks.
    key: &'a [u8],
    value: &'a [u8],
}

/// The next member of an object; nothing at its end.
fn member<'a>(rest: &mut &'a [u8]) -> Option<Member<'a>> {
    skip(rest);
    if rest.first() == Some(&b',') {
        *rest = &rest[1..];
        skip(rest);
    }
    if rest.first() != Some(&b'"') {
        return None;
    }
    let (key, after) = rest.split_at_checked(string(rest)?)?;
    *rest = after;
    skip(rest);
    *rest = rest.strip_prefix(b":")?;
    skip(rest);
    let (value, after) = rest.split_at_checked(value(rest)?)?;
    *rest = after;
    Some(Member { key, value })
}

fn skip(rest: &mut &[u8]) {
    *rest = rest.trim_ascii_start();
}

/// The length of a string, quotation marks included.
fn string(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The length of a value.
fn value(bytes: &[u8]) -> Option<usize> {
    match bytes.first()? {
        b'"' => string(bytes),
        b'{' | b'[' => {
            let (mut at, mut depth) = (0, 0_u32);
            loop {
                match bytes.get(at)? {
                    b'"' => at += string(&bytes[at..])?,
                    b'{' | b'[' => {
                        depth += 1;
                        at += 1;
                    }
                    b'}' | b']' => {
                        depth -= 1;
                        at += 1;
                        if depth == 0 {
                            return Some(at);
                        }
                    }
                    _ => at += 1,
                }
            }
        }
        _ => bytes
            .iter()
            .position(|byte| matches!(byte, b',' | b'}') || byte.is_ascii_whitespace()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_leave_out_what_holds_nothing() {
        let cases = [
            (r#"{"a":1,"b":null}"#, r#"{"a":1}"#),
            (
                r#"{ "a" : null , "b" : [null, {"c":null}], "d\"":"null,}" }"#,
                r#"{"b":[null, {"c":null}],"d\"":"null,}"}"#,
            ),
            (r#"{"a":null}"#, "{}"),
            ("{}", "{}"),
            (
                "{\n\"a\":\n1.50,\"n\":null,\"z\":{}}",
                "{\"a\":1.50,\"z\":{}}",
            ),
        ];
        for (raw, expected) in cases {
            let mut out = Vec::new();
            text(raw, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
            let fields: Map<String, Value> = serde_json::from_str(raw).unwrap();
            let mut out = Vec::new();
            tree(&fields, &mut out).unwrap();
            let ours: Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(ours, serde_json::from_str::<Value>(expected).unwrap());
        }
    }
}
