//! Rows of binary COPY to RECORD lines, written straight into the output buffer.

use super::types::Kind;
use super::value::{self, Malformed};
use super::whole::OutOfOrder;
use crate::sources::record::{Frame, Nulled, key};

/// First bytes of a binary COPY, followed by flags and an extension.
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// Signature, flags and the length of the extension.
const HEADER_BYTES: usize = 19;

/// Why rows could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    #[error("the server did not send binary COPY")]
    NotCopy,
    #[error("a row ends in the middle")]
    Cut,
    #[error("a row has {found} columns instead of {expected}")]
    Columns { found: i16, expected: usize },
    #[error(transparent)]
    Value(#[from] Malformed),
    #[error(transparent)]
    Order(#[from] OutOfOrder),
}

/// One column as it is written.
#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    /// `"name":`
    key: Vec<u8>,
}

impl Column {
    pub fn new(name: &str, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            key: key(name),
        }
    }
}

/// Turns the rows of one stream into lines.
#[derive(Debug)]
pub struct Encoder {
    columns: Vec<Column>,
    frame: Frame,
}

impl Encoder {
    pub fn new(
        namespace: &str,
        stream: &str,
        emitted_at: i64,
        columns: Vec<Column>,
        line_limit: usize,
    ) -> Self {
        Self {
            columns,
            frame: Frame::new(namespace, stream, emitted_at, line_limit),
        }
    }

    /// Writes one row as a line. A row larger than a line may be gives up its largest values.
    pub fn write(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), RowError> {
        let columns = &self.columns;
        let name = |at: usize| columns[at].name.as_str();
        self.frame.write(out, name, |value_limit, out, nulled| {
            for (at, (column, raw)) in columns.iter().zip(row.values()).enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(&column.key);
                let why = match raw? {
                    None => {
                        out.extend_from_slice(b"null");
                        None
                    }
                    Some(raw) if raw.len() > value_limit => {
                        out.extend_from_slice(b"null");
                        Some(Nulled::TooLarge)
                    }
                    Some(raw) => value::write(column.kind, raw, out)?,
                };
                nulled.extend(why.map(|why| (at, why)));
            }
            Ok(())
        })
    }
}

/// One row on the wire: a count, then each value with its length before it.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    values: &'a [u8],
}

impl<'a> Row<'a> {
    /// Takes the next row off `bytes`; `None` when the copy is over.
    pub fn take(bytes: &mut &'a [u8], columns: usize) -> Result<Option<Self>, RowError> {
        let found = i16::from_be_bytes(*take(bytes)?);
        if found < 0 {
            return Ok(None);
        }
        if usize::try_from(found) != Ok(columns) {
            return Err(RowError::Columns {
                found,
                expected: columns,
            });
        }
        let all = *bytes;
        for _ in 0..columns {
            take_value(bytes)?;
        }
        Ok(Some(Self {
            values: &all[..all.len() - bytes.len()],
        }))
    }

    pub fn values(self) -> impl Iterator<Item = Result<Option<&'a [u8]>, RowError>> {
        let mut rest = self.values;
        std::iter::from_fn(move || (!rest.is_empty()).then(|| take_value(&mut rest)))
    }

    /// The block of the row, where its last column is its `ctid`: four bytes, before two of its place in the block.
    pub fn block(self) -> Result<u64, RowError> {
        let (rest, _) = self.values.split_last_chunk::<2>().ok_or(RowError::Cut)?;
        let block = rest.last_chunk().ok_or(RowError::Cut)?;
        Ok(u32::from_be_bytes(*block).into())
    }

    /// The value at one place.
    pub fn value(self, at: usize) -> Result<Option<&'a [u8]>, RowError> {
        self.values().nth(at).unwrap_or(Err(RowError::Cut))
    }
}

/// Checks and skips the header of a copy.
pub fn skip_header(bytes: &mut &[u8]) -> Result<(), RowError> {
    let head = bytes
        .get(..HEADER_BYTES)
        .filter(|head| head.starts_with(SIGNATURE))
        .ok_or(RowError::NotCopy)?;
    let extension: [u8; 4] = head[HEADER_BYTES - 4..]
        .try_into()
        .map_err(|_| RowError::NotCopy)?;
    let extension =
        usize::try_from(u32::from_be_bytes(extension)).map_err(|_| RowError::NotCopy)?;
    *bytes = bytes.get(HEADER_BYTES + extension..).ok_or(RowError::Cut)?;
    Ok(())
}

fn take<'a, const N: usize>(bytes: &mut &'a [u8]) -> Result<&'a [u8; N], RowError> {
    let (taken, rest) = bytes.split_first_chunk::<N>().ok_or(RowError::Cut)?;
    *bytes = rest;
    Ok(taken)
}

fn take_value<'a>(bytes: &mut &'a [u8]) -> Result<Option<&'a [u8]>, RowError> {
    // A negative length is SQL's NULL.
    let Ok(length) = usize::try_from(i32::from_be_bytes(*take(bytes)?)) else {
        return Ok(None);
    };
    let (value, rest) = bytes.split_at_checked(length).ok_or(RowError::Cut)?;
    *bytes = rest;
    Ok(Some(value))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn wire(values: &[Option<&[u8]>]) -> Vec<u8> {
        let mut bytes = i16::try_from(values.len()).unwrap().to_be_bytes().to_vec();
        for value in values {
            let length = value.map_or(-1, |value| i32::try_from(value.len()).unwrap());
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(value.unwrap_or_default());
        }
        bytes
    }

    fn line(values: &[Option<&[u8]>], columns: Vec<Column>, limit: usize) -> Value {
        let bytes = wire(values);
        let row = Row::take(&mut bytes.as_slice(), columns.len())
            .unwrap()
            .unwrap();
        let mut out = Vec::new();
        Encoder::new("a\"b", "t", 7, columns, limit)
            .write(&row, &mut out)
            .unwrap();
        assert_eq!(memchr::memchr_iter(b'\n', &out).count(), 1);
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn writes_a_record_with_what_became_null() {
        let columns = vec![
            Column::new("id", Kind::Int4),
            Column::new("x\"y", Kind::Float8),
            Column::new("n", Kind::Text),
        ];
        let record = line(
            &[
                Some(&[0, 0, 0, 5]),
                Some(&f64::INFINITY.to_be_bytes()),
                None,
            ],
            columns,
            1000,
        );
        assert_eq!(
            record["record"]["data"],
            serde_json::json!({"id": 5, "x\"y": null, "n": null})
        );
        assert_eq!(record["record"]["namespace"], "a\"b");
        let change = serde_json::json!([{"field": "x\"y", "change": "NULLED", "reason": "SOURCE_SERIALIZATION_ERROR"}]);
        assert_eq!(record["record"]["meta"]["changes"], change);
    }

    #[test]
    fn a_row_too_large_gives_up_its_largest_value() {
        let columns = vec![
            Column::new("small", Kind::Text),
            Column::new("large", Kind::Text),
        ];
        let record = line(&[Some(b"kept"), Some(&[b'x'; 5000])], columns, 1000);
        assert_eq!(
            record["record"]["data"],
            serde_json::json!({"small": "kept", "large": null})
        );
        assert_eq!(
            record["record"]["meta"]["changes"][0]["reason"],
            "SOURCE_FIELD_SIZE_LIMITATION"
        );
    }

    #[test]
    fn cut_rows_are_errors() {
        let bytes = wire(&[Some(b"abc")]);
        assert!(matches!(
            Row::take(&mut &bytes[..bytes.len() - 1], 1),
            Err(RowError::Cut)
        ));
        assert!(matches!(
            Row::take(&mut bytes.as_slice(), 2),
            Err(RowError::Columns {
                found: 1,
                expected: 2
            })
        ));
        assert!(
            Row::take(&mut [0xff, 0xff].as_slice(), 2)
                .unwrap()
                .is_none()
        );
    }
}
