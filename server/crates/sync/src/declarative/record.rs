//! From bodies to records: found, filtered, changed, brought to their schema.

mod expand;
mod extract;
mod filter;
mod glob;
mod last;
mod line;
mod members;
mod normalise;
pub mod path;
mod sketch;
mod splice;
mod touch;
mod transform;

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::cursor::Watch;
use super::decode::{self, Item};
use super::env::Env;
use super::manifest::Node;
use super::template::{Binding, Scope};
use super::text::Text;
use crate::fault::Fault;
pub use extract::Extractor;
pub use filter::Wanted;
pub use last::Last;
use sketch::Sketch;
use touch::Touch;
pub use transform::Transformation;

/// A record on its way out.
#[derive(Debug, Clone, Copy)]
pub enum Record<'a> {
    /// A JSON object as it came.
    Raw(&'a str),
    Tree(&'a Map<String, Value>),
}

impl Record<'_> {
    /// One field, without reading the others.
    pub fn field(&self, name: &str) -> Option<Value> {
        match self {
            Self::Raw(text) => serde_json::from_str(line::find(text, name)?).ok(),
            Self::Tree(fields) => fields.get(name).cloned(),
        }
    }

    /// Shows the cursor field to whoever watches the position.
    pub fn observe(&self, field: &str, watch: &mut Watch) {
        match self {
            Self::Tree(fields) => watch.observe(fields.get(field)),
            Self::Raw(text) => {
                let value = line::find(text, field);
                let inner = value.and_then(|value| value.strip_prefix('"')?.strip_suffix('"'));
                match inner.filter(|inner| !inner.contains('\\')) {
                    // A text without escapes is its own value.
                    Some(inner) => watch.observe_text(inner),
                    None => {
                        let value: Option<Value> =
                            value.and_then(|value| serde_json::from_str(value).ok());
                        watch.observe(value.as_ref());
                    }
                }
            }
        }
    }

    pub fn to_map(self) -> Result<Map<String, Value>, Fault> {
        match self {
            Self::Raw(text) => object(Item::Raw(text)),
            Self::Tree(fields) => Ok((*fields).clone()),
        }
    }

    /// Writes the record as one line of JSON.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), Fault> {
        match self {
            Self::Raw(text) => {
                line::text(text, out);
                Ok(())
            }
            Self::Tree(fields) => line::tree(fields, out),
        }
    }
}

/// `RecordSelector` with the stream's transformations.
#[derive(Debug)]
pub struct Selector {
    pub extractor: Extractor,
    filter: Option<Text>,
    transformations: Vec<Transformation>,
    normalises: bool,
    transform_first: bool,
    /// Leave out what earlier runs have read.
    client_side: bool,
    /// The fields that filter and transformations have to do with, where they are known: the others stay text.
    touch: Option<Touch>,
}

/// What a stream adds to its selector.
#[derive(Debug, Default)]
pub struct Extra {
    pub transformations: Vec<Transformation>,
    /// The cursor filters by itself.
    pub client_side: bool,
    /// The manifest says so, even where paging does the filtering.
    pub transforms_first: bool,
    /// Paging ends at the first record that was read before.
    pub feed: bool,
}

/// What templates and filters of one page see.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub scope: &'a Scope<'a>,
    pub wanted: Option<Wanted<'a>>,
    pub schema: &'a Value,
}

impl Selector {
    pub fn read(node: &Node<'_>, extra: Extra, env: &Env) -> Result<Self, Fault> {
        if node.kind() != "RecordSelector" {
            return Err(node.unknown());
        }
        let filter = match node.child("record_filter")? {
            Some(filter) if filter.kind() == "RecordFilter" => {
                Text::read(&filter, "condition")?.filter(|text| !text.source().is_empty())
            }
            Some(other) => return Err(other.unknown()),
            None => None,
        };
        let normalises = match node.get("schema_normalization") {
            None => false,
            Some(Value::String(name)) if name == "None" => false,
            Some(Value::String(name)) if name == "Default" => true,
            Some(_) => return Err(node.wrong("schema_normalization", "is not known")),
        };
        let touch = Touch::of(filter.as_ref(), &extra.transformations);
        Ok(Self {
            touch: touch.filter(|_| !normalises),
            extractor: Extractor::read(&node.need_child("extractor")?, env)?,
            filter,
            transformations: extra.transformations,
            normalises,
            transform_first: node
                .flag("transform_before_filtering")?
                .unwrap_or(extra.client_side || extra.transforms_first),
            client_side: extra.client_side,
        })
    }

    /// Everything the extractor finds, as it is.
    pub fn plain(extractor: Extractor) -> Self {
        Self {
            extractor,
            filter: None,
            transformations: Vec::new(),
            normalises: false,
            transform_first: false,
            client_side: false,
            touch: None,
        }
    }

    /// Whether records pass as they came.
    fn passes(&self) -> bool {
        self.filter.is_none() && self.transformations.is_empty() && !self.normalises
    }

    /// Runs one extracted item through; `each` sees it when it is kept.
    pub fn select(
        &self,
        item: Item<'_>,
        view: View<'_>,
        each: &mut dyn FnMut(Record<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if self.passes() {
            let record = match &item {
                Item::Raw(text) if text.trim_start().starts_with('{') => Record::Raw(text),
                Item::Tree(Value::Object(fields)) => Record::Tree(fields),
                Item::Raw(_) | Item::Tree(_) => return Err(no_object()),
            };
            if self.client_side && !view.wants(&record)? {
                return Ok(());
            }
            return each(record);
        }
        if let (Item::Raw(text), Some(touch)) = (&item, &self.touch)
            && let Some(sketch) = Sketch::of(text, touch)
        {
            return self.select_sketch(sketch, view, each);
        }
        let mut fields = object(item)?;
        if self.transform_first {
            self.transform(&mut fields, view)?;
        }
        if !self.keeps(&fields, view)? {
            return Ok(());
        }
        if !self.transform_first {
            self.transform(&mut fields, view)?;
        }
        if self.normalises {
            normalise::apply(&mut fields, view.schema);
        }
        each(Record::Tree(&fields))
    }

    /// The same, and only what is needed of the record is read.
    fn select_sketch(
        &self,
        mut sketch: Sketch<'_>,
        view: View<'_>,
        each: &mut dyn FnMut(Record<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut record = Cow::Borrowed(sketch.text);
        if self.transform_first {
            self.transform(&mut sketch.fields, view)?;
            record = sketch.record()?;
        }
        if self.client_side && !view.wants(&Record::Raw(&record))? {
            return Ok(());
        }
        if !self.lets_pass(&sketch.fields, view)? {
            return Ok(());
        }
        if !self.transform_first {
            self.transform(&mut sketch.fields, view)?;
            record = sketch.record()?;
        }
        each(Record::Raw(&record))
    }

    fn keeps(&self, fields: &Map<String, Value>, view: View<'_>) -> Result<bool, Fault> {
        Ok((!self.client_side || view.wants(&Record::Tree(fields))?)
            && self.lets_pass(fields, view)?)
    }

    /// The manifest's own filter.
    fn lets_pass(&self, fields: &Map<String, Value>, view: View<'_>) -> Result<bool, Fault> {
        match &self.filter {
            None => Ok(true),
            Some(filter) => {
                let scope = view.scope.child().with("record", Binding::Object(fields));
                // The Python runtime knows the name here, and never tells the token; transformations do not know it.
                filter.truth(&scope.with("next_page_token", Binding::None))
            }
        }
    }

    fn transform(&self, fields: &mut Map<String, Value>, view: View<'_>) -> Result<(), Fault> {
        self.transformations
            .iter()
            .try_for_each(|transformation| transformation.apply(fields, view))
    }
}

impl View<'_> {
    fn wants(&self, record: &Record<'_>) -> Result<bool, Fault> {
        self.wanted.map_or(Ok(true), |wanted| wanted(record))
    }
}

fn object(item: Item<'_>) -> Result<Map<String, Value>, Fault> {
    match item {
        Item::Raw(text) if text.trim_start().starts_with('{') => {
            serde_json::from_str(text).map_err(|error| decode::broken(&error))
        }
        Item::Tree(Value::Object(fields)) => Ok(fields),
        Item::Raw(_) | Item::Tree(_) => Err(no_object()),
    }
}

fn no_object() -> Fault {
    Fault::data("The answer holds a record that is no object with fields.")
}

#[cfg(test)]
mod tests;
