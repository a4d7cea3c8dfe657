//! From the parser's events to the tree: anchors and merges replaced, and everything counted.

use std::collections::HashMap;

use granit_parser::{Event, Marker, Parser, ScalarStyle, StrInput, Tag};
use serde_json::Value;

use super::{Broken, Entry, Fields, MAX_BYTES, Mark, Marked, Node, scalar};

/// Values in one document after its anchors are replaced.
const MAX_NODES: usize = 200_000;
/// Text in one document after its anchors are replaced. What repeats nothing is far below: it is no larger than the file.
const MAX_TEXT: usize = 4 * MAX_BYTES;
const MAX_DEPTH: usize = 96;
const START: Mark = Mark {
    text: 0,
    line: 1,
    column: 1,
};

pub fn read(text: &str) -> Result<Marked, Broken> {
    if text.len() > MAX_BYTES {
        let limit = MAX_BYTES / (1024 * 1024);
        return Err(broken(START, &format!("it is larger than {limit} MiB")));
    }
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        anchors: HashMap::new(),
        made: Weight::default(),
        kept: Weight::default(),
        at: START,
    };
    reader.document()
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    /// Values that have a name.
    anchors: HashMap<usize, (Marked, Weight)>,
    /// The document so far.
    made: Weight,
    /// All of `anchors`: a value inside another one with a name is kept twice.
    kept: Weight,
    /// Where the last event began.
    at: Mark,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<Marked, Broken> {
        let mut found = None;
        loop {
            match self.event()? {
                Event::StreamEnd => {
                    return Ok(found.unwrap_or(Marked {
                        at: START,
                        node: Node::Scalar(Value::Null),
                    }));
                }
                Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(..) if found.is_some() => {
                    return Err(self.invalid("it holds more than one document"));
                }
                Event::DocumentStart(..) => {
                    let first = self.event()?;
                    found = Some(self.node(first, 0)?);
                }
                _ => return Err(self.invalid("its structure is broken")),
            }
        }
    }

    fn event(&mut self) -> Result<Event<'t>, Broken> {
        match self.parser.next() {
            Some(Ok((event, span))) => {
                self.at = mark(&span.start);
                Ok(event)
            }
            Some(Err(error)) => Err(broken(mark(error.marker()), &error.info())),
            None => Ok(Event::StreamEnd),
        }
    }

    fn node(&mut self, event: Event<'t>, depth: usize) -> Result<Marked, Broken> {
        if depth > MAX_DEPTH {
            return Err(self.invalid("it is nested too deeply"));
        }
        let at = self.at;
        let (node, anchor) = match event {
            Event::Alias(id) => return self.alias(id, depth),
            Event::Scalar(text, style, anchor, tag) => {
                self.count(Weight::of_text(&text))?;
                let value = scalar(&text, style, tag.as_deref());
                (Node::Scalar(value.map_err(|why| broken(at, &why))?), anchor)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.count(Weight::of_text(""))?;
                (self.sequence(depth)?, anchor)
            }
            Event::MappingStart(_, anchor, _) => {
                self.count(Weight::of_text(""))?;
                (self.mapping(depth)?, anchor)
            }
            _ => return Err(self.invalid("its structure is broken")),
        };
        let marked = Marked { at, node };
        if anchor != 0 {
            self.keep(anchor, &marked)?;
        }
        Ok(marked)
    }

    /// Gives a value its name. Weighed before it is copied, so that names inside names cannot fill the memory either.
    fn keep(&mut self, anchor: usize, marked: &Marked) -> Result<(), Broken> {
        let weight = Weight::of(marked);
        self.kept.add(weight).map_err(|why| self.invalid(why))?;
        self.anchors.insert(anchor, (marked.clone(), weight));
        Ok(())
    }

    /// What an alias stands for keeps the place where it is written.
    fn alias(&mut self, id: usize, depth: usize) -> Result<Marked, Broken> {
        let Some((_, weight)) = self.anchors.get(&id) else {
            return Err(self.invalid("an alias names nothing"));
        };
        let weight = *weight;
        if depth + weight.height > MAX_DEPTH {
            return Err(self.invalid("it is nested too deeply"));
        }
        self.count(weight)?;
        Ok(self.anchors[&id].0.clone())
    }

    fn count(&mut self, more: Weight) -> Result<(), Broken> {
        self.made.add(more).map_err(|why| self.invalid(why))
    }

    fn sequence(&mut self, depth: usize) -> Result<Node, Broken> {
        let mut items = Vec::new();
        loop {
            match self.event()? {
                Event::SequenceEnd => return Ok(Node::List(items)),
                event => items.push(self.node(event, depth + 1)?),
            }
        }
    }

    /// The fields of a mapping. What is merged in comes first and gives way.
    fn mapping(&mut self, depth: usize) -> Result<Node, Broken> {
        let (mut merged, mut own) = (Collected::default(), Collected::default());
        loop {
            let event = self.event()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let at = self.at;
            let merges =
                matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = self.node(event, depth + 1)?;
            let event = self.event()?;
            let value = self.node(event, depth + 1)?;
            if merges {
                merge(&mut merged, value)?;
                continue;
            }
            let key = match key.node {
                Node::Scalar(Value::String(key)) => key,
                Node::Scalar(other) => other.to_string(),
                Node::List(_) | Node::Map(_) => return Err(broken(at, "a key is no plain value")),
            };
            own.replace(Entry { key, at, value });
        }
        let repeated = std::mem::take(&mut own.fields.repeated);
        for entry in own.fields.entries {
            merged.replace(entry);
        }
        Ok(Node::Map(Fields {
            entries: merged.fields.entries,
            repeated,
        }))
    }

    fn invalid(&self, why: &str) -> Broken {
        broken(self.at, why)
    }
}

/// What a value costs.
#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    values: usize,
    /// Bytes of text, keys included.
    text: usize,
    /// Levels below the value itself.
    height: usize,
}

impl Weight {
    fn of_text(text: &str) -> Self {
        Self {
            values: 1,
            text: text.len(),
            height: 0,
        }
    }

    fn of(marked: &Marked) -> Self {
        let mut weight = Self::of_text("");
        match &marked.node {
            Node::Scalar(value) => weight.text = value.as_str().map_or(0, str::len),
            Node::List(items) => items.iter().for_each(|item| weight.hold(item)),
            Node::Map(fields) => {
                let repeated = fields.repeated.iter().map(|(key, _)| key);
                let keys = fields.entries.iter().map(|entry| &entry.key);
                for key in keys.chain(repeated) {
                    weight.values += 1;
                    weight.text += key.len();
                }
                let entries = fields.entries.iter();
                entries.for_each(|entry| weight.hold(&entry.value));
            }
        }
        weight
    }

    fn hold(&mut self, inner: &Marked) {
        let inner = Self::of(inner);
        self.values += inner.values;
        self.text += inner.text;
        self.height = self.height.max(inner.height + 1);
    }

    /// Says what is too much.
    fn add(&mut self, more: Self) -> Result<(), &'static str> {
        self.values += more.values;
        self.text += more.text;
        match (self.values > MAX_NODES, self.text > MAX_TEXT) {
            (true, _) => Err("it holds too many values"),
            (_, true) => Err("its aliases repeat too much text"),
            (false, false) => Ok(()),
        }
    }
}

/// Fields on their way, found by their key.
#[derive(Default)]
struct Collected {
    fields: Fields,
    index: HashMap<String, usize>,
}

impl Collected {
    fn replace(&mut self, entry: Entry) {
        let Some(place) = self.index.get(&entry.key) else {
            return self.push(entry);
        };
        self.fields.repeated.push((entry.key.clone(), entry.at));
        self.fields.entries[*place] = entry;
    }

    fn push(&mut self, entry: Entry) {
        self.index
            .insert(entry.key.clone(), self.fields.entries.len());
        self.fields.entries.push(entry);
    }
}

/// `<<`: the fields of one mapping, or of several of which the first wins.
fn merge(target: &mut Collected, value: Marked) -> Result<(), Broken> {
    match value.node {
        Node::Map(fields) => {
            for entry in fields.entries {
                if !target.index.contains_key(&entry.key) {
                    target.push(entry);
                }
            }
            Ok(())
        }
        Node::List(items) => items.into_iter().try_for_each(|item| merge(target, item)),
        Node::Scalar(_) => Err(broken(value.at, "what is merged in is no mapping")),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    match tag.map(Tag::suffix) {
        None if style == ScalarStyle::Plain => Ok(scalar::resolve(text)),
        None | Some("str" | "") => Ok(Value::from(text)),
        Some("int" | "float" | "bool" | "null") => Ok(scalar::resolve(text)),
        Some(other) => Err(format!("the tag “{other}” is not known")),
    }
}

/// The parser counts columns from zero.
fn mark(marker: &Marker) -> Mark {
    Mark {
        text: 0,
        line: marker.line(),
        column: marker.col() + 1,
    }
}

fn broken(at: Mark, why: &str) -> Broken {
    Broken {
        at,
        why: why.to_owned(),
    }
}
