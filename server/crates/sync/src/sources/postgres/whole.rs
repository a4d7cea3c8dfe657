//! Reading a table whole, in the order of its blocks: how far it is, and when it may go on after an interruption.
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

/// How its blocks come in their order: by one process, from the first one on.
pub const IN_ORDER: &str = "SET LOCAL synchronize_seqscans = off; SET LOCAL enable_seqscan = on; \
     SET LOCAL max_parallel_workers_per_gather = 0";
/// What follows in the same transaction may come as the server likes. A RESET would outlive it.
pub const IN_ANY_ORDER: &str = "SET LOCAL synchronize_seqscans = DEFAULT; SET LOCAL enable_seqscan = DEFAULT; \
     SET LOCAL max_parallel_workers_per_gather = DEFAULT";

/// How far a whole read came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    read: Way,
    /// The first block that was not read.
    block: u64,
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

    /// SQL for "in the blocks that were not read", unless those are all.
    pub fn unread(&self) -> Option<String> {
        within(self.block, None).next()
    }

    /// The place in the snapshot of now, when the rows of the blocks read that were written since have come.
    #[must_use]
    pub fn caught_up(self, now: &Moment) -> Self {
        Self {
            block: self.block,
            rows: self.rows,
            ..Self::start(now)
        }
    }
}

/// Follows the blocks of a whole read.
#[derive(Debug)]
pub struct Walk {
    place: Place,
    chunk: u64,
    blocks: u64,
}

/// A row of a block that should have come before.
#[derive(Debug, thiserror::Error)]
#[error("the blocks of a table do not come in their order")]
pub struct OutOfOrder;

impl Walk {
    pub fn new(place: Place, now: &Moment) -> Self {
        Self {
            place,
            chunk: now.chunk,
            blocks: now.blocks,
        }
    }

    /// Before a row of this block: whether the blocks before it are worth a state.
    pub fn is_due(&self, block: u64) -> Result<bool, OutOfOrder> {
        let come = block.checked_sub(self.place.block).ok_or(OutOfOrder)?;
        Ok(come >= self.chunk)
    }

    /// So many rows more, and all blocks before this one have come.
    pub fn reach(&mut self, block: u64, rows: u64) {
        self.place.block = block;
        self.place.rows += rows;
    }

    /// So many rows more, and all blocks have come.
    pub fn finish(&mut self, rows: u64) {
        self.reach(self.blocks.max(self.place.block), rows);
    }

    pub fn place(&self) -> &Place {
        &self.place
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

    #[test]
    fn a_state_is_due_where_a_block_begins_after_a_chunk_of_them() {
        let mut walk = Walk::new(Place::start(&moment(100, 120, 25)), &moment(100, 120, 25));
        assert!(!walk.is_due(9).unwrap() && walk.is_due(10).unwrap());
        walk.reach(12, 30);
        assert!(!walk.is_due(12).unwrap() && !walk.is_due(21).unwrap());
        assert!(walk.is_due(11).is_err(), "it was said to have come");
        walk.finish(8);
        assert_eq!((walk.place().block, walk.place().rows), (25, 38));
    }

    fn reached(block: u64, rows: u64) -> Place {
        let then = moment(100, 120, 25);
        let mut walk = Walk::new(Place::start(&then), &then);
        walk.reach(block, rows);
        serde_json::from_value(walk.place().state()).unwrap()
    }

    #[test]
    fn a_read_goes_on_in_the_snapshot_of_now() {
        let place = reached(10, 50);
        let now = moment(200, 210, 30);
        assert!(place.holds(&now) && place.is_unchanged(50) && !place.is_unchanged(49));
        assert_eq!(place.read(), "ctid < '(10,0)'::tid");
        assert_eq!(
            place.since(&now),
            "(xmin::text::int8 >= 100 AND xmin::text::int8 < 210)"
        );
        let place = place.caught_up(&now).with(3);
        assert_eq!((place.floor, place.next, place.rows), (200, 210, 53));
        assert_eq!(place.unread().unwrap(), "ctid >= '(10,0)'::tid");
        assert_eq!(Place::start(&now).unread(), None);
    }

    #[test]
    fn a_table_that_became_shorter_is_over() {
        let now = moment(200, 210, 5);
        let mut walk = Walk::new(reached(10, 50), &now);
        walk.finish(0);
        assert_eq!(*walk.place(), reached(10, 50));
    }

    #[test]
    fn what_means_something_else_now_is_not_gone_on_from() {
        let place = reached(10, 50);
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
