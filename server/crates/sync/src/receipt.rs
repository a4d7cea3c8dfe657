//! The proof that a stream's rows arrived: what was read, what was written, what the table says.

use airbyte::protocol::StreamDescriptor;
use serde::{Deserialize, Serialize};

/// Running counts of one stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Records read from the source.
    pub read: u64,
    /// Of these, records PostgreSQL has taken and committed.
    pub written: u64,
    /// Bytes of the records' lines.
    pub bytes: u64,
}

/// How the table's rows were counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// By `count(*)`.
    Exactly,
    /// A large table: from the counts PostgreSQL reported for each statement.
    ByStatements,
}

/// Whether the stream was read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Complete,
    /// The source stopped early: what its states cover is kept, a table to be replaced is as it was.
    Incomplete,
    /// It was read to its end and brought nothing to replace a filled table with, which is as it was.
    Kept,
}

/// One stream of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamReceipt {
    pub stream: StreamDescriptor,
    pub schema: String,
    pub table: String,
    pub outcome: Outcome,
    /// Records read from the source.
    pub read: u64,
    /// Records that are committed (or were superseded by newer ones of their key).
    pub written: u64,
    /// Records behind the last state of an incomplete stream: the next run reads them again.
    pub discarded: u64,
    /// Rows an earlier attempt of the same refresh had written already.
    pub resumed: u64,
    /// Values that became NULL: they did not fit their column, or the source could not send them.
    pub nulled: u64,
    pub bytes: u64,
    /// Rows that are new in the table.
    pub inserted: u64,
    /// Rows that replaced a row of the same key.
    pub updated: u64,
    /// Rows that gave way to a newer one of the same key, in this run or in the table.
    pub superseded: u64,
    /// Records that said their row is deleted at the source.
    pub deletions: u64,
    /// Rows that left the table: deleted at the source, or replaced as a whole.
    pub removed: u64,
    pub rows_before: u64,
    pub rows_after: u64,
    pub counted: Counted,
}

impl StreamReceipt {
    /// What does not add up, if anything: a run with such a stream is not green.
    pub fn problem(&self) -> Option<String> {
        if self.outcome == Outcome::Incomplete {
            return Some(format!(
                "The source stopped before “{}” was complete.",
                self.stream.name
            ));
        }
        if self.outcome == Outcome::Kept {
            return Some(format!(
                "It read nothing to replace the {} rows of “{}” with, which stay as they were. Look whether the source is empty.",
                self.rows_before, self.stream.name
            ));
        }
        if self.read != self.written {
            return Some(format!(
                "{} rows were read, {} written.",
                self.read, self.written
            ));
        }
        let explained = self.inserted + self.updated + self.superseded + self.deletions;
        if self.written + self.resumed != explained {
            return Some(format!(
                "{} rows were written, {explained} are accounted for.",
                self.written + self.resumed
            ));
        }
        let expected = (self.rows_before + self.inserted).checked_sub(self.removed);
        if expected != Some(self.rows_after) {
            return Some(format!(
                "The table has {} rows; {} before, {} new and {} removed do not make that.",
                self.rows_after, self.rows_before, self.inserted, self.removed
            ));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt() -> StreamReceipt {
        StreamReceipt {
            stream: StreamDescriptor::new("users", None),
            schema: "public".to_owned(),
            table: "users".to_owned(),
            outcome: Outcome::Complete,
            read: 10,
            written: 10,
            discarded: 0,
            resumed: 0,
            nulled: 0,
            bytes: 1000,
            inserted: 4,
            updated: 3,
            superseded: 2,
            deletions: 1,
            removed: 1,
            rows_before: 20,
            rows_after: 23,
            counted: Counted::Exactly,
        }
    }

    #[test]
    fn a_receipt_that_adds_up_is_green() {
        assert_eq!(receipt().problem(), None);
    }

    #[test]
    fn each_way_of_losing_a_row_shows() {
        assert!(
            StreamReceipt {
                written: 9,
                ..receipt()
            }
            .problem()
            .is_some_and(|problem| problem.contains("10 rows were read, 9 written"))
        );
        assert!(
            StreamReceipt {
                inserted: 3,
                ..receipt()
            }
            .problem()
            .is_some_and(|problem| problem.contains("accounted"))
        );
        assert!(
            StreamReceipt {
                rows_after: 22,
                ..receipt()
            }
            .problem()
            .is_some_and(|problem| problem.contains("22 rows"))
        );
        assert!(
            StreamReceipt {
                outcome: Outcome::Incomplete,
                ..receipt()
            }
            .problem()
            .is_some()
        );
    }
}
