//! What is asked for rows, and what is remembered of those that go by.

use serde_json::Value;

use super::catalog::{Table, TableColumn};
use super::client::Row;
use super::ident::{ident, table};
use super::place::{self, Tracker};
use crate::fault::Fault;
use crate::sources::progress;

/// A question for rows: the wanted columns, and behind them those that are only watched.
pub struct Question {
    pub sql: String,
    pub width: usize,
}

impl Question {
    pub fn new(
        from: &Table,
        columns: &[&TableColumn],
        watched: &[&TableColumn],
        rest: &str,
    ) -> Self {
        let wanted = columns
            .iter()
            .map(|column| column.my_type.expression(&ident(&column.name)));
        let mut list: Vec<String> = wanted
            .chain(watched.iter().map(|column| ident(&column.name)))
            .collect();
        if list.is_empty() {
            list.push("NULL".to_owned());
        }
        let sql = format!(
            "SELECT {} FROM {}{rest}",
            list.join(", "),
            table(&from.schema, &from.name)
        );
        Self {
            sql,
            width: list.len(),
        }
    }
}

/// What is remembered of the rows that go by.
pub enum Watch {
    Nothing,
    /// The last row's key, whose values stand behind the columns.
    Key {
        from: usize,
        last: Vec<Vec<u8>>,
    },
    Cursor {
        at: usize,
        tracker: Tracker,
    },
}

impl Watch {
    /// Which rows are asked for, in words for the log.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Nothing => "all rows",
            Self::Key { .. } => "the next rows, in the order of their key",
            Self::Cursor { .. } => "the rows from the cursor on, in its order",
        }
    }

    pub fn see(&mut self, row: Row<'_>) {
        match self {
            Self::Nothing => {}
            Self::Key { from, last } => {
                for (at, value) in last.iter_mut().enumerate() {
                    value.clear();
                    value.extend_from_slice(row.value(*from + at).unwrap_or_default());
                }
            }
            Self::Cursor { at, tracker } => tracker.see(row.value(*at)),
        }
    }

    /// Whether a state may stand behind the last row, where the answer itself does not end.
    pub fn may_rest(&self) -> bool {
        matches!(self, Self::Cursor { tracker, .. } if tracker.is_behind_nulls())
    }

    pub fn key(&self, columns: &[&TableColumn]) -> Result<Vec<String>, Fault> {
        let Self::Key { last, .. } = self else {
            return Ok(Vec::new());
        };
        columns
            .iter()
            .zip(last)
            .map(|(column, raw)| place::text(column.my_type.kind(), raw))
            .collect::<Option<_>>()
            .ok_or_else(|| Fault::data("A key of the table is not text that can be read."))
    }

    pub fn state(&self) -> Value {
        match self {
            Self::Cursor { tracker, .. } => tracker.place().state(),
            _ => progress::whole(),
        }
    }
}
