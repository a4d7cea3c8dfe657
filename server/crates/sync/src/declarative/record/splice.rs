//! An object copied as text, some of its members left out, replaced or added; what is between them stays as it is.

use serde::Serialize;
use serde_json::Value;

use super::members::Member;
use crate::fault::Fault;

/// Where text goes: among bytes, or where it has to stay text.
pub trait Out {
    fn put(&mut self, text: &str);
}

impl Out for Vec<u8> {
    fn put(&mut self, text: &str) {
        self.extend_from_slice(text.as_bytes());
    }
}

impl Out for String {
    fn put(&mut self, text: &str) {
        self.push_str(text);
    }
}

pub struct Splice<'t, 'o, O> {
    text: &'t str,
    /// What was copied or left out so far.
    done: usize,
    out: &'o mut O,
    is_empty: bool,
}

impl<'t, 'o, O: Out> Splice<'t, 'o, O> {
    /// Of an object without anything around it.
    pub fn new(text: &'t str, out: &'o mut O) -> Self {
        out.put("{");
        Self {
            text,
            done: 1,
            out,
            is_empty: true,
        }
    }

    /// Copies what stands before the member, and leaves the member out.
    pub fn leave_out(&mut self, member: &Member<'_>) {
        self.copy(member.from);
        self.done = member.to;
    }

    pub fn add(&mut self, name: &str, value: &Value) -> Result<(), Fault> {
        let out = self.begin(name)?;
        match value {
            Value::String(text) => put_text(out, text),
            value => json(value).map(|value| out.put(&value)),
        }
    }

    /// Begins a member, the value of which goes to what is returned.
    pub fn begin(&mut self, name: &str) -> Result<&mut O, Fault> {
        self.comma();
        put_text(self.out, name)?;
        self.out.put(":");
        Ok(self.out)
    }

    /// Copies the rest, all but the closing brace.
    pub fn rest(&mut self) {
        self.copy(self.text.len() - 1);
    }

    pub fn finish(self) {
        self.out.put("}");
    }

    fn copy(&mut self, to: usize) {
        let space = |c: char| c.is_ascii_whitespace();
        let between = self.text.get(self.done..to).unwrap_or_default();
        let between = between.trim_matches(space);
        let between = between.strip_prefix(',').unwrap_or(between);
        let between = between.strip_suffix(',').unwrap_or(between);
        let between = between.trim_matches(space);
        if !between.is_empty() {
            self.comma();
            self.out.put(between);
        }
    }

    fn comma(&mut self) {
        if !self.is_empty {
            self.out.put(",");
        }
        self.is_empty = false;
    }
}

/// Most texts stand in JSON as they are, and are not written twice.
fn put_text(out: &mut impl Out, text: &str) -> Result<(), Fault> {
    let escaped = |byte: u8| byte < b' ' || matches!(byte, b'"' | b'\\');
    if text.bytes().any(escaped) {
        out.put(&json(text)?);
    } else {
        out.put("\"");
        out.put(text);
        out.put("\"");
    }
    Ok(())
}

fn json(value: &(impl Serialize + ?Sized)) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|error| unwritable(&error))
}

/// What never happens: all that a record holds can be written.
pub fn unwritable(error: &serde_json::Error) -> Fault {
    Fault::bug("A record could not be written.").with_detail(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::members::Members;
    use super::*;

    #[test]
    fn members_go_and_come() {
        let cases = [
            ("{}", "", "{N}"),
            (r#"{"a":1}"#, "a", "{N}"),
            (r#"{"a":1,"b":2,"c":3}"#, "a", r#"{"b":2,"c":3,N}"#),
            (r#"{"a":1,"b":2,"c":3}"#, "b", r#"{"a":1,"c":3,N}"#),
            (r#"{"a":1,"b":2,"c":3}"#, "c", r#"{"a":1,"b":2,N}"#),
            (r#"{"a":1,"b":2,"c":3}"#, "abc", "{N}"),
            (r#"{ "a" : 1 , "b" : ",," }"#, "a", r#"{"b" : ",,",N}"#),
            (r#"{ "a" : 1 , "b" : ",," }"#, "b", r#"{"a" : 1,N}"#),
        ];
        for (text, without, expected) in cases {
            let mut out = String::new();
            let mut splice = Splice::new(text, &mut out);
            for member in Members::of(text).filter(|member| without.contains(member.key)) {
                splice.leave_out(&member);
            }
            splice.rest();
            splice.add("n", &Value::from("x")).unwrap();
            splice.finish();
            let expected = expected.replace('N', r#""n":"x""#);
            assert_eq!(out, expected, "{text}");
        }
    }

    #[test]
    fn every_value_is_written_as_json() {
        for value in ["é 7", "a\"b", "a\\b", "line\nbreak", "\u{1}", "\u{7f}", ""] {
            let value = Value::from(value);
            let mut out = String::new();
            let mut splice = Splice::new("{}", &mut out);
            splice.add(value.as_str().unwrap(), &value).unwrap();
            splice.finish();
            assert_eq!(out, format!("{{{value}:{value}}}"));
        }
    }
}
