//! CSV: the first row names the fields, every other row is a record of texts.

use std::io::Read;

use csv::{ErrorKind, ReaderBuilder, StringRecord};
use serde_json::{Map, Value};

use super::alphabet::Alphabet;
use super::letters::Letters;
use super::{Each, Item, Source, fault};
use crate::declarative::manifest::Node;
use crate::fault::Fault;

/// How the rows are written.
#[derive(Debug, Clone)]
pub struct Dialect {
    alphabet: Alphabet,
    delimiter: u8,
    /// Texts that stand for nothing.
    nulls: Vec<String>,
}

impl Dialect {
    pub fn read(node: &Node<'_>) -> Result<Self, Fault> {
        let label = node.str("encoding")?.unwrap_or("utf-8");
        let alphabet = Alphabet::named(label).ok_or_else(|| {
            Fault::unsupported(format!(
                "The manifest's CsvDecoder expects answers written in “{label}”, an encoding this runtime does not read."
            ))
        })?;
        let delimiter = match node.str("delimiter")?.unwrap_or(",") {
            "\\t" => b'\t',
            "\\x1f" | "\\u001f" => 0x1f,
            "\\x01" | "\\u0001" => 0x01,
            "" => b',',
            text if text.len() == 1 => text.as_bytes()[0],
            _ => return Err(node.wrong("delimiter", "is not one character")),
        };
        Ok(Self {
            alphabet,
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
        let text = Letters::of(reader, self.alphabet)?;
        let mut rows = ReaderBuilder::new()
            .delimiter(self.delimiter)
            .flexible(true)
            .from_reader(text);
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
    use crate::fault::Kind;

    fn dialect(fields: &Value) -> Result<Dialect, Fault> {
        let mut decoder = json!({"type": "CsvDecoder"});
        let known = decoder.as_object_mut().unwrap();
        known.extend(fields.as_object().unwrap().clone());
        Dialect::read(&Node::new(&decoder, "d").unwrap())
    }

    /// The rows that came, and what went wrong.
    fn rows(fields: &Value, source: Source<'_>) -> (Value, Result<(), Fault>) {
        let mut out = Vec::new();
        let result = dialect(fields).unwrap().decode(source, &mut |item| {
            out.push(item.into_tree()?);
            Ok(())
        });
        (Value::from(out), result)
    }

    #[test]
    fn rows_become_objects() {
        let fields =
            json!({"delimiter": ";", "encoding": "iso-8859-1", "set_values_to_none": ["NA"]});
        let text = b"a;b;c\n\"x\ny\";NA;\xfc\n1\n1;2;3;4\n";
        let (found, result) = rows(&fields, Source::Memory(text));
        let expected = json!([
            {"a": "x\ny", "b": null, "c": "ü"}, {"a": "1", "b": null, "c": null}, {"a": "1", "b": "2", "c": "3", "null": ["4"]},
        ]);
        assert_eq!((found, result), (expected, Ok(())));
    }

    #[test]
    fn a_mark_tells_the_order_of_utf_16() {
        let big: &[u8] = b"\xfe\xff\0i\0d\0\n\0\xe9\0\n";
        let small: &[u8] = b"\xff\xfei\0d\0\n\0\xe9\0\n\0";
        for text in [big, small] {
            let (found, result) = rows(&json!({"encoding": "utf-16"}), Source::Memory(text));
            assert_eq!((found, result), (json!([{"id": "é"}]), Ok(())));
        }
    }

    #[test]
    fn letters_that_do_not_fit_end_the_reading() {
        let name = |number: usize| format!("{number},plain\n");
        let mut text = "id,name\n".to_owned();
        text.extend((0..20_000).map(name));
        let before = text.len();
        let text = [text.as_bytes(), b"1,M\xfcller\n"].concat();
        let place = format!("UTF-8, at line 20002 (byte {} ", before + 4);
        for source in [Source::Memory(&text), Source::Reader(Box::new(&text[..]))] {
            let (found, result) = rows(&json!({}), source);
            let fault = result.unwrap_err();
            assert_eq!(fault.kind, Kind::Data, "{fault}");
            assert!(fault.message.contains(&place), "{fault}");
            let count = found.as_array().map(Vec::len);
            assert_eq!(count, Some(20_000), "what came before was passed on");
        }
    }

    #[test]
    fn an_encoding_that_is_not_read_here_is_named() {
        let fault = dialect(&json!({"encoding": "cp437"})).unwrap_err();
        assert_eq!(fault.kind, Kind::Unsupported, "{fault}");
        assert!(fault.message.contains("cp437"), "{fault}");
    }
}
