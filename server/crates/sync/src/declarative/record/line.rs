//! A record as one line of JSON, without the fields that hold nothing: the Python runtime leaves them out.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde_json::{Map, Value};

use super::members::Members;
use super::splice::{Splice, unwritable};
use crate::fault::Fault;
use crate::sources::postgres::one_line;

/// Few records hold it, and finding that out is quicker than looking at each field.
static NULL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("null"));

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
        written.map_err(|error| unwritable(&error))?;
    }
    out.push(b'}');
    Ok(())
}

/// Writes an object that is still text. Its JSON is known to be valid.
pub fn text(raw: &str, out: &mut Vec<u8>) {
    let raw = raw.trim();
    let from = out.len();
    if NULL.find(raw.as_bytes()).is_none() {
        out.extend_from_slice(raw.as_bytes());
    } else {
        let mut splice = Splice::new(raw, out);
        for member in Members::of(raw).filter(|member| member.value == "null") {
            splice.leave_out(&member);
        }
        splice.rest();
        splice.finish();
    }
    one_line(&mut out[from..]);
}

/// One member of an object that is text, without reading those after it.
pub fn find<'t>(raw: &'t str, name: &str) -> Option<&'t str> {
    let raw = raw.trim();
    if !raw.starts_with('{') {
        return None;
    }
    Members::of(raw)
        .find(|member| member.key == name)
        .map(|member| member.value)
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
                r#"{"b" : [null, {"c":null}], "d\"":"null,}"}"#,
            ),
            (r#"{"a":null}"#, "{}"),
            ("{}", "{}"),
            (
                "{\n\"a\":\n1.50,\"n\":null,\"z\":{}}",
                "{\"a\": 1.50,\"z\":{}}",
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
