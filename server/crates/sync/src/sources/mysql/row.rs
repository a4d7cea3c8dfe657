//! Rows of text to RECORD lines, written straight into the output buffer.

use super::client::Row;
use super::types::Kind;
use super::value::{self, Unwritable};
use crate::sources::record::{Frame, Nulled, key};

/// A value that cannot be written, and where it stands.
#[derive(Debug, thiserror::Error)]
#[error("in the column {column}: {why}")]
pub struct RowError {
    pub column: String,
    pub why: Unwritable,
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

    /// Writes one row as a line; values behind the columns are not written. A row larger than a line may be gives up its
    /// largest values.
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
                    Some(raw) => value::write(column.kind, raw, out).map_err(|why| RowError {
                        column: column.name.clone(),
                        why,
                    })?,
                };
                nulled.extend(why.map(|why| (at, why)));
            }
            Ok(())
        })
    }
}
