//! Rows in the server's binary form to RECORD lines, written straight into the output buffer.

use std::error::Error;

use tokio_postgres::types::{FromSql, Type};

use super::types::Kind;
use super::value::{self, Malformed};
use super::whole::OutOfOrder;
use crate::sources::record::{Frame, Nulled, key};

/// Why rows could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    #[error("a row does not say its place")]
    NoPlace,
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
    pub fn write(&mut self, row: Row<'_>, out: &mut Vec<u8>) -> Result<(), RowError> {
        let columns = &self.columns;
        let name = |at: usize| columns[at].name.as_str();
        self.frame.write(out, name, |value_limit, out, nulled| {
            for (at, column) in columns.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(&column.key);
                let why = match row.value(at) {
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

/// A value as the server sends it, whatever its type.
#[derive(Debug, Clone, Copy)]
pub struct Raw<'a>(pub &'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The values of a row as the server sent them; `None` for SQL's NULL.
pub fn values(row: &tokio_postgres::Row) -> Vec<Option<&[u8]>> {
    let value = |at: usize| row.get::<_, Option<Raw<'_>>>(at).map(|raw| raw.0);
    (0..row.len()).map(value).collect()
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    values: &'a [Option<&'a [u8]>],
}

impl<'a> Row<'a> {
    pub fn new(values: &'a [Option<&'a [u8]>]) -> Self {
        Self { values }
    }

    /// The value at one place.
    pub fn value(self, at: usize) -> Option<&'a [u8]> {
        self.values.get(at).copied().flatten()
    }

    /// The block of the row, where its last column is its `ctid`: four bytes, before two of its place in the block.
    pub fn block(self) -> Result<u64, RowError> {
        let place = self.values.last().copied().flatten();
        let place = place.ok_or(RowError::NoPlace)?;
        let block = place.first_chunk::<4>().ok_or(RowError::NoPlace)?;
        Ok(u32::from_be_bytes(*block).into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn line(values: &[Option<&[u8]>], columns: Vec<Column>, limit: usize) -> Value {
        let mut out = Vec::new();
        Encoder::new("a\"b", "t", 7, columns, limit)
            .write(Row::new(values), &mut out)
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
    fn the_last_value_may_say_the_block() {
        let block = |values: &[Option<&[u8]>]| Row::new(values).block().ok();
        assert_eq!(block(&[None, Some(&[0, 0, 16, 1, 0, 3])]), Some(4097));
        assert_eq!(block(&[Some(&[0, 0, 16, 1, 0, 3]), None]), None);
        assert_eq!(block(&[Some(b"abc")]), None);
    }
}
