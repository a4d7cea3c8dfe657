//! Reads RECORD lines in one pass: which stream, when, and where each column's value stands. No tree, no copies.

use std::borrow::Cow;
use std::collections::HashMap;

use airbyte::protocol::StreamDescriptor;

use super::json::{Broken, Kind, Marks, Scan, Span};
use super::plan::StreamPlan;
use super::shape::Shape;
use super::text;

/// A record whose values lie in its stream's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Position in the plan.
    pub stream: usize,
    /// Milliseconds since 1970.
    pub emitted_at: i64,
    /// The array of changes the source has already made to the record.
    pub changes: Option<Span>,
}

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    Record(Record),
    /// A record of a stream nobody asked for.
    Stranger(StreamDescriptor),
    /// JSON, but no record.
    Other,
}

#[derive(Debug)]
struct Known {
    namespace: Option<Vec<u8>>,
    shape: Shape,
}

#[derive(Debug)]
pub struct Reader {
    streams: Vec<Known>,
    by_name: HashMap<Vec<u8>, Vec<usize>>,
    /// The name that came last and its candidates: streams come in long runs.
    last: (Vec<u8>, Vec<usize>),
}

/// What the keys around `data` said.
#[derive(Default)]
struct Envelope<'a> {
    name: Option<Cow<'a, [u8]>>,
    namespace: Option<Cow<'a, [u8]>>,
    data: Option<usize>,
    /// The stream whose shape holds the data.
    shaped: Option<usize>,
    emitted_at: i64,
    changes: Option<Span>,
}

impl Reader {
    pub fn new(plans: &[StreamPlan]) -> Self {
        let mut by_name: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
        let mut streams = Vec::with_capacity(plans.len());
        for (position, plan) in plans.iter().enumerate() {
            by_name
                .entry(plan.descriptor.name.clone().into_bytes())
                .or_default()
                .push(position);
            let namespace = plan
                .descriptor
                .namespace
                .clone()
                .filter(|namespace| !namespace.is_empty());
            streams.push(Known {
                namespace: namespace.map(String::into_bytes),
                shape: Shape::new(&plan.columns),
            });
        }
        Self {
            streams,
            by_name,
            last: (Vec::new(), Vec::new()),
        }
    }

    /// The values of the record just read.
    pub fn values(&self, stream: usize) -> &[Span] {
        self.streams
            .get(stream)
            .map(|known| known.shape.values())
            .unwrap_or_default()
    }

    /// Reads one line of valid UTF-8.
    pub fn read(&mut self, line: &[u8]) -> Result<Line, Broken> {
        let mut scan = Scan::new(line, 0);
        scan.expect(b'{')?;
        let (mut first, mut envelope, mut is_record) = (true, None, None);
        while let Some(key) = scan.key(&mut first)? {
            match key.inner(line) {
                b"type" => is_record = Some(scan.value()?.inner(line) == b"RECORD"),
                b"record" if is_record != Some(false) && scan.peek() == Some(b'{') => {
                    envelope = Some(self.envelope(line, &mut scan)?);
                }
                _ => {
                    scan.value()?;
                }
            }
        }
        scan.finish()?;
        match (is_record, envelope) {
            (Some(true), Some(envelope)) => self.resolve(line, envelope),
            (Some(true), None) => Err(Broken { at: scan.at() }),
            _ => Ok(Line::Other),
        }
    }

    fn envelope<'a>(
        &mut self,
        line: &'a [u8],
        scan: &mut Scan<'a>,
    ) -> Result<Envelope<'a>, Broken> {
        let mut envelope = Envelope::default();
        let mut first = true;
        scan.expect(b'{')?;
        while let Some(key) = scan.key(&mut first)? {
            match key.inner(line) {
                b"stream" => envelope.name = string(line, scan.value()?),
                b"namespace" => {
                    envelope.namespace =
                        string(line, scan.value()?).filter(|namespace| !namespace.is_empty());
                }
                b"data" => self.data(line, scan, &mut envelope)?,
                b"emitted_at" => envelope.emitted_at = millis(scan.value()?.text(line)),
                b"meta" => envelope.changes = changes(line, scan)?,
                _ => {
                    scan.value()?;
                }
            }
        }
        Ok(envelope)
    }

    /// Reads the data straight into the stream's shape if the stream is certain by now, else passes it for later.
    fn data<'a>(
        &mut self,
        line: &'a [u8],
        scan: &mut Scan<'a>,
        envelope: &mut Envelope<'a>,
    ) -> Result<(), Broken> {
        scan.peek();
        envelope.data = Some(scan.at());
        let certain = envelope
            .name
            .as_ref()
            .and_then(|name| match self.candidates(name) {
                [only] => Some(*only),
                _ => None,
            });
        match certain.and_then(|stream| self.streams.get_mut(stream)) {
            Some(known) => {
                envelope.shaped = certain;
                fill(line, scan, &mut known.shape)
            }
            None => scan.value().map(|_| ()),
        }
    }

    fn candidates(&mut self, name: &[u8]) -> &[usize] {
        if self.last.0 != name {
            self.last = (
                name.to_vec(),
                self.by_name.get(name).cloned().unwrap_or_default(),
            );
        }
        &self.last.1
    }

    fn resolve(&mut self, line: &[u8], envelope: Envelope<'_>) -> Result<Line, Broken> {
        let (Some(name), Some(data)) = (envelope.name, envelope.data) else {
            return Err(Broken { at: line.len() });
        };
        let candidates = self.candidates(&name).to_vec();
        let found = candidates.into_iter().find(|position| {
            self.streams
                .get(*position)
                .is_some_and(|known| known.namespace.as_deref() == envelope.namespace.as_deref())
        });
        let Some(stream) = found else {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            return Ok(Line::Stranger(StreamDescriptor::new(
                text(&name),
                envelope.namespace.as_deref().map(text),
            )));
        };
        if envelope.shaped != Some(stream)
            && let Some(known) = self.streams.get_mut(stream)
        {
            fill(line, &mut Scan::new(line, data), &mut known.shape)?;
        }
        Ok(Line::Record(Record {
            stream,
            emitted_at: envelope.emitted_at,
            changes: envelope.changes,
        }))
    }
}

/// Reads the `data` object into the shape.
fn fill<'a>(line: &'a [u8], scan: &mut Scan<'a>, shape: &mut Shape) -> Result<(), Broken> {
    shape.begin();
    scan.expect(b'{')?;
    let mut first = true;
    while let Some(key) = scan.key(&mut first)? {
        let value = scan.value()?;
        if key.marks.has(Marks::ESCAPED) {
            shape.put(&text::unescaped(key.inner(line)), value);
        } else {
            shape.put(key.inner(line), value);
        }
    }
    Ok(())
}

fn string(line: &[u8], span: Span) -> Option<Cow<'_, [u8]>> {
    match span.kind {
        Kind::String if span.marks.has(Marks::ESCAPED) => {
            Some(Cow::Owned(text::unescaped(span.inner(line))))
        }
        Kind::String => Some(Cow::Borrowed(span.inner(line))),
        _ => None,
    }
}

/// Whole milliseconds; some connectors write a fraction.
fn millis(text: &[u8]) -> i64 {
    let whole = text
        .split(|byte| matches!(byte, b'.' | b'e' | b'E'))
        .next()
        .unwrap_or_default();
    std::str::from_utf8(whole)
        .ok()
        .and_then(|whole| whole.parse().ok())
        .unwrap_or_default()
}

/// The span of `meta.changes`, if there are any.
fn changes(line: &[u8], scan: &mut Scan<'_>) -> Result<Option<Span>, Broken> {
    if scan.peek() != Some(b'{') {
        scan.value()?;
        return Ok(None);
    }
    let (mut first, mut found) = (true, None);
    scan.expect(b'{')?;
    while let Some(key) = scan.key(&mut first)? {
        let value = scan.value()?;
        if key.inner(line) == b"changes"
            && value.kind == Kind::Array
            && value.text(line).contains(&b'{')
        {
            found = Some(value);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::options::{Namespaces, RunOptions};
    use super::super::plan::plan;
    use super::*;
    use serde_json::json;

    fn reader() -> Reader {
        let stream = |name: &str, namespace: Option<&str>| {
            json!({"stream": {"name": name, "namespace": namespace, "json_schema": {"properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}},
                   "sync_mode": "full_refresh", "destination_sync_mode": "append"})
        };
        let catalog = json!({"streams": [stream("users", None), stream("items", Some("a")), stream("items", Some("b"))]});
        let options = RunOptions {
            namespaces: Namespaces::Schemas,
            ..RunOptions::default()
        };
        Reader::new(
            &plan(
                &serde_json::from_value(catalog).unwrap(),
                "public",
                &options,
            )
            .unwrap(),
        )
    }

    fn read(line: &str) -> (Result<Line, Broken>, Vec<String>) {
        let mut reader = reader();
        let result = reader.read(line.as_bytes());
        let values = match &result {
            Ok(Line::Record(record)) => reader
                .values(record.stream)
                .iter()
                .map(|span| String::from_utf8(span.text(line.as_bytes()).to_vec()).unwrap())
                .collect(),
            _ => Vec::new(),
        };
        (result, values)
    }

    fn record(stream: usize, emitted_at: i64) -> Line {
        Line::Record(Record {
            stream,
            emitted_at,
            changes: None,
        })
    }

    #[test]
    fn keys_may_come_in_any_order() {
        for line in [
            r#"{"type":"RECORD","record":{"stream":"users","data":{"id":1,"name":"x"},"emitted_at":5}}"#,
            r#"{"record":{"emitted_at":5,"data":{"name":"x","id":1},"namespace":null,"stream":"users"},"type":"RECORD"}"#,
            r#" { "type" : "RECORD" , "extra": [], "record" : { "stream" : "\u0075sers" , "data" : { "i\u0064" : 1 , "name" : "x" } , "emitted_at" : 5.0, "namespace":"" } } "#,
        ] {
            assert_eq!(
                read(line),
                (Ok(record(0, 5)), vec!["1".to_owned(), "\"x\"".to_owned()]),
                "{line}"
            );
        }
    }

    #[test]
    fn the_namespace_decides_between_streams_of_one_name() {
        let line = |namespace: &str| {
            format!(
                r#"{{"type":"RECORD","record":{{"stream":"items","data":{{"id":1}},"emitted_at":5,"namespace":{namespace}}}}}"#
            )
        };
        assert_eq!(read(&line("\"a\"")).0, Ok(record(1, 5)));
        assert_eq!(read(&line("\"b\"")).0, Ok(record(2, 5)));
        assert_eq!(
            read(&line("null")).0,
            Ok(Line::Stranger(StreamDescriptor::new("items", None)))
        );
    }

    #[test]
    fn changes_made_by_the_source_are_found() {
        let line = r#"{"type":"RECORD","record":{"stream":"users","data":{},"emitted_at":5,"meta":{"changes":[{"field":"x"}]}}}"#;
        let Ok(Line::Record(found)) = read(line).0 else {
            panic!("a record")
        };
        assert_eq!(
            found.changes.map(|span| span.text(line.as_bytes())),
            Some(&br#"[{"field":"x"}]"#[..])
        );
    }

    #[test]
    fn other_messages_and_broken_ones_are_told_apart() {
        assert_eq!(read(r#"{"type":"STATE","state":{}}"#).0, Ok(Line::Other));
        assert_eq!(read(r#"{"hello":"world"}"#).0, Ok(Line::Other));
        for line in [
            "Starting up…",
            r#"{"type":"RECORD","record":{"stream":"users","data":{"id":1}"#,
            r#"{"type":"RECORD","record":{"stream":"users","data":{"id":01},"emitted_at":5}}"#,
            r#"{"type":"RECORD","record":{"stream":"users","data":[],"emitted_at":5}}"#,
            r#"{"type":"RECORD","record":{"stream":"users","emitted_at":5}}"#,
            r#"{"type":"RECORD"}"#,
        ] {
            assert!(read(line).0.is_err(), "{line}");
        }
    }
}
