//! RECORD lines as all databases write them: what stands around a row, what became null in it, and how a row that is too
//! large for a line gets smaller.

use serde_json::Value;

use super::postgres::json_text;

/// Why a value became null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulled {
    /// JSON has no word for it: NaN, infinity.
    NoJson,
    /// Larger than a line may be.
    TooLarge,
}

/// Values that became null in a row, by the place of their column.
pub type Changes = Vec<(usize, Nulled)>;

/// `"name":`
pub fn key(name: &str) -> Vec<u8> {
    let mut key = Vec::new();
    json_text(name.as_bytes(), &mut key);
    key.push(b':');
    key
}

/// The lines of one stream.
#[derive(Debug)]
pub struct Frame {
    /// `{"type":"RECORD","record":{"stream":…,"emitted_at":…,"data":{`
    prefix: Vec<u8>,
    line_limit: usize,
    nulled: Changes,
}

impl Frame {
    pub fn new(namespace: &str, stream: &str, emitted_at: i64, line_limit: usize) -> Self {
        let (stream, namespace) = (Value::from(stream), Value::from(namespace));
        let prefix = format!(
            r#"{{"type":"RECORD","record":{{"stream":{stream},"namespace":{namespace},"emitted_at":{emitted_at},"data":{{"#
        );
        Self {
            prefix: prefix.into_bytes(),
            line_limit,
            nulled: Changes::new(),
        }
    }

    /// Writes one row as a line. `fill` writes what is between the braces, no value larger than it is told, and notes what
    /// became null; `name` is that of a column. A row larger than a line may be gives up its largest values.
    pub fn write<'n, E>(
        &mut self,
        out: &mut Vec<u8>,
        name: impl Fn(usize) -> &'n str,
        mut fill: impl FnMut(usize, &mut Vec<u8>, &mut Changes) -> Result<(), E>,
    ) -> Result<(), E> {
        let from = out.len();
        let mut value_limit = self.line_limit;
        loop {
            self.nulled.clear();
            out.extend_from_slice(&self.prefix);
            fill(value_limit, out, &mut self.nulled)?;
            out.push(b'}');
            self.write_changes(out, &name);
            out.extend_from_slice(b"}}\n");
            if out.len() - from <= self.line_limit || value_limit == 0 {
                return Ok(());
            }
            out.truncate(from);
            value_limit /= 2;
        }
    }

    /// Tells the destination which values are missing and why.
    fn write_changes<'n>(&self, out: &mut Vec<u8>, name: &impl Fn(usize) -> &'n str) {
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
            json_text(name(*at).as_bytes(), out);
            out.extend_from_slice(
                format!(r#","change":"NULLED","reason":"{reason}"}}"#).as_bytes(),
            );
        }
        out.extend_from_slice(b"]}");
    }
}
