//! Documents to RECORD lines, written straight into the output buffer.

use std::convert::Infallible;

use bson::{RawBsonRef, RawDocument};

use super::catalog::DOCUMENT;
use super::config::Shape;
use super::value;
use crate::sources::record::{Frame, Nulled, key};

/// One column as it is written.
#[derive(Debug)]
struct Column {
    name: String,
    /// `"name":`
    key: Vec<u8>,
    is_document: bool,
}

/// Turns the documents of one stream into lines.
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
        fields: Vec<String>,
        shape: Shape,
        line_limit: usize,
    ) -> Self {
        let column = |name: String| Column {
            key: key(&name),
            is_document: shape == Shape::Document && name == DOCUMENT,
            name,
        };
        Self {
            columns: fields.into_iter().map(column).collect(),
            frame: Frame::new(namespace, stream, emitted_at, line_limit),
        }
    }

    /// Writes one document as a line; a field that it lacks is left out. One larger than a line may be gives up its
    /// largest values.
    pub fn write(&mut self, document: &RawDocument, out: &mut Vec<u8>) {
        let columns = &self.columns;
        let name = |at: usize| columns[at].name.as_str();
        let Ok(()) = self.frame.write(out, name, |value_limit, out, nulled| {
            let mut is_first = true;
            for (at, column) in columns.iter().enumerate() {
                let Some(found) = column.of(document) else {
                    continue;
                };
                if !is_first {
                    out.push(b',');
                }
                is_first = false;
                out.extend_from_slice(&column.key);
                if let Err(why) = write_value(found, value_limit, out) {
                    out.extend_from_slice(b"null");
                    nulled.push((at, why));
                }
            }
            Ok::<_, Infallible>(())
        });
    }
}

impl Column {
    /// What the document has there. What cannot be read must not look as if it were missing.
    fn of<'d>(&self, document: &'d RawDocument) -> Option<Result<RawBsonRef<'d>, Nulled>> {
        if self.is_document {
            return Some(Ok(RawBsonRef::Document(document)));
        }
        let found = document.get(&self.name);
        found.map_err(|_| Nulled::NoJson).transpose()
    }
}

/// Nothing is written where the value cannot be.
fn write_value(
    found: Result<RawBsonRef<'_>, Nulled>,
    value_limit: usize,
    out: &mut Vec<u8>,
) -> Result<(), Nulled> {
    let from = out.len();
    let written = found.and_then(|found| value::write(found, out));
    let written = written.and_then(|()| {
        let fits = out.len() - from <= value_limit;
        fits.then_some(()).ok_or(Nulled::TooLarge)
    });
    if written.is_err() {
        out.truncate(from);
    }
    written
}

#[cfg(test)]
mod tests {
    use bson::{Document, RawDocumentBuf, doc};
    use serde_json::{Value, json};

    use super::*;

    fn record(document: &Document, fields: &[&str], shape: Shape, limit: usize) -> Value {
        let document = RawDocumentBuf::try_from(document).unwrap();
        let fields = fields.iter().map(|&name| name.to_owned()).collect();
        let mut out = Vec::new();
        Encoder::new("d", "c", 7, fields, shape, limit).write(&document, &mut out);
        assert_eq!(memchr::memchr_iter(b'\n', &out).count(), 1);
        serde_json::from_slice::<Value>(&out).unwrap()["record"].take()
    }

    #[test]
    fn a_document_becomes_columns_or_stays_whole() {
        let document = doc! {"_id": 1, "a": {"b": [1]}, "unwanted": true, "n": f64::NAN};
        let row = record(&document, &["n", "_id", "a", "gone"], Shape::Columns, 1000);
        assert_eq!(row["data"], json!({"n": null, "_id": 1, "a": {"b": [1]}}));
        assert_eq!(
            row["meta"]["changes"],
            json!([{"field": "n", "change": "NULLED", "reason": "SOURCE_SERIALIZATION_ERROR"}])
        );
        let whole = record(&document, &["_id", "data"], Shape::Document, 1000);
        assert_eq!(
            whole["data"],
            json!({"_id": 1, "data": {"_id": 1, "a": {"b": [1]}, "unwanted": true, "n": "NaN"}})
        );
    }

    #[test]
    fn a_document_too_large_gives_up_its_largest_value() {
        let document = doc! {"small": "kept", "large": "x".repeat(5000)};
        let row = record(&document, &["small", "large"], Shape::Columns, 1000);
        assert_eq!(row["data"], json!({"small": "kept", "large": null}));
        assert_eq!(
            row["meta"]["changes"][0]["reason"],
            "SOURCE_FIELD_SIZE_LIMITATION"
        );
    }
}
