//! Whether a file is still the one that was looked at: an error in its place, or another separator, must not empty the table.

use std::collections::HashSet;

use airbyte::protocol::AirbyteStream;
use serde_json::Map;

use super::input::Text;
use super::json;
use super::table::{self, MOST_COLUMNS, numbered};
use crate::fault::Fault;

/// How many columns a message names.
const NAMED: usize = 5;

/// Compares the wanted columns with a header, before a row is written. Gives a remark if some are missing. Columns that only
/// rows longer than the header have are there when such a row comes.
pub fn header(stream: &AirbyteStream, names: &[String]) -> Result<Option<String>, Fault> {
    let beyond = (names.len()..MOST_COLUMNS).map(numbered).collect();
    compare(stream, names, &beyond)
}

/// Compares the wanted fields with those that any element of a JSON file has. An element need not have all of them, so of a
/// file that is longer than its beginning nothing can be said before it is read. An empty list is no other file for being empty.
pub fn json(input: &Text, stream: &AirbyteStream) -> Result<Option<String>, Fault> {
    if input.is_cut() {
        return Ok(None);
    }
    match json::names(&input.prefix)? {
        Some(names) => compare(stream, &names, &HashSet::new()),
        None => Ok(None),
    }
}

/// `beyond` may come, and need not.
fn compare(
    stream: &AirbyteStream,
    names: &[String],
    beyond: &HashSet<String>,
) -> Result<Option<String>, Fault> {
    let wanted: Vec<&str> = table::properties(stream)
        .into_iter()
        .flat_map(Map::keys)
        .map(String::as_str)
        .collect();
    let there: HashSet<&str> = names.iter().map(String::as_str).collect();
    let missing: Vec<&str> = wanted
        .iter()
        .copied()
        .filter(|name| !there.contains(name) && !beyond.contains(*name))
        .collect();
    if missing.is_empty() {
        return Ok(None);
    }
    if wanted.iter().any(|name| there.contains(name)) {
        return Ok(Some(format!(
            "The file no longer has these columns, which stay empty: {}.",
            list(&missing)
        )));
    }
    Err(Fault::data(format!(
        "The file has none of the chosen columns ({}): it is not the file that was looked at, or its format has changed. Look at what is there now, and at the format’s settings. If the file is right, have its columns looked for again.",
        list(&missing)
    ))
    .in_stream(&stream.name))
}

fn list(names: &[&str]) -> String {
    let mut some: Vec<&str> = names.iter().copied().take(NAMED).collect();
    if names.len() > NAMED {
        some.push("…");
    }
    some.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stream(columns: &[&str]) -> AirbyteStream {
        let properties: Map<String, serde_json::Value> = columns
            .iter()
            .map(|&name| (name.to_owned(), json!({"type": ["null", "string"]})))
            .collect();
        AirbyteStream::new("t", json!({"type": "object", "properties": properties}))
    }

    fn compared(wanted: &[&str], header: &[&str]) -> Result<Option<String>, Fault> {
        let names: Vec<String> = header.iter().map(|&name| name.to_owned()).collect();
        super::header(&stream(wanted), &names)
    }

    #[test]
    fn what_is_new_and_what_only_longer_rows_have_is_no_matter() {
        assert_eq!(compared(&["a", "b"], &["b", "new", "a"]), Ok(None));
        assert_eq!(compared(&["a", "column_3"], &["a", "b"]), Ok(None));
        assert_eq!(compared(&["column_1", "column_2"], &[]), Ok(None));
        assert_eq!(compared(&[], &["a"]), Ok(None));
    }

    #[test]
    fn what_is_missing_is_named() {
        let remark = compared(&["a", "b", "column_2"], &["a", "x", "y"]).unwrap();
        let remark = remark.unwrap();
        assert!(
            remark.ends_with("which stay empty: b, column_2."),
            "{remark}"
        );
        let remark = compared(&["g", "a", "b", "c", "d", "e", "f"], &["g"]).unwrap();
        assert!(remark.unwrap().ends_with("a, b, c, d, e, …."));
    }

    #[test]
    fn another_file_is_refused() {
        let fault = compared(&["a", "b"], &["{\"error\":\"x\"}"]).unwrap_err();
        assert!(
            fault.message.contains("none of the chosen columns (a, b)"),
            "{fault}"
        );
        assert_eq!(fault.stream.as_deref(), Some("t"));
        assert!(compared(&["a", "column_3"], &["a;b;c"]).is_err());
    }
}
