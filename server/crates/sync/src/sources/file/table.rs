//! Columns of a table file: their names made usable, their types guessed, their values written.

use std::collections::HashSet;

use airbyte::protocol::AirbyteStream;
use serde_json::{Map, Value, json};

use super::config::Types;
use super::guess::{Guess, Kind};
use crate::fault::Fault;
use crate::sources::postgres::json_text;

/// PostgreSQL tables hold 1,600 columns; a few are the destination's own.
const MOST_COLUMNS: usize = 1_590;

/// Usable names from a header row: none empty, none twice.
pub fn names<'a>(header: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken = HashSet::new();
    let named = header.enumerate().map(|(at, name)| {
        let name = name.trim();
        let wanted = if name.is_empty() {
            numbered(at)
        } else {
            name.to_owned()
        };
        // Upper and lower case are one to people, and to some databases.
        let free = |candidate: &String| !taken.contains(&candidate.to_lowercase());
        let again = (2..).map(|n| format!("{wanted}_{n}"));
        let name = std::iter::once(wanted.clone())
            .chain(again)
            .find(free)
            .expect("numbers do not run out");
        taken.insert(name.to_lowercase());
        name
    });
    named.collect()
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
    pub fn named(names: Vec<String>) -> Result<Self, Fault> {
        if names.len() > MOST_COLUMNS {
            return Err(too_wide());
        }
        let guesses = names.iter().map(|_| Guess::default()).collect();
        Ok(Self { names, guesses })
    }

    pub fn width(&self) -> usize {
        self.names.len()
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
        let properties = stream
            .json_schema
            .get("properties")
            .and_then(Value::as_object)
            .unwrap_or(&empty);
        while names.len() < MOST_COLUMNS && properties.contains_key(&numbered(names.len())) {
            names.push(numbered(names.len()));
        }
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

    /// How many values a row may have.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// Missing values are null.
    pub fn write<'a>(&self, mut values: impl Iterator<Item = &'a [u8]>, out: &mut Vec<u8>) {
        out.push(b'{');
        let mut separator: &[u8] = b"";
        for column in &self.columns {
            let value = values.next().unwrap_or_default();
            let Some((key, kind)) = column else { continue };
            out.extend_from_slice(separator);
            out.extend_from_slice(key);
            kind.write(value, out);
            separator = b",";
        }
        out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_never_empty_nor_twice() {
        assert_eq!(
            names(["id", " name ", "", "Name", "id", "id_2"].into_iter()),
            ["id", "name", "column_3", "Name_2", "id_2", "id_2_2"]
        );
    }
}
