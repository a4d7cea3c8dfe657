//! Reading a table whole, a chunk of its blocks after the other: how far it is, and when it may go on after an interruption.
//!
//! One try reads by one snapshot, another one by another. A place says: loaded are the rows that its snapshot has in the
//! blocks before this one, all of them, and no others. Before a later try goes on, it makes the same true of its own
//! snapshot, as long as every row that was read is still there:
//!
//! Rows do not move within a table's file. An update ends a row and begins another one, whose transaction was not over when
//! the place's snapshot was taken, so that it is at or above the place's floor. Rows below the floor that the new snapshot
//! has in these blocks are therefore among those that were read, and when they are as many, they are the same. What it has
//! there from the floor on was written since, and is read first.
//!
//! When they are fewer, a row that was read has changed, or has gone, or was itself written above the floor. What is loaded
//! cannot be taken back row by row, so the table is read anew, and all of it is thrown away. What is loaded in the end is
//! what the last snapshot has: no row is missing, none is there twice.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::moment::{Moment, within};

/// Blocks between two states: 128 MB with the usual block size. A chunk costs two questions, which are slow far away.
pub const CHUNK_BLOCKS: u64 = 16_384;

/// How far a whole read came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    read: Way,
    /// The first block that was not read.
    pub block: u64,
    /// Rows read from the blocks before it.
    rows: u64,
    /// Every transaction before this one was over when they were read.
    floor: u64,
    /// No transaction from this one on was seen.
    next: u64,
    path: String,
    identity: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Way {
    #[serde(rename = "by_block")]
    Blocks,
}

/// The next piece of a whole read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The condition on the rows, if there is one.
    pub condition: Option<String>,
    /// Where the table stands when these rows have been read; their number is still to be added.
    pub after: Place,
}

impl Place {
    /// Nothing is read.
    pub fn start(now: &Moment) -> Self {
        Self {
            read: Way::Blocks,
            block: 0,
            rows: 0,
            floor: now.oldest_open,
            next: now.next,
            path: now.path.clone(),
            identity: now.identity.clone(),
        }
    }

    pub fn state(&self) -> Value {
        serde_json::to_value(self).expect("a place is plain data")
    }

    /// The same place with more rows read from its blocks.
    #[must_use]
    pub fn with(mut self, rows: u64) -> Self {
        self.rows += rows;
        self
    }

    /// Whether blocks and transactions still mean what they meant, and what was seen then is seen now. A server that
    /// follows another may be behind the one that was asked before, until all that was open then is over.
    pub fn holds(&self, now: &Moment) -> bool {
        let over = if now.follows { self.next } else { self.floor };
        self.identity.is_some()
            && self.identity == now.identity
            && self.path == now.path
            && now.counts_from(self.floor)
            && now.oldest_open >= over
    }

    /// SQL for "in the blocks that were read".
    pub fn read(&self) -> String {
        within(0, Some(self.block)).collect()
    }

    /// SQL for "written since".
    pub fn since(&self, now: &Moment) -> String {
        now.written_since(self.floor)
    }

    /// Whether so many rows from before are all that were read.
    pub fn is_unchanged(&self, still_there: u64) -> bool {
        still_there == self.rows
    }

    /// The place in the snapshot of now, to be reached by the rows of the blocks read that were written since.
    pub fn catch_up(&self, now: &Moment) -> Chunk {
        Chunk {
            condition: Some(format!("{} AND {}", self.read(), self.since(now))),
            after: Self {
                block: self.block,
                rows: self.rows,
                ..Self::start(now)
            },
        }
    }

    /// The next rows of the table.
    pub fn chunk(&self, now: &Moment) -> Chunk {
        let to = Some(self.block.saturating_add(now.chunk)).filter(|to| *to < now.blocks);
        let conditions: Vec<String> = within(self.block, to).collect();
        Chunk {
            condition: (!conditions.is_empty()).then(|| conditions.join(" AND ")),
            after: Self {
                block: to.unwrap_or(now.blocks.max(self.block)),
                ..self.clone()
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(oldest_open: u64, next: u64, blocks: u64) -> Moment {
        Moment {
            oldest_open,
            next,
            file: 7,
            path: "base/1/7".to_owned(),
            blocks,
            identity: Some("1/1".to_owned()),
            follows: false,
            chunk: 10,
        }
    }

    fn conditions(mut place: Place, now: &Moment) -> Vec<String> {
        let mut conditions = Vec::new();
        loop {
            let chunk = place.chunk(now);
            conditions.push(chunk.condition.unwrap_or_default());
            place = chunk.after;
            if place.block >= now.blocks {
                return conditions;
            }
        }
    }

    #[test]
    fn a_small_table_is_one_question_and_a_large_one_several() {
        for blocks in [0, 1, 10] {
            let now = moment(100, 120, blocks);
            assert_eq!(conditions(Place::start(&now), &now), [""], "{blocks}");
        }
        let now = moment(100, 120, 25);
        assert_eq!(
            conditions(Place::start(&now), &now),
            [
                "ctid < '(10,0)'::tid",
                "ctid >= '(10,0)'::tid AND ctid < '(20,0)'::tid",
                "ctid >= '(20,0)'::tid"
            ]
        );
    }

    #[test]
    fn a_read_goes_on_in_the_snapshot_of_now() {
        let then = moment(100, 120, 25);
        let place = Place::start(&then).chunk(&then).after.with(50);
        let place: Place = serde_json::from_value(place.state()).unwrap();
        let now = moment(200, 210, 30);
        assert!(place.holds(&now) && place.is_unchanged(50) && !place.is_unchanged(49));
        let missed = place.catch_up(&now);
        assert_eq!(
            missed.condition.unwrap(),
            "ctid < '(10,0)'::tid AND (xmin::text::int8 >= 100 AND xmin::text::int8 < 210)"
        );
        let place = missed.after.with(3);
        assert_eq!((place.floor, place.next, place.rows), (200, 210, 53));
        assert_eq!(
            conditions(place, &now),
            [
                "ctid >= '(10,0)'::tid AND ctid < '(20,0)'::tid",
                "ctid >= '(20,0)'::tid"
            ]
        );
    }

    #[test]
    fn a_table_that_became_shorter_is_over() {
        let then = moment(100, 120, 25);
        let place = Place::start(&then).chunk(&then).after;
        assert_eq!(
            conditions(place, &moment(200, 210, 5)),
            ["ctid >= '(10,0)'::tid"]
        );
    }

    #[test]
    fn what_means_something_else_now_is_not_gone_on_from() {
        let then = moment(100, 120, 25);
        let place = Place::start(&then).chunk(&then).after;
        let now = moment(110, 130, 25);
        assert!(place.holds(&now));
        let path = "base/2/7".to_owned();
        let followers = |oldest_open| Moment {
            follows: true,
            ..moment(oldest_open, 130, 25)
        };
        let identified = |identity: Option<&str>| Moment {
            identity: identity.map(str::to_owned),
            ..now.clone()
        };
        for other in [
            Moment {
                path,
                ..now.clone()
            },
            identified(Some("1/2")),
            identified(None),
            moment(90, 130, 25),
            followers(110),
        ] {
            assert!(!place.holds(&other), "{other:?}");
        }
        assert!(place.holds(&followers(120)));
        let unknown = Place::start(&identified(None));
        assert!(!unknown.holds(&identified(None)), "it may be any server");
    }
}
