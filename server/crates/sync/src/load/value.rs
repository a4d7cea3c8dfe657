//! One JSON value as one field of PostgreSQL's binary COPY, by the type of its column.

use super::datetime;
use super::json::{Kind, Marks, Span};
use super::numeric;
use super::text::{self, Kept};

/// The column types a sync makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnType {
    Boolean,
    BigInt,
    Numeric,
    Varchar,
    Jsonb,
    Date,
    Time,
    TimeTz,
    Timestamp,
    TimestampTz,
}

impl ColumnType {
    pub fn sql(self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::BigInt => "BIGINT",
            Self::Numeric => "NUMERIC",
            Self::Varchar => "VARCHAR",
            Self::Jsonb => "JSONB",
            Self::Date => "DATE",
            Self::Time => "TIME",
            Self::TimeTz => "TIME WITH TIME ZONE",
            Self::Timestamp => "TIMESTAMP",
            Self::TimestampTz => "TIMESTAMP WITH TIME ZONE",
        }
    }
}

/// Why a value cannot stand in its column. The field becomes NULL and the row says so in `_airbyte_meta`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Not a value of this type.
    Unreadable,
    /// Of this type, but beyond what the column holds.
    OutOfRange,
}

impl Refused {
    pub fn reason(self) -> &'static str {
        match self {
            Self::Unreadable => "DESTINATION_SERIALIZATION_ERROR",
            Self::OutOfRange => "DESTINATION_FIELD_SIZE_LIMITATION",
        }
    }
}

const NULL: [u8; 4] = (-1_i32).to_be_bytes();
/// `jsonb` on the wire begins with its format's version.
pub const JSONB_VERSION: u8 = 1;

/// Appends the field with its length, and tells whether all of it could be kept. A refused value is appended as NULL.
pub fn encode(
    line: &[u8],
    span: &Span,
    column: ColumnType,
    out: &mut Vec<u8>,
) -> Result<Kept, Refused> {
    if matches!(span.kind, Kind::Absent | Kind::Null) {
        out.extend_from_slice(&NULL);
        return Ok(Kept::Whole);
    }
    let head = out.len();
    out.extend_from_slice(&NULL);
    let result = content(line, span, column, out);
    if result.is_err() {
        out.truncate(head);
        out.extend_from_slice(&NULL);
        return result;
    }
    patch_length(out, head);
    result
}

/// Writes the length of everything behind a four-byte head into that head.
pub fn patch_length(out: &mut [u8], head: usize) {
    let length = i32::try_from(out.len() - head - 4).expect("a line is limited to 8 MiB");
    if let Some(slot) = out.get_mut(head..head + 4) {
        slot.copy_from_slice(&length.to_be_bytes());
    }
}

fn content(
    line: &[u8],
    span: &Span,
    column: ColumnType,
    out: &mut Vec<u8>,
) -> Result<Kept, Refused> {
    match column {
        ColumnType::Varchar => return Ok(varchar(line, span, out)),
        ColumnType::Jsonb => return jsonb(line, span, out),
        ColumnType::Boolean => out.push(match span.kind {
            Kind::True => 1,
            Kind::False => 0,
            _ => return Err(Refused::Unreadable),
        }),
        ColumnType::BigInt => {
            out.extend_from_slice(&numeric::integer(number(line, span)?)?.to_be_bytes());
        }
        ColumnType::Numeric => numeric::encode(number(line, span)?, out)?,
        ColumnType::Date => {
            out.extend_from_slice(&datetime::date(string(line, span)?)?.to_be_bytes());
        }
        ColumnType::Timestamp => {
            out.extend_from_slice(&datetime::timestamp(string(line, span)?)?.to_be_bytes());
        }
        ColumnType::TimestampTz => {
            out.extend_from_slice(&datetime::timestamp_tz(string(line, span)?)?.to_be_bytes());
        }
        ColumnType::Time => {
            out.extend_from_slice(&datetime::time(string(line, span)?)?.to_be_bytes());
        }
        ColumnType::TimeTz => {
            let (micros, west) = datetime::time_tz(string(line, span)?)?;
            out.extend_from_slice(&micros.to_be_bytes());
            out.extend_from_slice(&west.to_be_bytes());
        }
    }
    Ok(Kept::Whole)
}

/// Text takes everything: strings as they mean, the rest as its JSON.
fn varchar(line: &[u8], span: &Span, out: &mut Vec<u8>) -> Kept {
    match span.kind {
        Kind::String if span.marks.has(Marks::ESCAPED) => {
            return text::unescape(span.inner(line), out);
        }
        Kind::String => out.extend_from_slice(span.inner(line)),
        _ if span.marks.has(Marks::UNICODE) => return text::clean_json(span.text(line), out),
        _ => out.extend_from_slice(span.text(line)),
    }
    Kept::Whole
}

fn jsonb(line: &[u8], span: &Span, out: &mut Vec<u8>) -> Result<Kept, Refused> {
    if span.marks.has(Marks::HUGE) || span.marks.has(Marks::DEEP) {
        return Err(Refused::OutOfRange);
    }
    out.push(JSONB_VERSION);
    if span.marks.has(Marks::UNICODE) {
        return Ok(text::clean_json(span.text(line), out));
    }
    out.extend_from_slice(span.text(line));
    Ok(Kept::Whole)
}

/// A number, or a string that may be one.
fn number<'a>(line: &'a [u8], span: &Span) -> Result<&'a [u8], Refused> {
    match span.kind {
        Kind::Number => Ok(span.text(line)),
        Kind::String if !span.marks.has(Marks::ESCAPED) => Ok(span.inner(line).trim_ascii()),
        _ => Err(Refused::Unreadable),
    }
}

fn string<'a>(line: &'a [u8], span: &Span) -> Result<&'a [u8], Refused> {
    match span.kind {
        Kind::String if !span.marks.has(Marks::ESCAPED) => Ok(span.inner(line)),
        _ => Err(Refused::Unreadable),
    }
}

#[cfg(test)]
mod tests {
    use super::super::json::Scan;
    use super::*;

    /// The field's bytes, None for NULL.
    fn field(json: &str, column: ColumnType) -> (Option<Vec<u8>>, Result<Kept, Refused>) {
        let span = Scan::new(json.as_bytes(), 0).value().unwrap();
        let mut out = vec![9; 3];
        let result = encode(json.as_bytes(), &span, column, &mut out);
        let length = i32::from_be_bytes([out[3], out[4], out[5], out[6]]);
        assert!(
            length == -1 && out.len() == 7 || usize::try_from(length).unwrap() == out.len() - 7
        );
        ((length >= 0).then(|| out[7..].to_vec()), result)
    }

    fn text_of(json: &str) -> String {
        String::from_utf8(field(json, ColumnType::Varchar).0.unwrap()).unwrap()
    }

    #[test]
    fn text_columns_take_everything() {
        assert_eq!(text_of(r#""a\u0000b""#), "ab");
        assert_eq!(text_of("12.50"), "12.50");
        assert_eq!(text_of("true"), "true");
        assert_eq!(text_of(r#"{"a":[1,"\u0000"]}"#), r#"{"a":[1,""]}"#);
    }

    #[test]
    fn a_text_says_whether_all_of_it_could_be_kept() {
        for (json, kept) in [
            (r#""a\u0000b""#, Kept::InPart),
            (r#""a\ud83d""#, Kept::InPart),
            (r#"{"a\u0000":1}"#, Kept::InPart),
            (r#""\ud83d\ude00 \"q\"""#, Kept::Whole),
            (r#""plain""#, Kept::Whole),
        ] {
            assert_eq!(field(json, ColumnType::Varchar).1, Ok(kept), "{json}");
            assert_eq!(field(json, ColumnType::Jsonb).1, Ok(kept), "{json}");
        }
    }

    #[test]
    fn a_refused_value_is_null_and_says_why() {
        assert_eq!(
            field(r#""x""#, ColumnType::BigInt),
            (None, Err(Refused::Unreadable))
        );
        assert_eq!(
            field("99999999999999999999", ColumnType::BigInt),
            (None, Err(Refused::OutOfRange))
        );
        assert_eq!(
            field(r#""true""#, ColumnType::Boolean),
            (None, Err(Refused::Unreadable))
        );
        assert_eq!(
            field("1", ColumnType::Boolean),
            (None, Err(Refused::Unreadable))
        );
        assert_eq!(
            field("1700000000", ColumnType::TimestampTz),
            (None, Err(Refused::Unreadable))
        );
        assert_eq!(
            field("[1e99999]", ColumnType::Jsonb),
            (None, Err(Refused::OutOfRange))
        );
    }

    #[test]
    fn null_is_null_in_every_column_without_a_word() {
        let null = (None, Ok(Kept::Whole));
        assert_eq!(field("null", ColumnType::Jsonb), null);
        assert_eq!(field("null", ColumnType::Varchar), null);
    }

    #[test]
    fn numbers_in_strings_are_numbers() {
        assert_eq!(
            field(r#"" 42 ""#, ColumnType::BigInt).0.unwrap(),
            42_i64.to_be_bytes()
        );
        assert_eq!(field(r#""1""#, ColumnType::Jsonb).0.unwrap(), b"\x01\"1\"");
    }
}
