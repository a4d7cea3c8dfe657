//! One body a line.

use std::io::{BufRead, BufReader, Read};

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Bounds, Each, Item, Source, fault, nan, no_text};
use crate::declarative::request::trim_mark;
use crate::fault::Fault;

/// JSON lines. The Python runtime leaves out a line that is no JSON: the half of one, where an answer was cut off, or a
/// page for people. Rows would be missing and nobody told.
pub fn json(source: Source<'_>, bounds: Bounds, each: &mut Each<'_>) -> Result<(), Fault> {
    let mut number: u64 = 0;
    for_each(source, bounds, &mut |line| {
        number += 1;
        let line = if number == 1 { trim_mark(line) } else { line };
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        let error = match serde_json::from_slice::<&RawValue>(line) {
            Ok(value) => return each(Item::Raw(value.get())),
            Err(error) => error,
        };
        let mended = std::str::from_utf8(line).ok().and_then(nan::as_null);
        let mended = mended.ok_or_else(|| broken(number, &error))?;
        let value: &RawValue =
            serde_json::from_str(&mended).map_err(|error| broken(number, &error))?;
        each(Item::Raw(value.get()))
    })
}

/// Lines as they are.
pub fn plain(source: Source<'_>, bounds: Bounds, each: &mut Each<'_>) -> Result<(), Fault> {
    for_each(source, bounds, &mut |line| {
        let text = std::str::from_utf8(line).map_err(no_text)?;
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

fn broken(number: u64, error: &serde_json::Error) -> Fault {
    // To the parser each line is the first one.
    let text = error.to_string().replace("at line 1 column", "at column");
    Fault::upstream(format!("Line {number} of the answer is not JSON.")).with_detail(text)
}

fn trim(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Kind;

    fn both(text: &[u8]) -> [Source<'_>; 2] {
        [Source::Memory(text), Source::Reader(Box::new(text))]
    }

    /// The lines that came, and what went wrong.
    fn collect(source: Source<'_>) -> (Vec<String>, Result<(), Fault>) {
        let mut out = Vec::new();
        let result = json(source, Bounds::default(), &mut |item| {
            out.push(item.into_tree()?.to_string());
            Ok(())
        });
        (out, result)
    }

    #[test]
    fn both_sources_give_the_same() {
        let text = b"\xef\xbb\xbf{\"a\":1}\r\n\n  \r\n[2,NaN]\n{\"b\":3}";
        for source in both(text) {
            let (out, result) = collect(source);
            assert_eq!(result, Ok(()));
            assert_eq!(out, [r#"{"a":1}"#, "[2,null]", r#"{"b":3}"#]);
        }
    }

    #[test]
    fn a_line_that_is_no_json_is_told_by_its_number() {
        let cases = [
            ("{\"a\":1}\n\n{\"a\":", 3),
            ("{\"a\":1}\nterminated early\n{\"a\":2}\n", 2),
        ];
        for (text, number) in cases {
            for source in both(text.as_bytes()) {
                let (out, result) = collect(source);
                let fault = result.unwrap_err();
                assert_eq!(fault.kind, Kind::Upstream, "{fault}");
                assert!(
                    fault.message.contains(&format!("Line {number} of")),
                    "{fault}"
                );
                assert_eq!(out, [r#"{"a":1}"#], "what came before was passed on");
            }
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
