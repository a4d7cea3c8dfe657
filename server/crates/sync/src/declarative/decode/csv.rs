//! CSV: the first row names the fields, every other row is a record of texts.

use std::io::Read;

use csv::{ErrorKind, ReaderBuilder, StringRecord};
use encoding_rs::Encoding;
use encoding_rs_io::DecodeReaderBytesBuilder;
use serde_json::{Map, Value};

use super::{Each, Item, Source, fault};
use crate::declarative::manifest::Node;
use crate::fault::Fault;

/// How the rows are written.
#[derive(Debug, Clone)]
pub struct Dialect {
    encoding: &'static Encoding,
    delimiter: u8,
    /// Texts that stand for nothing.
    nulls: Vec<String>,
}

impl Dialect {
    pub fn read(node: &Node<'_>) -> Result<Self, Fault> {
        let label = node.str("encoding")?.unwrap_or("utf-8");
        let encoding = encoding(label).ok_or_else(|| node.wrong("encoding", "is not known"))?;
        let delimiter = match node.str("delimiter")?.unwrap_or(",") {
            "\\t" => b'\t',
            "\\x1f" | "\\u001f" => 0x1f,
            "\\x01" | "\\u0001" => 0x01,
            "" => b',',
            text if text.len() == 1 => text.as_bytes()[0],
            _ => return Err(node.wrong("delimiter", "is not one character")),
        };
        Ok(Self {
            encoding,
            delimiter,
            nulls: node.strs("set_values_to_none")?,
        })
    }

    pub fn decode(&self, source: Source<'_>, each: &mut Each<'_>) -> Result<(), Fault> {
        match source {
            Source::Memory(bytes) => self.rows(bytes, each),
            Source::Reader(reader) => self.rows(reader, each),
        }
    }

    fn rows(&self, reader: impl Read, each: &mut Each<'_>) -> Result<(), Fault> {
        let decoded = DecodeReaderBytesBuilder::new()
            .encoding(Some(self.encoding))
            .bom_override(self.encoding == encoding_rs::UTF_8)
            .build(reader);
        let mut rows = ReaderBuilder::new()
            .delimiter(self.delimiter)
            .flexible(true)
            .from_reader(decoded);
        let names = rows.headers().map_err(broken)?.clone();
        let mut row = StringRecord::new();
        while rows.read_record(&mut row).map_err(broken)? {
            each(Item::Tree(Value::Object(self.record(&names, &row))))?;
        }
        Ok(())
    }

    /// Fields the row lacks are null; those beyond the header's names come as a list, under the name they have in JSON
    /// when the Python runtime writes them.
    fn record(&self, names: &StringRecord, row: &StringRecord) -> Map<String, Value> {
        let fields = names.iter().enumerate().map(|(at, name)| {
            let value = match row.get(at) {
                Some(text) if !self.nulls.iter().any(|null| null == text) => Value::from(text),
                _ => Value::Null,
            };
            (name.to_owned(), value)
        });
        let mut record: Map<String, Value> = fields.collect();
        if row.len() > names.len() {
            let more: Vec<&str> = row.iter().skip(names.len()).collect();
            record.insert("null".to_owned(), Value::from(more));
        }
        record
    }
}

/// An encoding by the name Python has for it.
fn encoding(label: &str) -> Option<&'static Encoding> {
    let label = label.to_lowercase().replace('_', "-");
    let name = match label.as_str() {
        "latin-1" => "latin1",
        "utf-8-sig" => "utf-8",
        "utf-16" => "utf-16le",
        label => label,
    };
    let windows = name
        .strip_prefix("cp")
        .map(|page| format!("windows-{page}"));
    Encoding::for_label(name.as_bytes()).or_else(|| Encoding::for_label(windows?.as_bytes()))
}

fn broken(error: csv::Error) -> Fault {
    let text = error.to_string();
    match error.into_kind() {
        ErrorKind::Io(error) => fault(error),
        _ => Fault::upstream("The answer is not valid CSV.").with_detail(text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_become_objects() {
        let dialect = json!({"type": "CsvDecoder", "delimiter": ";", "encoding": "iso-8859-1", "set_values_to_none": ["NA"]});
        let dialect = Dialect::read(&Node::new(&dialect, "d").unwrap()).unwrap();
        let mut out = Vec::new();
        let text = b"a;b;c\n\"x\ny\";NA;\xfc\n1\n1;2;3;4\n";
        dialect
            .decode(Source::Memory(text), &mut |item| {
                out.push(item.into_tree()?);
                Ok(())
            })
            .unwrap();
        let expected = json!([
            {"a": "x\ny", "b": null, "c": "ü"}, {"a": "1", "b": null, "c": null}, {"a": "1", "b": "2", "c": "3", "null": ["4"]},
        ]);
        assert_eq!(Value::from(out), expected);
    }
}
