//! Rows of text to RECORD lines, written straight into the output buffer.

use serde_json::Value;

use super::client::Row;
use super::types::Kind;
use super::value::{self, Malformed};
use crate::sources::postgres::{Nulled, json_text};

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
        let mut key = Vec::new();
        json_text(name.as_bytes(), &mut key);
        key.push(b':');
        Self {
            name: name.to_owned(),
            kind,
            key,
        }
    }
}

/// Turns the rows of one stream into lines.
#[derive(Debug)]
pub struct Encoder {
    columns: Vec<Column>,
    /// `{"type":"RECORD","record":{"stream":…,"emitted_at":…,"data":{`
    prefix: Vec<u8>,
    line_limit: usize,
    /// Values that became null in the current row.
    nulled: Vec<(usize, Nulled)>,
}

impl Encoder {
    pub fn new(
        namespace: &str,
        stream: &str,
        emitted_at: i64,
        columns: Vec<Column>,
        line_limit: usize,
    ) -> Self {
        let (stream, namespace) = (Value::from(stream), Value::from(namespace));
        let prefix = format!(
            r#"{{"type":"RECORD","record":{{"stream":{stream},"namespace":{namespace},"emitted_at":{emitted_at},"data":{{"#
        );
        Self {
            columns,
            prefix: prefix.into_bytes(),
            line_limit,
            nulled: Vec::new(),
        }
    }

    /// Writes one row as a line; values behind the columns are not written. A row larger than a line may be gives up its
    /// largest values.
    pub fn write(&mut self, row: Row<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
        let from = out.len();
        let mut value_limit = self.line_limit;
        loop {
            self.write_within(row, value_limit, out)?;
            if out.len() - from <= self.line_limit || value_limit == 0 {
                return Ok(());
            }
            out.truncate(from);
            value_limit /= 2;
        }
    }

    fn write_within(
        &mut self,
        row: Row<'_>,
        value_limit: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Malformed> {
        self.nulled.clear();
        out.extend_from_slice(&self.prefix);
        for (at, column) in self.columns.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&column.key);
            let nulled = match row.value(at) {
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
            self.nulled.extend(nulled.map(|why| (at, why)));
        }
        out.push(b'}');
        self.write_changes(out);
        out.extend_from_slice(b"}}\n");
        Ok(())
    }

    /// Tells the destination which values are missing and why.
    fn write_changes(&self, out: &mut Vec<u8>) {
        if self.nulled.is_empty() {
            return;
        }
        out.extend_from_slice(br#","meta":{"changes":["#);
        for (n, (at, why)) in self.nulled.iter().enumerate() {
            let reason = match why {
                Nulled::NoJson => "SOURCE_SERIALIZATION_ERROR",
                Nulled::TooLarge => "SOURCE_FIELD_SIZE_LIMITATION",
            };
            out.extend_from_slice(if n == 0 {
                b"{\"field\":"
            } else {
                b",{\"field\":"
            });
            json_text(self.columns[*at].name.as_bytes(), out);
            out.extend_from_slice(
                format!(r#","change":"NULLED","reason":"{reason}"}}"#).as_bytes(),
            );
        }
        out.extend_from_slice(b"]}");
    }
}
