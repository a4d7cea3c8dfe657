//! One value from the server's text to JSON.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::types::Kind;
use crate::sources::postgres::{json_base64, json_line, json_text};
use crate::sources::record::Nulled;

/// Why a value cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// The text is not what the type promises.
    #[error("a value of {0} bytes is not valid for its type")]
    Malformed(usize),
    /// A number that would be lost.
    #[error("a number is neither 0 nor 1")]
    NoTruth,
}

/// Writes one value. `Ok(Some(why))` means `null` was written in its place.
pub fn write(kind: Kind, raw: &[u8], out: &mut Vec<u8>) -> Result<Option<Nulled>, Unwritable> {
    let malformed = || Unwritable::Malformed(raw.len());
    match kind {
        Kind::Bool => out.extend_from_slice(truth(raw)?),
        Kind::Number => number(raw, out).ok_or_else(malformed)?,
        Kind::Float => return Ok(finite(parsed::<f32>(raw).ok_or_else(malformed)?, out)),
        Kind::Double => return Ok(finite(parsed::<f64>(raw).ok_or_else(malformed)?, out)),
        Kind::Text => json_text(raw, out),
        Kind::Bytes => json_base64(raw, out),
        Kind::Date => return Ok(date(raw, b"", out)),
        Kind::DateTime => return Ok(moment(raw, b"", out)),
        Kind::Timestamp => return Ok(moment(raw, b"Z", out)),
        Kind::Json => json(raw, out),
    }
    Ok(None)
}

fn truth(raw: &[u8]) -> Result<&'static [u8], Unwritable> {
    match raw {
        b"0" => Ok(b"false"),
        b"1" => Ok(b"true"),
        _ => Err(Unwritable::NoTruth),
    }
}

/// Whether the text is a number in digits: a sign, digits, perhaps a point and digits.
pub fn is_number(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let mut parts = digits.splitn(2, |letter| *letter == b'.');
    parts.all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
}

/// The digits as they are, but for the zeros with which ZEROFILL fills up.
fn number(raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
    if !is_number(raw) {
        return None;
    }
    let digits = raw.strip_prefix(b"-").unwrap_or(raw);
    let whole = digits
        .iter()
        .position(|letter| *letter == b'.')
        .unwrap_or(digits.len());
    let zeros = digits.iter().take_while(|letter| **letter == b'0').count();
    if digits.len() < raw.len() {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[zeros.min(whole - 1)..]);
    Some(())
}

fn parsed<F: std::str::FromStr>(raw: &[u8]) -> Option<F> {
    std::str::from_utf8(raw).ok()?.parse().ok()
}

fn finite(value: impl ryu::Float + Into<f64> + Copy, out: &mut Vec<u8>) -> Option<Nulled> {
    if !Into::<f64>::into(value).is_finite() {
        return Some(null(out));
    }
    out.extend_from_slice(ryu::Buffer::new().format_finite(value).as_bytes());
    None
}

fn null(out: &mut Vec<u8>) -> Nulled {
    out.extend_from_slice(b"null");
    Nulled::NoJson
}

/// `YYYY-MM-DD`; null where the calendar has no such day, as on 0000-00-00.
fn date(raw: &[u8], rest: &[u8], out: &mut Vec<u8>) -> Option<Nulled> {
    if !is_day(raw) {
        return Some(null(out));
    }
    out.push(b'"');
    out.extend_from_slice(raw);
    out.extend_from_slice(rest);
    out.push(b'"');
    None
}

/// `YYYY-MM-DD HH:MM:SS.ffffff`
fn moment(raw: &[u8], zone: &[u8], out: &mut Vec<u8>) -> Option<Nulled> {
    let Some((day, clock)) = raw.split_first_chunk::<10>() else {
        return Some(null(out));
    };
    let clock = clock.strip_prefix(b" ").unwrap_or_default();
    if !is_clock(clock) {
        return Some(null(out));
    }
    let mut rest = [b'T'; 17];
    let end = 1 + clock.len();
    rest[1..end].copy_from_slice(clock);
    if let Some(zone) = zone.first() {
        rest[end] = *zone;
    }
    date(day, &rest[..end + zone.len()], out)
}

/// `HH:MM:SS`, perhaps with up to six digits behind a point.
fn is_clock(text: &[u8]) -> bool {
    let (clock, fraction) = text.split_at_checked(8).unwrap_or_default();
    let form = |(at, letter): (usize, &u8)| {
        if at % 3 == 2 {
            *letter == b':'
        } else {
            letter.is_ascii_digit()
        }
    };
    !clock.is_empty()
        && clock.iter().enumerate().all(form)
        && match fraction.split_first() {
            None => true,
            Some((point, digits)) => {
                *point == b'.'
                    && (1..=6).contains(&digits.len())
                    && digits.iter().all(u8::is_ascii_digit)
            }
        }
}

fn is_day(text: &[u8]) -> bool {
    let form = |(at, letter): (usize, &u8)| match at {
        4 | 7 => *letter == b'-',
        _ => letter.is_ascii_digit(),
    };
    if text.len() != 10 || !text.iter().enumerate().all(form) {
        return false;
    }
    let joined = |digits: &[u8]| {
        digits
            .iter()
            .fold(0_u16, |sum, digit| sum * 10 + u16::from(digit - b'0'))
    };
    let (year, month, day) = (joined(&text[..4]), joined(&text[5..7]), joined(&text[8..]));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 0,
    };
    year > 0 && (1..=days).contains(&day)
}

/// JSON as it is, on one line. What only claims to be JSON (a check of MariaDB can be off) becomes a text.
fn json(raw: &[u8], out: &mut Vec<u8>) {
    // Half a surrogate pair is no letter, and shows only when escapes are read.
    let is_json = if memchr::memmem::find(raw, br"\u").is_some() {
        serde_json::from_slice::<Value>(raw).is_ok()
    } else {
        std::str::from_utf8(raw).is_ok() && serde_json::from_slice::<IgnoredAny>(raw).is_ok()
    };
    if is_json {
        json_line(raw, out);
    } else {
        json_text(raw, out);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(kind: Kind, raw: &str) -> String {
        let mut out = Vec::new();
        write(kind, raw.as_bytes(), &mut out).expect("a valid value");
        String::from_utf8(out).expect("JSON is text")
    }

    #[test]
    fn numbers_keep_their_digits_and_lose_their_padding() {
        for (raw, expected) in [
            ("0", "0"),
            ("000", "0"),
            ("00042", "42"),
            ("000.50", "0.50"),
            ("-0.5", "-0.5"),
            ("-00012.00", "-12.00"),
            ("18446744073709551615", "18446744073709551615"),
            (
                "99999999999999999999999999999999999.999999999999999999999999999999",
                "99999999999999999999999999999999999.999999999999999999999999999999",
            ),
        ] {
            assert_eq!(written(Kind::Number, raw), expected);
        }
        for raw in ["", "-", "1.", ".5", "1e3", "1,\"x\":2", "1.2.3", "--1"] {
            assert!(
                write(Kind::Number, raw.as_bytes(), &mut Vec::new()).is_err(),
                "{raw}"
            );
        }
    }

    #[test]
    fn floats_are_as_exact_as_their_type() {
        assert_eq!(written(Kind::Float, "0.10000000149011612"), "0.1");
        assert_eq!(written(Kind::Float, "16777216"), "16777216.0");
        assert_eq!(
            written(Kind::Double, "1.7976931348623157e308"),
            "1.7976931348623157e308"
        );
        assert_eq!(written(Kind::Double, "inf"), "null");
    }

    #[test]
    fn days_that_are_none_become_null() {
        assert_eq!(written(Kind::Date, "2024-02-29"), "\"2024-02-29\"");
        assert_eq!(written(Kind::Date, "9999-12-31"), "\"9999-12-31\"");
        for raw in [
            "0000-00-00",
            "2024-00-10",
            "2024-10-00",
            "2023-02-29",
            "1900-02-29",
            "0000-01-01",
            "\"",
            "",
        ] {
            assert_eq!(written(Kind::Date, raw), "null", "{raw}");
        }
        assert_eq!(
            written(Kind::DateTime, "2024-02-29 12:34:56.000001"),
            "\"2024-02-29T12:34:56.000001\""
        );
        assert_eq!(
            written(Kind::Timestamp, "1970-01-01 00:00:01"),
            "\"1970-01-01T00:00:01Z\""
        );
        assert_eq!(
            written(Kind::Timestamp, "2038-01-19 03:14:07.999999"),
            "\"2038-01-19T03:14:07.999999Z\""
        );
        for raw in [
            "0000-00-00 00:00:00",
            "2024-02-29",
            "2024-02-29 1:2:3",
            "2024-02-29 12:34:56.",
            "2024-02-29 12:34:56.1234567",
            "2024-02-29 12:34:56\"x",
        ] {
            assert_eq!(written(Kind::DateTime, raw), "null", "{raw}");
        }
    }

    #[test]
    fn only_json_is_passed_as_json() {
        assert_eq!(
            written(Kind::Json, "{\"a\":\n[1, 2.50]}"),
            "{\"a\": [1, 2.50]}"
        );
        assert_eq!(written(Kind::Json, "not json"), "\"not json\"");
        assert_eq!(written(Kind::Json, "1}, \"b\": {"), "\"1}, \\\"b\\\": {\"");
        assert_eq!(
            written(Kind::Json, r#""\ud83d\ude00""#),
            r#""\ud83d\ude00""#
        );
        assert_eq!(written(Kind::Json, r#""\ud83d""#), r#""\"\\ud83d\"""#);
        assert_eq!(written(Kind::Bytes, "\u{0}abc"), "\"AGFiYw==\"");
    }

    #[test]
    fn only_0_and_1_are_false_and_true() {
        assert_eq!(
            (written(Kind::Bool, "0"), written(Kind::Bool, "1")),
            ("false".to_owned(), "true".to_owned())
        );
        for raw in ["2", "-1", "127", "", "01"] {
            let why = write(Kind::Bool, raw.as_bytes(), &mut Vec::new());
            assert_eq!(why, Err(Unwritable::NoTruth), "{raw}");
        }
    }

    /// Whatever a server sends, a line stays one line of JSON: no value can pose as another record.
    #[test]
    fn no_value_breaks_out_of_its_line() {
        let kinds = vec![
            Kind::Bool,
            Kind::Number,
            Kind::Float,
            Kind::Double,
            Kind::Text,
            Kind::Bytes,
            Kind::Date,
            Kind::DateTime,
            Kind::Timestamp,
            Kind::Json,
        ];
        let letters = prop_oneof![
            any::<u8>(),
            prop::sample::select(&b"0123456789-.:e {}[],\"\\\n\r\tuTZ"[..])
        ];
        proptest!(|(raw in prop::collection::vec(letters, 0..40), kind in prop::sample::select(kinds))| {
            let mut out = Vec::new();
            if write(kind, &raw, &mut out).is_ok() {
                prop_assert!(serde_json::from_slice::<Value>(&out).is_ok(), "{kind:?} {raw:?}");
                prop_assert!(memchr::memchr2(b'\n', b'\r', &out).is_none(), "{kind:?} {raw:?}");
            }
        });
    }
}
