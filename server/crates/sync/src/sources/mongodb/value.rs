//! One value from BSON to JSON text.
//!
//! Whatever JSON has no word for is written as the text people know it by: ids in hexadecimal, dates as RFC 3339, bytes in
//! Base64, UUIDs with their hyphens. Numbers keep all their digits.

use bson::spec::BinarySubtype;
use bson::{RawBsonRef, RawDocument};

use crate::sources::postgres::temporal::{self, Zone};
use crate::sources::postgres::{Finite, json_base64, json_text};
use crate::sources::record::Nulled;

/// Documents inside of documents; MongoDB itself stores no more. A line of JSON may hold 128 levels.
const DEEPEST: usize = 100;
/// 1 January 2000, in milliseconds.
const MILLIS_TO_2000: i64 = 946_684_800_000;

/// Writes a field's value; an error means that it has to be null.
pub fn write(value: RawBsonRef<'_>, out: &mut Vec<u8>) -> Result<(), Nulled> {
    match value {
        // A column of numbers takes no word; inside of a document there is room for one.
        RawBsonRef::Double(number) if !number.is_finite() => Err(Nulled::NoJson),
        RawBsonRef::Decimal128(number) if !is_finite(&number.to_string()) => Err(Nulled::NoJson),
        value => nested(value, 0, out),
    }
}

fn nested(value: RawBsonRef<'_>, depth: usize, out: &mut Vec<u8>) -> Result<(), Nulled> {
    match value {
        RawBsonRef::Double(number) => double(number, out),
        RawBsonRef::Decimal128(number) => {
            let text = number.to_string();
            if is_finite(&text) {
                out.extend_from_slice(text.as_bytes());
            } else {
                json_text(text.as_bytes(), out);
            }
        }
        RawBsonRef::Int32(number) => integer(number, out),
        RawBsonRef::Int64(number) => integer(number, out),
        RawBsonRef::Boolean(yes) => out.extend_from_slice(if yes { b"true" } else { b"false" }),
        RawBsonRef::Null | RawBsonRef::Undefined => out.extend_from_slice(b"null"),
        RawBsonRef::String(text) | RawBsonRef::Symbol(text) | RawBsonRef::JavaScriptCode(text) => {
            json_text(text.as_bytes(), out);
        }
        RawBsonRef::ObjectId(id) => json_text(id.to_hex().as_bytes(), out),
        RawBsonRef::DateTime(date) => return day(date.timestamp_millis(), out),
        RawBsonRef::Binary(binary) => match (binary.subtype, <[u8; 16]>::try_from(binary.bytes)) {
            (BinarySubtype::Uuid, Ok(bytes)) => {
                json_text(uuid::Uuid::from_bytes(bytes).to_string().as_bytes(), out);
            }
            _ => json_base64(binary.bytes, out),
        },
        RawBsonRef::Document(document) => return fields(document, depth, out),
        RawBsonRef::Array(array) => {
            if depth >= DEEPEST {
                return Err(Nulled::NoJson);
            }
            out.push(b'[');
            for (at, value) in array.into_iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                nested(value.map_err(|_| Nulled::NoJson)?, depth + 1, out)?;
            }
            out.push(b']');
        }
        RawBsonRef::Timestamp(at) => {
            let text = format!(r#"{{"t":{},"i":{}}}"#, at.time, at.increment);
            out.extend_from_slice(text.as_bytes());
        }
        RawBsonRef::RegularExpression(pattern) => {
            let text = format!("/{}/{}", pattern.pattern.as_str(), pattern.options.as_str());
            json_text(text.as_bytes(), out);
        }
        RawBsonRef::JavaScriptCodeWithScope(code) => {
            out.extend_from_slice(br#"{"code":"#);
            json_text(code.code.as_bytes(), out);
            out.extend_from_slice(br#","scope":"#);
            fields(code.scope, depth, out)?;
            out.push(b'}');
        }
        RawBsonRef::MinKey => out.extend_from_slice(br#""MinKey""#),
        RawBsonRef::MaxKey => out.extend_from_slice(br#""MaxKey""#),
        // A pointer of the old kind, which nobody has written for a decade: as it prints.
        RawBsonRef::DbPointer(pointer) => json_text(format!("{pointer:?}").as_bytes(), out),
    }
    Ok(())
}

fn fields(document: &RawDocument, depth: usize, out: &mut Vec<u8>) -> Result<(), Nulled> {
    if depth >= DEEPEST {
        return Err(Nulled::NoJson);
    }
    out.push(b'{');
    for (at, element) in document.iter_elements().enumerate() {
        let element = element.map_err(|_| Nulled::NoJson)?;
        if at > 0 {
            out.push(b',');
        }
        json_text(element.key().as_str().as_bytes(), out);
        out.push(b':');
        match element.value() {
            Ok(value) => nested(value, depth + 1, out)?,
            // Text that is not UTF-8, which servers of old let in: repaired.
            Err(_) => match element.value_utf8_lossy() {
                Ok(value) => nested(value.as_raw_bson_ref(), depth + 1, out)?,
                Err(_) => return Err(Nulled::NoJson),
            },
        }
    }
    out.push(b'}');
    Ok(())
}

fn double(number: f64, out: &mut Vec<u8>) {
    if number.is_finite() {
        out.extend_from_slice(ryu::Buffer::new().format_finite(number).as_bytes());
    } else {
        let word = match (number.is_nan(), number.is_sign_positive()) {
            (true, _) => "NaN",
            (false, true) => "Infinity",
            (false, false) => "-Infinity",
        };
        json_text(word.as_bytes(), out);
    }
}

fn integer(number: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// A decimal's text has letters besides the exponent's only when it is no number.
fn is_finite(decimal: &str) -> bool {
    decimal
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.E".contains(&byte))
}

fn day(millis: i64, out: &mut Vec<u8>) -> Result<(), Nulled> {
    let micros = millis
        .checked_sub(MILLIS_TO_2000)
        .and_then(|millis| millis.checked_mul(1000))
        .ok_or(Nulled::NoJson)?;
    match temporal::timestamp(micros, Zone::Utc, out) {
        Finite::Yes => Ok(()),
        Finite::No => Err(Nulled::NoJson),
    }
}

#[cfg(test)]
mod tests {
    use bson::{Bson, RawDocumentBuf, doc, oid::ObjectId};

    use super::*;

    fn json(value: impl Into<Bson>) -> Option<String> {
        let document = RawDocumentBuf::try_from(&doc! {"v": value.into()}).unwrap();
        let mut out = Vec::new();
        write(document.get("v").unwrap().unwrap(), &mut out).ok()?;
        Some(String::from_utf8(out).unwrap())
    }

    fn is(value: impl Into<Bson>, expected: &str) {
        assert_eq!(json(value).as_deref(), Some(expected));
    }

    #[test]
    fn every_type_has_its_words() {
        is(i64::MIN, "-9223372036854775808");
        is(7_i32, "7");
        is(0.1, "0.1");
        is(1e300, "1e300");
        is(
            ObjectId::from_bytes([0xab; 12]),
            "\"abababababababababababab\"",
        );
        is(bson::DateTime::from_millis(0), "\"1970-01-01T00:00:00Z\"");
        is(
            bson::DateTime::from_millis(-1),
            "\"1969-12-31T23:59:59.999000Z\"",
        );
        for (text, written) in [
            (
                "12345678901234567890123456789012.34",
                "12345678901234567890123456789012.34",
            ),
            ("1E+6144", "1.000000000000000000000000000000000E+6144"),
            ("-0.1", "-0.1"),
        ] {
            is(text.parse::<bson::Decimal128>().unwrap(), written);
        }
        let binary = |subtype, bytes: &[u8]| bson::Binary {
            subtype,
            bytes: bytes.to_vec(),
        };
        is(
            binary(BinarySubtype::Generic, &[0xde, 0xad, 0xbe, 0xef]),
            "\"3q2+7w==\"",
        );
        is(
            binary(BinarySubtype::Uuid, &[0x11; 16]),
            "\"11111111-1111-1111-1111-111111111111\"",
        );
        is(binary(BinarySubtype::Uuid, &[1]), "\"AQ==\"");
        is(
            bson::Timestamp {
                time: 5,
                increment: 6,
            },
            r#"{"t":5,"i":6}"#,
        );
        is(Bson::MaxKey, "\"MaxKey\"");
        is(Bson::Null, "null");
        is("quote \" and\nline", r#""quote \" and\nline""#);
        is(
            doc! {"a\"b": [1, "x", {"c": null}], "d": {"nan": f64::NAN, "inf": f64::NEG_INFINITY}},
            r#"{"a\"b":[1,"x",{"c":null}],"d":{"nan":"NaN","inf":"-Infinity"}}"#,
        );
    }

    #[test]
    fn what_a_column_cannot_hold_is_null() {
        assert_eq!(json(f64::NAN), None);
        assert_eq!(json("NaN".parse::<bson::Decimal128>().unwrap()), None);
        assert_eq!(json("-Infinity".parse::<bson::Decimal128>().unwrap()), None);
        assert_eq!(json(bson::DateTime::from_millis(i64::MAX)), None);
        let mut deep = doc! {};
        for _ in 0..150 {
            deep = doc! {"d": deep};
        }
        assert_eq!(json(deep), None);
    }
}
