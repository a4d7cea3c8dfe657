//! The record of a line with its numbers as they were sent: one that a number of the machine would change stays text.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Number, Value};

/// Levels of a record that are looked at number by number. Each is a pass over the text; what lies deeper is read in one.
const DEEPEST: usize = 8;
/// Where the values of a record's own fields lie: what a page shows in a cell of its own.
const CELL: usize = 1;
/// Digits that a number of the machine always keeps.
const KEPT: usize = 15;

#[derive(serde::Deserialize)]
struct Line<'l> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'l, str>,
    #[serde(default, borrow)]
    record: Option<Sent<'l>>,
}

#[derive(serde::Deserialize)]
struct Sent<'l> {
    #[serde(borrow)]
    data: &'l RawValue,
}

/// The record of one line; `None` when the line is none.
pub(super) fn record(line: &[u8]) -> Option<Value> {
    let Line { kind, record } = serde_json::from_slice(line).ok()?;
    let sent = record.filter(|_| kind == "RECORD")?;
    value(sent.data, 0)
}

fn value(raw: &RawValue, depth: usize) -> Option<Value> {
    let text = raw.get().trim();
    if depth > DEEPEST {
        return serde_json::from_str(text).ok();
    }
    match text.as_bytes().first()? {
        b'{' => {
            let Members(members) = serde_json::from_str(text).ok()?;
            let members = members.into_iter();
            members
                .map(|(name, raw)| Some((name, value(raw, depth + 1)?)))
                .collect::<Option<_>>()
                .map(Value::Object)
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            let items = items.into_iter();
            items.map(|raw| value(raw, depth + 1)).collect()
        }
        b'-' | b'0'..=b'9' => Some(number(text, depth)),
        _ => serde_json::from_str(text).ok(),
    }
}

/// In a cell of its own each digit counts, such as the zeros of 1.00. Further inside, where text would show its quotes, only
/// what would be another number is text.
fn number(text: &str, depth: usize) -> Value {
    match serde_json::from_str::<Number>(text) {
        Ok(number) if number.to_string() == text => number.into(),
        Ok(number) if depth > CELL && digits(text) <= KEPT => number.into(),
        _ => text.into(),
    }
}

/// How many digits say something.
fn digits(number: &str) -> usize {
    let exponent = number.find(['e', 'E']).unwrap_or(number.len());
    let digits: String = number[..exponent]
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    digits.trim_matches('0').len()
}

/// Names with values, in order.
struct Members<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry::<String, &'de RawValue>()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(data: &str) -> Option<Value> {
        let line = format!(
            r#"{{"type": "RECORD", "record": {{"stream": "things", "data": {data}, "emitted_at": 1}}}}"#
        );
        record(line.as_bytes())
    }

    #[test]
    fn no_digit_of_a_cell_is_lost() {
        let sent = r#"{"whole": 7, "half": 0.5, "zeros": 1.0000000000, "far": 1e400,
            "long": 1234567890123456789012345678.0123456789, "most": 18446744073709551615, "text": "1.50"}"#;
        let expected = json!({
            "whole": 7, "half": 0.5, "zeros": "1.0000000000", "far": "1e400",
            "long": "1234567890123456789012345678.0123456789", "most": 18_446_744_073_709_551_615_u64, "text": "1.50",
        });
        assert_eq!(read(sent), Some(expected));
    }

    #[test]
    fn further_inside_only_another_number_would_be_text() {
        let sent =
            r#"{"list": [2.50, null, true, {"sum": 12345678901234567890.5, "few": -0.00012500}]}"#;
        let expected = json!({"list": [2.5, null, true, {"sum": "12345678901234567890.5", "few": -0.000_125}]});
        assert_eq!(read(sent), Some(expected));
    }

    #[test]
    fn fields_keep_their_order_and_other_lines_are_no_records() {
        let read_back = read(r#"{"z": 1, "a": 2}"#).map(|record| record.to_string());
        assert_eq!(read_back.as_deref(), Some(r#"{"z":1,"a":2}"#));
        for line in ["", "hello", r#"{"type": "LOG", "log": {"message": "x"}}"#] {
            assert_eq!(record(line.as_bytes()), None, "{line}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(read(&deep), None);
    }
}
