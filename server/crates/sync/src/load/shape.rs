//! Where the fields of a stream's records go: finds the column of each key, remembering the order the source writes in.

use std::collections::HashMap;

use super::json::Span;
use super::plan::Column;

/// Keys that are no column are remembered too, up to this many, so that they cost no look-up either.
const MOST_FOREIGN: usize = 4096;
/// "Nothing came before": where a record begins.
const START: usize = 0;

/// The columns of one stream and the values of the record at hand.
#[derive(Debug)]
pub struct Shape {
    /// Slot 0 is the record's beginning; slot n + 1 belongs to the n-th known key.
    keys: Vec<Box<[u8]>>,
    index: HashMap<Box<[u8]>, usize>,
    /// The slot that followed this one last time.
    follow: Vec<usize>,
    columns: usize,
    values: Vec<Span>,
    previous: usize,
}

impl Shape {
    pub fn new(columns: &[Column]) -> Self {
        let mut shape = Self {
            keys: vec![Box::default()],
            index: HashMap::new(),
            follow: vec![1],
            columns: columns.len(),
            values: vec![Span::ABSENT; columns.len()],
            previous: START,
        };
        for column in columns {
            shape.learn(column.key.as_bytes());
        }
        shape
    }

    fn learn(&mut self, key: &[u8]) -> usize {
        let slot = self.keys.len();
        self.keys.push(key.into());
        self.index.insert(key.into(), slot);
        self.follow.push(slot + 1);
        slot
    }

    /// Before the first key of a record.
    pub fn begin(&mut self) {
        self.values.fill(Span::ABSENT);
        self.previous = START;
    }

    /// Keeps a value for the column of this key, if it has one. A key that comes twice counts as it came last.
    pub fn put(&mut self, key: &[u8], value: Span) {
        let slot = self.slot(key);
        if let Some(slot) = slot {
            self.previous = slot;
            if let Some(place) = self.values.get_mut(slot - 1) {
                *place = value;
            }
        }
    }

    fn slot(&mut self, key: &[u8]) -> Option<usize> {
        let guess = self.follow.get(self.previous).copied().unwrap_or(START);
        if guess != START && self.keys.get(guess).is_some_and(|known| **known == *key) {
            return Some(guess);
        }
        let slot = match self.index.get(key) {
            Some(&slot) => slot,
            None if self.keys.len() <= self.columns + MOST_FOREIGN => self.learn(key),
            None => return None,
        };
        if let Some(follow) = self.follow.get_mut(self.previous) {
            *follow = slot;
        }
        Some(slot)
    }

    /// The record's values, in the order of the columns.
    pub fn values(&self) -> &[Span] {
        &self.values
    }
}

#[cfg(test)]
mod tests {
    use super::super::json::{Kind, Marks};
    use super::super::value::ColumnType;
    use super::*;

    fn column(key: &str) -> Column {
        Column {
            key: key.to_owned(),
            name: key.to_owned(),
            kind: ColumnType::Varchar,
        }
    }

    fn at(start: usize) -> Span {
        Span {
            start,
            end: start,
            kind: Kind::Null,
            marks: Marks::NONE,
        }
    }

    #[test]
    fn values_find_their_columns_in_any_order_and_the_rest_is_ignored() {
        let mut shape = Shape::new(&[column("a"), column("b"), column("c")]);
        for order in [
            ["a", "b", "c"],
            ["c", "x", "a"],
            ["c", "x", "a"],
            ["y", "x", "b"],
        ] {
            shape.begin();
            for (position, key) in order.iter().enumerate() {
                shape.put(key.as_bytes(), at(position + 1));
            }
            for (slot, name) in ["a", "b", "c"].iter().enumerate() {
                let expected = order
                    .iter()
                    .position(|key| key == name)
                    .map_or(Span::ABSENT, |position| at(position + 1));
                assert_eq!(shape.values()[slot], expected, "{name} in {order:?}");
            }
        }
    }

    #[test]
    fn a_flood_of_unknown_keys_takes_bounded_memory() {
        let mut shape = Shape::new(&[column("a")]);
        for number in 0..10_000 {
            shape.begin();
            shape.put(format!("k{number}").as_bytes(), at(1));
        }
        assert!(shape.keys.len() <= MOST_FOREIGN + 3);
        shape.put(b"a", at(7));
        assert_eq!(shape.values()[0], at(7));
    }
}
