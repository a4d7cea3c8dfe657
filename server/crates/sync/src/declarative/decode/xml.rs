//! XML as an object, the way Python's `xmltodict` makes one: attributes with `@`, text beside them as `#text`, repeated
//! elements as a list.

use std::io::Read;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value};

use super::letters::{Letters, peek};
use super::{Each, Item, Source, declared, fault, no_text};
use crate::fault::Fault;

/// Largest document; a tree of it takes several times as much.
const MOST: u64 = 64 * 1024 * 1024;
const DEEPEST: usize = 200;

/// A document and the `Content-Type` it came with.
pub fn document(
    source: Source<'_>,
    content_type: Option<&str>,
    each: &mut Each<'_>,
) -> Result<(), Fault> {
    let text = match source {
        Source::Memory(bytes) => whole(bytes, content_type)?,
        Source::Reader(reader) => whole(reader, content_type)?,
    };
    if text.trim().is_empty() {
        return each(Item::Tree(Value::Object(Map::new())));
    }
    each(Item::Tree(parse(&text)?))
}

/// All of it as text.
fn whole(reader: impl Read, content_type: Option<&str>) -> Result<String, Fault> {
    let (head, reader) = peek(reader, declared::HEAD_BYTES)?;
    let alphabet = declared::alphabet(&head, content_type)?;
    let mut text = Vec::new();
    Letters::new(reader, alphabet)
        .take(MOST + 1)
        .read_to_end(&mut text)
        .map_err(fault)?;
    if u64::try_from(text.len()).is_ok_and(|size| size > MOST) {
        return Err(Fault::data(
            "The answer is an XML document that is too large.",
        ));
    }
    String::from_utf8(text).map_err(|error| no_text(error.utf8_error()))
}

/// An element that is not closed yet.
struct Open {
    name: String,
    fields: Map<String, Value>,
    text: String,
}

impl Open {
    fn new(start: &BytesStart<'_>) -> Result<Self, Fault> {
        let mut fields = Map::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| broken(&error))?;
            let name = format!("@{}", attribute.key.as_ref());
            let value = quick_xml::escape::unescape(&attribute.value)
                .map_err(|error| broken(&error))?
                .into_owned();
            fields.insert(name, Value::from(value));
        }
        Ok(Self {
            name: start.name().as_ref().to_owned(),
            fields,
            text: String::new(),
        })
    }

    fn into_value(mut self) -> Value {
        let text = self.text.trim();
        if self.fields.is_empty() {
            return if text.is_empty() {
                Value::Null
            } else {
                Value::from(text)
            };
        }
        if !text.is_empty() {
            self.fields.insert("#text".to_owned(), Value::from(text));
        }
        Value::Object(self.fields)
    }
}

fn parse(text: &str) -> Result<Value, Fault> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut root = Map::new();
    loop {
        match reader.read_event().map_err(|error| broken(&error))? {
            Event::Start(start) => open.push(Open::new(&start)?),
            Event::Empty(start) => close(Open::new(&start)?, open.last_mut(), &mut root),
            Event::End(_) => {
                let element = open
                    .pop()
                    .ok_or_else(|| Fault::upstream("The answer is not valid XML."))?;
                close(element, open.last_mut(), &mut root);
            }
            Event::Text(part) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&part);
                }
            }
            Event::CData(part) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&part);
                }
            }
            Event::GeneralRef(reference) => {
                let entity = format!("&{};", &*reference);
                let resolved = quick_xml::escape::unescape(&entity).map_err(|error| {
                    Fault::data(format!(
                        "The answer is an XML document with “{entity}” in it, which stands for nothing that this runtime knows."
                    ))
                    .with_detail(error.to_string())
                })?;
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&resolved);
                }
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
        if open.len() > DEEPEST {
            return Err(Fault::data(
                "The answer is an XML document that is nested too deeply.",
            ));
        }
    }
    if open.is_empty() {
        Ok(Value::Object(root))
    } else {
        Err(Fault::upstream(
            "The answer is an XML document that is cut off.",
        ))
    }
}

fn close(element: Open, parent: Option<&mut Open>, root: &mut Map<String, Value>) {
    let name = element.name.clone();
    let value = element.into_value();
    let fields = match parent {
        Some(parent) => &mut parent.fields,
        None => root,
    };
    match fields.get_mut(&name) {
        Some(Value::Array(items)) => items.push(value),
        Some(there) => {
            let first = there.take();
            *there = Value::Array(vec![first, value]);
        }
        None => {
            fields.insert(name, value);
        }
    }
}

fn broken(error: &dyn std::error::Error) -> Fault {
    Fault::upstream("The answer is not valid XML.").with_detail(error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fault::Kind;

    #[test]
    fn elements_become_fields() {
        let text = r#"<?xml version="1.0"?><!-- c --><root a="1 &amp; 2"><x>5</x><y id="7">t &lt; u</y><x/><z><![CDATA[<raw>]]></z><e b="2"/></root>"#;
        let expected = json!({"root": {
            "@a": "1 & 2", "x": ["5", null], "y": {"@id": "7", "#text": "t < u"}, "z": "<raw>", "e": {"@b": "2"},
        }});
        assert_eq!(parse(text).unwrap(), expected);
    }

    #[test]
    fn letters_are_those_of_the_declared_encoding() {
        let latin = b"<?xml version=\"1.0\" encoding=\"windows-1252\"?><r>M\xfcller \x80</r>";
        let wide = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><r>Müller €</r>"
            .encode_utf16()
            .flat_map(u16::to_be_bytes);
        let wide: Vec<u8> = [0xfe, 0xff].into_iter().chain(wide).collect();
        for bytes in [&latin[..], &wide[..]] {
            for source in [Source::Memory(bytes), Source::Reader(Box::new(bytes))] {
                let mut found = Vec::new();
                document(source, Some("text/xml"), &mut |item| {
                    found.push(item.into_tree()?);
                    Ok(())
                })
                .unwrap();
                assert_eq!(found, [json!({"r": "Müller €"})]);
            }
        }
    }

    #[test]
    fn letters_that_do_not_fit_are_told_whatever_the_size() {
        let bytes = b"<?xml version=\"1.0\"?>\n<r>M\xfcller</r>";
        for source in [Source::Memory(bytes), Source::Reader(Box::new(&bytes[..]))] {
            let fault = document(source, None, &mut |_| Ok(())).unwrap_err();
            assert_eq!(fault.kind, Kind::Data, "{fault}");
            assert!(fault.message.contains("UTF-8, at line 2"), "{fault}");
        }
    }

    #[test]
    fn an_entity_of_the_document_s_own_is_named() {
        let fault = parse("<!DOCTYPE r [<!ENTITY a \"x\">]><r>&a;</r>").unwrap_err();
        assert_eq!(fault.kind, Kind::Data, "{fault}");
        assert!(fault.message.contains("&a;"), "{fault}");
    }

    #[test]
    fn what_is_broken_may_come_whole_another_time_and_what_is_too_deep_may_not() {
        for text in ["<a>", "<a></b>", "<a><b></a>"] {
            assert_eq!(parse(text).unwrap_err().kind, Kind::Upstream, "{text}");
        }
        let deep = parse(&"<a>".repeat(1000)).unwrap_err();
        assert_eq!(deep.kind, Kind::Data, "{deep}");
    }
}
