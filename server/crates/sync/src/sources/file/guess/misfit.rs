//! Values that do not fit their column and that the destination would take nevertheless, changed: `007` as 7, a moment
//! as its day. They are left out, and the row says so.

use super::Kind;

/// Whether text that does not fit would lose something. What is no number or date at all loses nothing: the destination
/// refuses it. Nor does a number or date that is only written in another way: `1.`, `+1.5`, `2024/01/02`, or a day with its
/// midnight.
pub fn is_lossy(kind: Kind, text: &[u8]) -> bool {
    match kind {
        Kind::Boolean | Kind::Text => false,
        Kind::Integer => is_padded(text) || is_telephone(text),
        Kind::Number => is_padded(text),
        Kind::Date => behind_date(text).is_some_and(|rest| !is_midnight(rest)),
        Kind::Timestamp => behind_date(text).is_some_and(has_zone),
        // It would get a zone that nobody named.
        Kind::TimestampTz => behind_date(text).is_some_and(|rest| !has_zone(rest)),
        // The day or the zone would be lost.
        Kind::Time => behind_date(text).is_some() || (text.contains(&b':') && has_zone(text)),
    }
}

/// Zeros in front mean a number that is a name: a postcode, an article.
fn is_padded(text: &[u8]) -> bool {
    let digits = match text {
        [b'+' | b'-', rest @ ..] => rest,
        _ => text,
    };
    matches!(digits, [b'0', b'0'..=b'9', ..])
}

/// A plus among whole numbers means a telephone. Before a fraction it means a difference, as it does in a column of fractions.
fn is_telephone(text: &[u8]) -> bool {
    text.starts_with(b"+") && !text.contains(&b'.')
}

/// What follows a date, in all the ways the destination knows: with slashes or dots, without zeros, of any year.
fn behind_date(text: &[u8]) -> Option<&[u8]> {
    let unsigned = match text {
        [b'+' | b'-', rest @ ..] => rest,
        _ => text,
    };
    let month = separated(digits(unsigned, 4, 7)?)?;
    let day = separated(digits(month, 1, 2)?)?;
    digits(day, 1, 2)
}

/// What follows between `least` and `most` digits.
fn digits(text: &[u8], least: usize, most: usize) -> Option<&[u8]> {
    let count = text
        .iter()
        .take(most)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    (count >= least).then(|| &text[count..])
}

fn separated(text: &[u8]) -> Option<&[u8]> {
    match text {
        [b'-' | b'/' | b'.', rest @ ..] => Some(rest),
        _ => None,
    }
}

/// Whether what follows a date is nothing, or a time of nothing but zeros, which says no more than the date.
fn is_midnight(rest: &[u8]) -> bool {
    rest.iter()
        .all(|byte| matches!(byte, b'0' | b':' | b'.' | b',' | b' ' | b'T' | b't'))
}

/// Whether what follows a date is more than a time of day.
fn has_zone(rest: &[u8]) -> bool {
    !rest
        .iter()
        .all(|byte| matches!(byte, b'0'..=b'9' | b':' | b'.' | b',' | b' ' | b'T' | b't'))
}

/// The values of one row that were left out.
#[derive(Debug, Default)]
pub struct LeftOut<'n> {
    /// Names of their columns, as JSON strings.
    names: Vec<&'n [u8]>,
}

impl<'n> LeftOut<'n> {
    pub fn add(&mut self, name: &'n [u8]) {
        self.names.push(name);
    }

    /// Writes what follows the data of a record, so that `_airbyte_meta` says it.
    pub fn write(&self, out: &mut Vec<u8>) {
        if self.names.is_empty() {
            return;
        }
        out.extend_from_slice(br#","meta":{"changes":["#);
        for (at, name) in self.names.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(br#"{"field":"#);
            out.extend_from_slice(name);
            out.extend_from_slice(br#","change":"NULLED","reason":"SOURCE_SERIALIZATION_ERROR"}"#);
        }
        out.extend_from_slice(b"]}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_would_be_changed_is_left_out() {
        let cases: [(Kind, &[&str], &[&str]); 6] = [
            (
                Kind::Integer,
                &["007", "-01", "00", "+49"],
                &[
                    "0",
                    "-7",
                    "n/a",
                    "1234567890123456789",
                    "1.0",
                    "1.5",
                    "+1.5",
                ],
            ),
            (
                Kind::Number,
                &["01067", "007.5", "+007", "+01.5"],
                &["0.5", ".5", "1.", "1,5", "+1.5", "+0.5", "+49"],
            ),
            (
                Kind::Date,
                &[
                    "2024-01-02 10:00",
                    "2024-1-2T10:00",
                    "2024-01-02+02:00",
                    "2024/01/02Z",
                    "2024-01-02T00:00Z",
                    "2024-01-02 00:00+02:00",
                    "2024-01-02 24:00",
                ],
                &[
                    "2024-01-02",
                    "2024-01-02 00:00:00",
                    "2024/1/2T00:00:00.000",
                    "2024/1/2",
                    "soon",
                    "02.01.2024",
                    "1700000000",
                ],
            ),
            (
                Kind::Timestamp,
                &[
                    "2024-01-02 10:00Z",
                    "2024-01-02T10:00:05.5+02:00",
                    "2024/01/02 10:00 UTC",
                    "2024-01-02-05",
                ],
                &[
                    "2024-01-02",
                    "2024-01-02 10:00",
                    "2024/01/02 10:00:05,5",
                    "soon",
                ],
            ),
            (
                Kind::TimestampTz,
                &["2024-01-02 10:00", "2024-01-02"],
                &["2024-01-02 10:00Z", "2024/01/02 10:00 UTC", "soon"],
            ),
            (
                Kind::Time,
                &["2024-01-02 10:00", "2024-01-02", "10:00:00Z", "10:00 PM"],
                &["10:00:00", "10:00", "soon"],
            ),
        ];
        for (kind, lossy, others) in cases {
            for text in lossy {
                assert!(kind.loses(text.as_bytes()), "{kind:?} {text}");
            }
            for text in others {
                assert!(!kind.loses(text.as_bytes()), "{kind:?} {text}");
            }
        }
    }

    #[test]
    fn a_row_says_what_was_left_out() {
        let mut out = b"{}".to_vec();
        let mut left_out = LeftOut::default();
        left_out.write(&mut out);
        assert_eq!(out, b"{}");
        left_out.add(b"\"n\"");
        left_out.add(b"\"d\\\"\"");
        left_out.write(&mut out);
        let record = format!("{{\"data\":{}}}", String::from_utf8(out).unwrap());
        let record: serde_json::Value = serde_json::from_str(&record).unwrap();
        let change = |field: &str| serde_json::json!({"field": field, "change": "NULLED", "reason": "SOURCE_SERIALIZATION_ERROR"});
        assert_eq!(
            record["meta"]["changes"],
            serde_json::json!([change("n"), change("d\"")])
        );
    }
}
