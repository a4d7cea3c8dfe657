//! One value from PostgreSQL's binary form to JSON text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::types::Kind;
use super::{numeric, temporal};
use crate::sources::record::Nulled;

/// The bytes are not what the type promises.
#[derive(Debug, thiserror::Error)]
#[error("a value of {0} bytes is not valid for its type")]
pub struct Malformed(usize);

/// Writes one value. `Ok(Some(why))` means `null` was written in its place.
pub fn write(kind: Kind, raw: &[u8], out: &mut Vec<u8>) -> Result<Option<Nulled>, Malformed> {
    match kind {
        Kind::Bool => out.extend_from_slice(if array::<1>(raw)? == [0] {
            b"false"
        } else {
            b"true"
        }),
        Kind::Int2 => integer(i16::from_be_bytes(array(raw)?), out),
        Kind::Int4 => integer(i32::from_be_bytes(array(raw)?), out),
        Kind::Int8 => integer(i64::from_be_bytes(array(raw)?), out),
        Kind::Oid => integer(u32::from_be_bytes(array(raw)?), out),
        Kind::Float4 => return Ok(float(f32::from_be_bytes(array(raw)?), out)),
        Kind::Float8 => return Ok(float(f64::from_be_bytes(array(raw)?), out)),
        Kind::Numeric => {
            return numeric::write(raw, out)
                .ok_or(Malformed(raw.len()))
                .map(|finite| or_null(finite, out));
        }
        Kind::Text => text(raw, out),
        Kind::Bytea => base64(raw, out),
        Kind::Date => {
            return Ok(or_null(
                temporal::date(i32::from_be_bytes(array(raw)?), out),
                out,
            ));
        }
        Kind::Time => temporal::time(i64::from_be_bytes(array(raw)?), out),
        Kind::TimeTz => time_with_zone(raw, out)?,
        Kind::Timestamp => {
            return Ok(or_null(
                temporal::timestamp(i64::from_be_bytes(array(raw)?), temporal::Zone::None, out),
                out,
            ));
        }
        Kind::TimestampTz => {
            return Ok(or_null(
                temporal::timestamp(i64::from_be_bytes(array(raw)?), temporal::Zone::Utc, out),
                out,
            ));
        }
        Kind::Uuid => uuid(array(raw)?, out),
        Kind::Json => json(raw, out),
        Kind::Jsonb => json(raw.get(1..).ok_or(Malformed(raw.len()))?, out),
    }
    Ok(None)
}

/// Whether the value could be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finite {
    Yes,
    /// Nothing was written.
    No,
}

fn or_null(finite: Finite, out: &mut Vec<u8>) -> Option<Nulled> {
    match finite {
        Finite::Yes => None,
        Finite::No => {
            out.extend_from_slice(b"null");
            Some(Nulled::NoJson)
        }
    }
}

fn array<const N: usize>(raw: &[u8]) -> Result<[u8; N], Malformed> {
    raw.try_into().map_err(|_| Malformed(raw.len()))
}

fn integer(value: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

fn float(value: impl ryu::Float + Into<f64> + Copy, out: &mut Vec<u8>) -> Option<Nulled> {
    if !Into::<f64>::into(value).is_finite() {
        return or_null(Finite::No, out);
    }
    out.extend_from_slice(ryu::Buffer::new().format_finite(value).as_bytes());
    None
}

fn uuid(raw: [u8; 16], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
    out.extend_from_slice(
        uuid::Uuid::from_bytes(raw)
            .hyphenated()
            .encode_lower(&mut text)
            .as_bytes(),
    );
    out.push(b'"');
}

/// A JSON string of bytes, in Base64.
pub fn base64(raw: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let from = out.len();
    out.resize(from + raw.len().div_ceil(3) * 4, 0);
    let written = STANDARD
        .encode_slice(raw, &mut out[from..])
        .expect("four letters for each three bytes were made room for");
    out.truncate(from + written);
    out.push(b'"');
}

fn time_with_zone(raw: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let (time, zone) = raw.split_at_checked(8).ok_or(Malformed(raw.len()))?;
    temporal::time_with_zone(
        i64::from_be_bytes(array(time)?),
        i32::from_be_bytes(array(zone)?),
        out,
    );
    Ok(())
}

/// JSON text keeps to one line: a line end in it can only be white space between values.
pub fn json(raw: &[u8], out: &mut Vec<u8>) {
    let from = out.len();
    out.extend_from_slice(raw);
    one_line(&mut out[from..]);
}

/// Puts JSON on one line: between its values, a space is as good as a line break.
pub fn one_line(json: &mut [u8]) {
    if memchr::memchr2(b'\n', b'\r', json).is_some() {
        json.iter_mut()
            .filter(|byte| matches!(byte, b'\n' | b'\r'))
            .for_each(|byte| *byte = b' ');
    }
}

/// A JSON string. Text that is not UTF-8 (databases without an encoding allow it) is repaired.
pub fn text(raw: &[u8], out: &mut Vec<u8>) {
    match std::str::from_utf8(raw) {
        Ok(_) => string(raw, out),
        Err(_) => string(String::from_utf8_lossy(raw).as_bytes(), out),
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut from = 0;
    for (at, &byte) in text.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&text[from..at]);
        from = at + 1;
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => out.extend_from_slice(&[
                b'\\',
                b'u',
                b'0',
                b'0',
                HEX[usize::from(byte >> 4)],
                HEX[usize::from(byte & 15)],
            ]),
        }
    }
    out.extend_from_slice(&text[from..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(kind: Kind, raw: &[u8]) -> String {
        let mut out = Vec::new();
        write(kind, raw, &mut out).expect("a valid value");
        String::from_utf8(out).expect("JSON is text")
    }

    #[test]
    fn text_survives_json() {
        for original in [
            "",
            "plain",
            "quote \" and \\ back",
            "line\nend\r\ttab",
            "\u{1}\u{1f}",
            "emoji 🐘 ünïcödé",
        ] {
            let json = written(Kind::Text, original.as_bytes());
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), original);
            assert!(!json.contains('\n'));
        }
        assert_eq!(written(Kind::Text, b"M\xfcller"), "\"M\u{fffd}ller\"");
    }

    #[test]
    fn numbers_and_bytes() {
        assert_eq!(
            written(Kind::Int8, &i64::MIN.to_be_bytes()),
            "-9223372036854775808"
        );
        assert_eq!(written(Kind::Float4, &0.1_f32.to_be_bytes()), "0.1");
        assert_eq!(written(Kind::Float8, &f64::NAN.to_be_bytes()), "null");
        assert_eq!(
            written(Kind::Bytea, &[0xde, 0xad, 0xbe, 0xef]),
            "\"3q2+7w==\""
        );
        assert_eq!(
            written(Kind::Uuid, &[0x11; 16]),
            "\"11111111-1111-1111-1111-111111111111\""
        );
        assert_eq!(written(Kind::Json, b"{\n \"a\": 1\r\n}"), "{  \"a\": 1  }");
        assert_eq!(written(Kind::Jsonb, b"\x01[1]"), "[1]");
        assert!(write(Kind::Int4, &[1, 2], &mut Vec::new()).is_err());
    }
}
