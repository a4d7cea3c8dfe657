//! Columns of a table file: their names made usable, their types guessed, their values written.

use std::collections::{HashMap, HashSet};

use airbyte::protocol::AirbyteStream;
use serde_json::{Map, Value, json};

use super::config::Types;
use super::guess::{Guess, Kind, LeftOut, Written};
use crate::fault::Fault;
use crate::sources::postgres::json_text;

/// PostgreSQL tables hold 1,600 columns; a few are the destination's own.
pub const MOST_COLUMNS: usize = 1_590;

/// Usable names from a header row: none empty, none twice. A row that is too wide is refused before it is named.
pub fn names<'a>(header: impl Iterator<Item = &'a str>) -> Result<Vec<String>, Fault> {
    let mut taken = HashSet::new();
    let mut next: HashMap<String, usize> = HashMap::new();
    let mut named = Vec::new();
    for (at, name) in header.enumerate() {
        if at >= MOST_COLUMNS {
            return Err(too_wide());
        }
        let name = name.replace('\0', "");
        let name = name.trim();
        let wanted = if name.is_empty() {
            numbered(at)
        } else {
            name.to_owned()
        };
        named.push(free(wanted, &mut taken, &mut next));
    }
    Ok(named)
}

/// The name itself, or with the next number behind it. Upper and lower case are one to people, and to some databases.
fn free(wanted: String, taken: &mut HashSet<String>, next: &mut HashMap<String, usize>) -> String {
    let folded = wanted.to_lowercase();
    if taken.insert(folded.clone()) {
        return wanted;
    }
    let number = next.entry(folded.clone()).or_insert(2);
    while !taken.insert(format!("{folded}_{number}")) {
        *number += 1;
    }
    format!("{wanted}_{number}")
}

/// The name of a column without one.
pub fn numbered(at: usize) -> String {
    format!("column_{}", at + 1)
}

/// Guesses the types of all columns while rows go by.
#[derive(Debug, Default)]
pub struct Columns {
    names: Vec<String>,
    guesses: Vec<Guess>,
}

impl Columns {
    pub fn named(names: Vec<String>) -> Self {
        let guesses = names.iter().map(|_| Guess::default()).collect();
        Self { names, guesses }
    }

    pub fn width(&self) -> usize {
        self.names.len()
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What the values of the column at this place have been so far.
    pub fn kind(&self, at: usize) -> Kind {
        self.guesses.get(at).map_or(Kind::Text, Guess::kind)
    }

    /// Whether the column at this place has not had a value yet.
    pub fn is_empty(&self, at: usize) -> bool {
        self.guesses.get(at).is_none_or(Guess::is_empty)
    }

    /// The guess for one column; columns past the header get a number for a name.
    pub fn at(&mut self, at: usize) -> Result<&mut Guess, Fault> {
        if at >= MOST_COLUMNS {
            return Err(too_wide());
        }
        while self.guesses.len() <= at {
            self.names.push(numbered(self.names.len()));
            self.guesses.push(Guess::default());
        }
        Ok(&mut self.guesses[at])
    }

    /// The stream these columns make. `keep` decides about columns without a single value.
    pub fn stream(&self, name: &str, types: Types, keep: impl Fn(usize) -> bool) -> AirbyteStream {
        let columns = self
            .names
            .iter()
            .zip(&self.guesses)
            .enumerate()
            .filter(|(at, (_, guess))| !guess.is_empty() || keep(*at));
        let properties: Map<String, Value> = columns
            .map(|(_, (name, guess))| {
                let kind = if types == Types::Text {
                    Kind::Text
                } else {
                    guess.kind()
                };
                (name.clone(), kind.schema())
            })
            .collect();
        AirbyteStream::new(name, json!({"type": "object", "properties": properties}))
    }
}

fn too_wide() -> Fault {
    let message = format!(
        "The file has more than {MOST_COLUMNS} columns, which is more than a table can hold. Is the separator right? Otherwise split the file."
    );
    Fault::data(message).at_field("format")
}

/// Writes the wanted columns of each row as a JSON object.
#[derive(Debug)]
pub struct Writer {
    /// By place in the row: the key with its colon, and the kind; `None` for columns not wanted.
    columns: Vec<Option<(Vec<u8>, Kind)>>,
}

impl Writer {
    /// `names` are the header's; the stream's properties beyond it are numbered columns.
    pub fn new(stream: &AirbyteStream, mut names: Vec<String>) -> Self {
        let empty = Map::new();
        let properties = properties(stream).unwrap_or(&empty);
        let width = (names.len()..MOST_COLUMNS)
            .rfind(|at| properties.contains_key(&numbered(*at)))
            .map_or(names.len(), |last| last + 1);
        names.extend((names.len()..width).map(numbered));
        let column = |name: String| {
            let kind = Kind::of(properties.get(&name)?);
            let mut key = Vec::new();
            json_text(name.as_bytes(), &mut key);
            key.push(b':');
            Some((key, kind))
        };
        Self {
            columns: names.into_iter().map(column).collect(),
        }
    }

    /// What the column at this place holds, if it is wanted.
    pub fn kind(&self, at: usize) -> Option<Kind> {
        self.columns.get(at)?.as_ref().map(|(_, kind)| *kind)
    }

    /// How many values a row may have.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// Missing values are null. What is left out, and what the file itself has no value for (`None`), is said behind the
    /// row's data.
    pub fn write<'a>(&self, mut values: impl Iterator<Item = Option<&'a [u8]>>, out: &mut Vec<u8>) {
        out.push(b'{');
        let mut separator: &[u8] = b"";
        let mut left_out = LeftOut::default();
        for column in &self.columns {
            let value = values.next().unwrap_or(Some(&[]));
            let Some((key, kind)) = column else { continue };
            out.extend_from_slice(separator);
            out.extend_from_slice(key);
            let written = if let Some(value) = value {
                kind.write(value, out)
            } else {
                out.extend_from_slice(b"null");
                Written::LeftOut
            };
            if written == Written::LeftOut {
                left_out.add(&key[..key.len() - 1]);
            }
            separator = b",";
        }
        out.push(b'}');
        left_out.write(out);
    }
}

/// The wanted columns, if the stream says which.
pub fn properties(stream: &AirbyteStream) -> Option<&Map<String, Value>> {
    stream
        .json_schema
        .get("properties")
        .and_then(Value::as_object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_never_empty_nor_twice() {
        assert_eq!(
            names(["id", " name ", "", "Name", "id", "id_2"].into_iter()).unwrap(),
            ["id", "name", "column_3", "Name_2", "id_2", "id_2_2"]
        );
        assert_eq!(
            names(["a", "a_3", "A", "a", "a"].into_iter()).unwrap(),
            ["a", "a_3", "A_2", "a_4", "a_5"]
        );
    }

    #[test]
    fn a_row_that_is_too_wide_is_not_named() {
        let mut asked = 0;
        let header = std::iter::repeat_with(|| {
            asked += 1;
            "a"
        });
        let fault = names(header.take(500_000)).unwrap_err();
        assert!(fault.message.contains("more than 1590 columns"), "{fault}");
        assert_eq!(asked, MOST_COLUMNS + 1);
    }

    #[test]
    fn columns_beyond_the_header_are_found_across_a_gap() {
        let schema = json!({"properties": {"a": {"type": ["null", "string"]}, "column_4": {"type": ["null", "integer"]}}});
        let writer = Writer::new(&AirbyteStream::new("t", schema), vec!["a".to_owned()]);
        let mut out = Vec::new();
        let row: [&[u8]; 4] = [b"x", b"", b"", b"4"];
        writer.write(row.into_iter().map(Some), &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), r#"{"a":"x","column_4":4}"#);
    }
}
