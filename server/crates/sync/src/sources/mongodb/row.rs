//! Documents to RECORD lines, written straight into the output buffer.

use bson::{RawBsonRef, RawDocument};
use serde_json::Value;

use super::catalog::DOCUMENT;
use super::config::Shape;
use super::value;
use crate::sources::postgres::{Nulled, json_text};

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
        fields: Vec<String>,
        shape: Shape,
        line_limit: usize,
    ) -> Self {
        let (stream, namespace) = (Value::from(stream), Value::from(namespace));
        let prefix = format!(
            r#"{{"type":"RECORD","record":{{"stream":{stream},"namespace":{namespace},"emitted_at":{emitted_at},"data":{{"#
        );
        let column = |name: String| {
            let mut key = Vec::new();
            json_text(name.as_bytes(), &mut key);
            key.push(b':');
            Column {
                is_document: shape == Shape::Document && name == DOCUMENT,
                name,
                key,
            }
        };
        Self {
            columns: fields.into_iter().map(column).collect(),
            prefix: prefix.into_bytes(),
            line_limit,
            nulled: Vec::new(),
        }
    }

    /// Writes one document as a line. One larger than a line may be gives up its largest values.
    pub fn write(&mut self, document: &RawDocument, out: &mut Vec<u8>) {
        let from = out.len();
        let mut value_limit = self.line_limit;
        loop {
            self.write_within(document, value_limit, out);
            if out.len() - from <= self.line_limit || value_limit == 0 {
                return;
            }
            out.truncate(from);
            value_limit /= 2;
        }
    }

    fn write_within(&mut self, document: &RawDocument, value_limit: usize, out: &mut Vec<u8>) {
        self.nulled.clear();
        out.extend_from_slice(&self.prefix);
        let mut is_first = true;
        for (at, column) in self.columns.iter().enumerate() {
            let found = if column.is_document {
                Some(RawBsonRef::Document(document))
            } else {
                match document.get(&column.name) {
                    Ok(found) => found,
                    // Not read: it must not look as if it were missing.
                    Err(_) => {
                        self.nulled.push((at, Nulled::NoJson));
                        Some(RawBsonRef::Null)
                    }
                }
            };
            // A field that a document lacks is left out.
            let Some(found) = found else { continue };
            if !is_first {
                out.push(b',');
            }
            is_first = false;
            out.extend_from_slice(&column.key);
            let from = out.len();
            let written = value::write(found, out).and_then(|()| {
                if out.len() - from > value_limit {
                    Err(Nulled::TooLarge)
                } else {
                    Ok(())
                }
            });
            if let Err(why) = written {
                out.truncate(from);
                out.extend_from_slice(b"null");
                self.nulled.push((at, why));
            }
        }
        out.push(b'}');
        self.write_changes(out);
        out.extend_from_slice(b"}}\n");
    }

    /// Tells the destination which values are missing and why.
    fn write_changes(&self, out: &mut Vec<u8>) {
        if self.nulled.is_empty() {
            return;
        }
        let changes: Vec<Value> = self
            .nulled
            .iter()
            .map(|(at, why)| {
                let reason = match why {
                    Nulled::NoJson => "SOURCE_SERIALIZATION_ERROR",
                    Nulled::TooLarge => "SOURCE_FIELD_SIZE_LIMITATION",
                };
                let field = &self.columns[*at].name;
                serde_json::json!({"field": field, "change": "NULLED", "reason": reason})
            })
            .collect();
        let meta = serde_json::json!({"changes": changes});
        out.extend_from_slice(format!(r#","meta":{meta}"#).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use bson::{Document, RawDocumentBuf, doc};
    use serde_json::json;

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
