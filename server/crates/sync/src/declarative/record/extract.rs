//! Finding the records in a body.

use serde_json::Value;
use serde_json::value::RawValue;

use super::expand::Expander;
use super::path;
use crate::declarative::decode::{
    Bounds, Decoder, Each, Item, elements, list_at, list_items, members, stream_items,
};
use crate::declarative::env::Env;
use crate::declarative::manifest::{Node, is_true};
use crate::declarative::request::{Body, Page, trim_mark};
use crate::declarative::text::Text;
use crate::fault::Fault;

/// `DpathExtractor` or `CombinedExtractor`.
#[derive(Debug, Clone)]
pub enum Extractor {
    Path {
        path: Vec<String>,
        expander: Option<Expander>,
    },
    /// All of them in turn, or the first that finds something.
    Combined {
        parts: Vec<Extractor>,
        first: bool,
        skip_empty: bool,
    },
}

impl Extractor {
    pub fn read(node: &Node<'_>, env: &Env) -> Result<Self, Fault> {
        match node.kind() {
            "DpathExtractor" => {
                let scope = env.scope(&Value::Null);
                let parts = Text::list(node, "field_path")?;
                let path = parts
                    .iter()
                    .map(|part| part.string(&scope))
                    .collect::<Result<_, _>>()?;
                let expander = node
                    .child("record_expander")?
                    .map(|expander| Expander::read(&expander, env))
                    .transpose()?;
                Ok(Self::Path { path, expander })
            }
            "CombinedExtractor" => Ok(Self::Combined {
                parts: node
                    .children("extractors")?
                    .iter()
                    .map(|part| Self::read(part, env))
                    .collect::<Result<_, _>>()?,
                first: node.str("mode")? == Some("first_match"),
                skip_empty: node.is("skip_empty_records")?,
            }),
            _ => Err(node.unknown()),
        }
    }

    /// Each body is a record, or a list of them.
    pub const fn whole() -> Self {
        Self::Path {
            path: Vec::new(),
            expander: None,
        }
    }

    /// Calls `each` for every record of the page and counts what it found.
    pub fn records(
        &self,
        decoder: &Decoder,
        page: &Page,
        bounds: Bounds,
        each: &mut Each<'_>,
    ) -> Result<u64, Fault> {
        let mut found = 0;
        if let (Decoder::Json, Some(path)) = (decoder, self.plain_path()) {
            match &page.body {
                // A list in a large document is read one element at a time.
                Body::File { .. } => {
                    stream_items(page.reader(), path, &mut |item| {
                        found += 1;
                        each(item)
                    })?;
                    return Ok(found);
                }
                Body::Memory(bytes) => {
                    if let Some(records) = listed(bytes, path) {
                        for record in &records {
                            found += 1;
                            each(Item::Raw(record.get()))?;
                        }
                        return Ok(found);
                    }
                }
            }
        }
        match self {
            Self::Combined {
                parts,
                first,
                skip_empty,
            } => {
                for part in parts {
                    let before = found;
                    found += part.records(decoder, page, bounds, &mut |item| {
                        if *skip_empty && is_empty(&item) {
                            return Ok(());
                        }
                        each(item)
                    })?;
                    if *first && found > before {
                        break;
                    }
                }
            }
            Self::Path { .. } => decoder.bodies(page, bounds, &mut |body| {
                self.extract(body, &mut |item| {
                    found += 1;
                    each(item)
                })
            })?,
        }
        Ok(found)
    }

    /// A path of names alone, the end of which holds the records themselves.
    fn plain_path(&self) -> Option<&[String]> {
        match self {
            Self::Path {
                path,
                expander: None,
            } if !path::is_wild(path) => Some(path),
            _ => None,
        }
    }

    fn extract(&self, body: Item<'_>, each: &mut Each<'_>) -> Result<(), Fault> {
        let Self::Path { path, expander } = self else {
            return Ok(());
        };
        if let Some(expander) = expander {
            let tree = body.into_tree()?;
            return from_tree(&tree, path, &mut |value| expander.expand(value, each));
        }
        match body {
            Item::Raw(text) if !path::is_wild(path) => from_text(text, path, each),
            body => {
                let tree = body.into_tree()?;
                from_tree(&tree, path, &mut |value| each(Item::Tree(value)))
            }
        }
    }
}

/// The records of a body that is an object with a list in it, or a list.
fn listed<'t>(bytes: &'t [u8], path: &[String]) -> Option<Vec<&'t RawValue>> {
    let text = std::str::from_utf8(trim_mark(bytes)).ok()?;
    // The elements of an outer list are bodies of their own, empty ones of which are no records.
    text.trim_start()
        .starts_with('{')
        .then(|| list_at(text, path))?
}

/// Walks the text down the path; nothing is built.
fn from_text(text: &str, path: &[String], each: &mut Each<'_>) -> Result<(), Fault> {
    let mut here = text.trim();
    for part in path {
        let inner = if here.starts_with('[') {
            element(here, part)?
        } else {
            members(here, part)?
        };
        let Some(inner) = inner else {
            return Ok(());
        };
        here = inner.trim();
    }
    match here.as_bytes().first() {
        Some(b'[') => elements(here, each),
        _ if is_empty(&Item::Raw(here)) => Ok(()),
        _ => each(Item::Raw(here)),
    }
}

fn element<'t>(text: &'t str, part: &str) -> Result<Option<&'t str>, Fault> {
    let items = list_items(text)?;
    let at = path::place(part, items.len());
    Ok(at.map(|at| items[at].get()))
}

fn from_tree(
    tree: &Value,
    path: &[String],
    each: &mut dyn FnMut(Value) -> Result<(), Fault>,
) -> Result<(), Fault> {
    // With a part that is nothing but a star, each place is a record; other patterns have to find the one list.
    if path.iter().any(|part| part == "*") {
        let found = path::all(tree, path);
        return found.into_iter().try_for_each(|value| each(value.clone()));
    }
    match path::only(tree, path)? {
        Some(Value::Array(items)) => items.iter().try_for_each(|item| each(item.clone())),
        Some(value) if is_true(value) => each(value.clone()),
        Some(_) | None => Ok(()),
    }
}

/// What Python takes for false.
fn is_empty(item: &Item<'_>) -> bool {
    match item {
        Item::Tree(value) => !is_true(value),
        Item::Raw(text) => match text.as_bytes().first() {
            Some(b'{') => text[1..].trim_start().starts_with('}'),
            Some(b'[') => text[1..].trim_start().starts_with(']'),
            _ => serde_json::from_str(text).is_ok_and(|value: Value| !is_true(&value)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &[&str], body: &str, tree: bool) -> Result<Value, Fault> {
        let extractor = Extractor::Path {
            path: path.iter().map(|part| (*part).to_owned()).collect(),
            expander: None,
        };
        let body = if tree {
            Item::Tree(serde_json::from_str(body).unwrap())
        } else {
            Item::Raw(body)
        };
        let mut out = Vec::new();
        extractor.extract(body, &mut |item| {
            out.push(item.into_tree()?);
            Ok(())
        })?;
        Ok(Value::from(out))
    }

    fn run(path: &[&str], body: &str, tree: bool) -> String {
        found(path, body, tree).unwrap().to_string()
    }

    #[test]
    fn text_and_tree_give_the_same() {
        let cases: [(&[&str], &str, &str); 13] = [
            (
                &["data"],
                r#"{"data":[{"a":1},{"a":2}]}"#,
                r#"[{"a":1},{"a":2}]"#,
            ),
            (&["data"], r#"{"data":{"a":1}}"#, r#"[{"a":1}]"#),
            (&["data"], r#"{"data":{ }}"#, "[]"),
            (&["data"], r#"{"data":null}"#, "[]"),
            (&["data"], r#"{"other":1}"#, "[]"),
            (&[], r#"{"a":1}"#, r#"[{"a":1}]"#),
            (&[], "{}", "[]"),
            (
                &["d", "1", "x"],
                r#"{"d":[{"x":[1]},{"x":[2,3]}]}"#,
                "[2,3]",
            ),
            (&["d", "*", "x"], r#"{"d":[{"x":[1]},{"x":2}]}"#, "[[1],2]"),
            (&["d", "-1"], r#"{"d":[[1],[2,3]]}"#, "[2,3]"),
            (&["d", "a*"], r#"{"d":{"abc":[1,2]}}"#, "[1,2]"),
            (&["**", "rows"], r#"{"d":{"x":[{"rows":[1]}]}}"#, "[1]"),
            (&["d", "a*"], r#"{"d":{"b":[1,2]}}"#, "[]"),
        ];
        for (path, body, expected) in cases {
            assert_eq!(run(path, body, false), expected, "{path:?} {body}");
            assert_eq!(run(path, body, true), expected, "{path:?} {body}");
        }
    }

    #[test]
    fn a_pattern_that_fits_several_lists_is_no_empty_stream() {
        for tree in [false, true] {
            let fault = found(&["d", "a*"], r#"{"d":{"ab":[1],"ac":[2]}}"#, tree).unwrap_err();
            assert!(fault.message.contains("d.a*"), "{fault}");
        }
    }
}
