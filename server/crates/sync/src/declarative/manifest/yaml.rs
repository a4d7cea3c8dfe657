//! YAML to JSON values as Python's loader reads it, with bounds: a manifest is written by strangers.

mod scalar;

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, StrInput, Tag};
use serde_json::{Map, Value};

use crate::fault::Fault;

/// The largest manifest known is below 1 MiB.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Values in one document after its anchors are replaced.
const MAX_NODES: usize = 200_000;
const MAX_DEPTH: usize = 96;

/// Reads one document. JSON is YAML, too.
pub fn parse(text: &str) -> Result<Value, Fault> {
    if text.len() > MAX_BYTES {
        return Err(Fault::config(format!(
            "The manifest is larger than {} MiB.",
            MAX_BYTES / (1024 * 1024)
        )));
    }
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        anchors: HashMap::new(),
        nodes: 0,
    };
    reader.document()
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    /// Values that have a name, and how many values are in each.
    anchors: HashMap<usize, (Value, usize)>,
    nodes: usize,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<Value, Fault> {
        let mut found = None;
        loop {
            match self.event()? {
                Event::StreamEnd => return Ok(found.unwrap_or_default()),
                Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(..) if found.is_some() => {
                    return Err(invalid("it holds more than one document"));
                }
                Event::DocumentStart(..) => {
                    let first = self.event()?;
                    found = Some(self.node(first, 0)?);
                }
                _ => return Err(invalid("its structure is broken")),
            }
        }
    }

    fn event(&mut self) -> Result<Event<'t>, Fault> {
        match self.parser.next() {
            Some(Ok((event, _))) => Ok(event),
            Some(Err(error)) => Err(invalid(&error.to_string())),
            None => Ok(Event::StreamEnd),
        }
    }

    fn node(&mut self, event: Event<'t>, depth: usize) -> Result<Value, Fault> {
        if depth > MAX_DEPTH {
            return Err(invalid("it is nested too deeply"));
        }
        let before = self.nodes;
        self.count(1)?;
        let (value, anchor) = match event {
            Event::Alias(id) => {
                let (value, size) = self
                    .anchors
                    .get(&id)
                    .ok_or_else(|| invalid("an alias names nothing"))?;
                let (value, size) = (value.clone(), *size);
                self.count(size)?;
                return Ok(value);
            }
            Event::Scalar(text, style, anchor, tag) => {
                (scalar(&text, style, tag.as_deref())?, anchor)
            }
            Event::SequenceStart(_, anchor, _) => (self.sequence(depth)?, anchor),
            Event::MappingStart(_, anchor, _) => (self.mapping(depth)?, anchor),
            _ => return Err(invalid("its structure is broken")),
        };
        if anchor != 0 {
            let size = self.nodes - before;
            self.anchors.insert(anchor, (value.clone(), size));
        }
        Ok(value)
    }

    fn count(&mut self, more: usize) -> Result<(), Fault> {
        self.nodes += more;
        if self.nodes > MAX_NODES {
            return Err(invalid("it holds too many values"));
        }
        Ok(())
    }

    fn sequence(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut items = Vec::new();
        loop {
            match self.event()? {
                Event::SequenceEnd => return Ok(Value::Array(items)),
                event => items.push(self.node(event, depth + 1)?),
            }
        }
    }

    /// The fields of a mapping. What is merged in comes first and gives way.
    fn mapping(&mut self, depth: usize) -> Result<Value, Fault> {
        let (mut merged, mut own) = (Map::new(), Map::new());
        loop {
            let event = self.event()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let merges =
                matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = self.node(event, depth + 1)?;
            let event = self.event()?;
            let value = self.node(event, depth + 1)?;
            if merges {
                merge(&mut merged, value)?;
                continue;
            }
            let key = match key {
                Value::String(key) => key,
                Value::Array(_) | Value::Object(_) => {
                    return Err(invalid("a key is no plain value"));
                }
                other => other.to_string(),
            };
            own.insert(key, value);
        }
        if merged.is_empty() {
            return Ok(Value::Object(own));
        }
        merged.extend(own);
        Ok(Value::Object(merged))
    }
}

/// `<<`: the fields of one mapping, or of several of which the first wins.
fn merge(target: &mut Map<String, Value>, value: Value) -> Result<(), Fault> {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                target.entry(name).or_insert(value);
            }
            Ok(())
        }
        Value::Array(items) => items.into_iter().try_for_each(|item| merge(target, item)),
        _ => Err(invalid("what is merged in is no mapping")),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, Fault> {
    match tag.map(Tag::suffix) {
        None if style == ScalarStyle::Plain => Ok(scalar::resolve(text)),
        None | Some("str" | "") => Ok(Value::from(text)),
        Some("int" | "float" | "bool" | "null") => Ok(scalar::resolve(text)),
        Some(other) => Err(invalid(&format!("the tag “{other}” is not known"))),
    }
}

fn invalid(why: &str) -> Fault {
    Fault::config("The manifest is not valid YAML.").with_detail(why)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use serde_json::json;

    use super::*;

    #[test]
    fn reads_what_python_reads() {
        let text = "a: 'x'\nb: [1, 2.5, true, null, n, yes, 'yes']\nc: &c\n  d: 1\n  f: 0\ne:\n  <<: *c\n  f: \"{{ config['g'] }}\"\n200: x\n";
        let expected = json!({
            "a": "x", "b": [1, 2.5, true, null, "n", true, "yes"], "c": {"d": 1, "f": 0},
            "e": {"d": 1, "f": "{{ config['g'] }}"}, "200": "x",
        });
        assert_eq!(parse(text).unwrap(), expected);
        assert_eq!(
            parse(r#"{"a": [1, {"b": "c"}]}"#).unwrap(),
            json!({"a": [1, {"b": "c"}]})
        );
    }

    #[test]
    fn refuses_bombs() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..9 {
            let line = vec![format!("*a{}", i - 1); 10].join(", ");
            writeln!(bomb, "a{i}: &a{i} [{line}]").unwrap();
        }
        let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
        let broken = ["a: [", "a: *b", "--- 1\n--- 2", "a: !!python/object x"].map(str::to_owned);
        for text in [bomb, deep, "x".repeat(MAX_BYTES + 1)]
            .into_iter()
            .chain(broken)
        {
            parse(&text).unwrap_err();
        }
    }
}
