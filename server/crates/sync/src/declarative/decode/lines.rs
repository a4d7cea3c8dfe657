//! One body a line.

use std::io::{BufRead, BufReader, Read};

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Bounds, Each, Item, Source, fault};
use crate::fault::Fault;

/// JSON lines. A line that is no JSON is left out, as in the Python runtime.
pub fn json(source: Source<'_>, bounds: Bounds, each: &mut Each<'_>) -> Result<(), Fault> {
    for_each(
        source,
        bounds,
        &mut |line| match serde_json::from_slice::<&RawValue>(line) {
            Ok(value) => each(Item::Raw(value.get())),
            Err(_) => Ok(()),
        },
    )
}

/// Lines as they are.
pub fn plain(source: Source<'_>, bounds: Bounds, each: &mut Each<'_>) -> Result<(), Fault> {
    for_each(source, bounds, &mut |line| {
        let text = std::str::from_utf8(line).map_err(|error| {
            Fault::data("The answer is not UTF-8.").with_detail(error.to_string())
        })?;
        each(Item::Tree(json!({"record": Value::from(text)})))
    })
}

fn for_each(
    source: Source<'_>,
    bounds: Bounds,
    each: &mut dyn FnMut(&[u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    match source {
        Source::Memory(bytes) => {
            let mut rest = bytes;
            while !rest.is_empty() {
                let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                each(trim(&rest[..end]))?;
                rest = rest.get(end + 1..).unwrap_or_default();
            }
            Ok(())
        }
        Source::Reader(reader) => {
            let mut reader = BufReader::with_capacity(256 * 1024, reader);
            let most = u64::try_from(bounds.line).unwrap_or(u64::MAX);
            let mut line = Vec::new();
            loop {
                line.clear();
                let count = reader
                    .by_ref()
                    .take(most)
                    .read_until(b'\n', &mut line)
                    .map_err(fault)?;
                if count == 0 {
                    return Ok(());
                }
                if count == bounds.line {
                    return Err(Fault::data(
                        "The answer holds a line that is too long to be a record.",
                    ));
                }
                each(trim(&line))?;
            }
        }
    }
}

fn trim(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sources_give_the_same() {
        let text = b"{\"a\":1}\r\n\nnot json\n[2]\n{\"b\":3}";
        for reader in [false, true] {
            let mut out = Vec::new();
            let source = if reader {
                Source::Reader(Box::new(&text[..]))
            } else {
                Source::Memory(text)
            };
            json(source, Bounds::default(), &mut |item| {
                out.push(item.into_tree()?.to_string());
                Ok(())
            })
            .unwrap();
            assert_eq!(out, [r#"{"a":1}"#, "[2]", r#"{"b":3}"#]);
        }
    }

    #[test]
    fn long_lines_are_refused() {
        let source = Source::Reader(Box::new(std::io::repeat(b'x').take(1000)));
        let bounds = Bounds {
            line: 100,
            ..Bounds::default()
        };
        json(source, bounds, &mut |_| Ok(())).unwrap_err();
    }
}
