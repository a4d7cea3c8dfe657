//! Reading what changed by the transaction that wrote each row, where a table has no cursor: its place in the state, and
//! the conditions it becomes.
//!
//! A table is gone through in passes, each in the order of its blocks, so that a pass can go on in a later run. A pass
//! reads the rows of every transaction from its floor on. What it may have missed is the work of transactions that were
//! not over when it began: all of those are at or above its ceiling, which becomes the floor of the next pass. So no row
//! is lost, and some come twice.
//! A row that was frozen a turn of the counter ago may look new, and comes once more.

use airbyte::protocol::StreamDescriptor;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::moment::{Moment, within};
use crate::sources::progress;

/// How far a table was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    read: Way,
    /// The rows of every transaction before this one have been read. Missing: the first pass is not over.
    floor: Option<u64>,
    /// The pass that is not over.
    pass: Option<Underway>,
    identity: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Way {
    #[serde(rename = "by_xmin")]
    Versions,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Underway {
    ceiling: u64,
    /// The first block that was not read.
    block: u64,
    file: u64,
}

impl Place {
    /// The last place of a stream in the states a run was given.
    pub fn find(states: &[Value], stream: &StreamDescriptor) -> Option<Self> {
        progress::last(states, stream)
    }

    pub fn state(&self) -> Value {
        serde_json::to_value(self).expect("a place is plain data")
    }

    /// Whether the numbers of this place still mean what they meant.
    fn holds(&self, now: &Moment) -> bool {
        let ceiling = self.pass.as_ref().map(|pass| pass.ceiling);
        self.identity == now.identity
            && [self.floor, ceiling]
                .into_iter()
                .flatten()
                .all(|number| now.counts_from(number))
    }
}

/// One way through a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    floor: Option<u64>,
    ceiling: u64,
    block: u64,
    now: Moment,
}

/// One piece of a pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The condition on the rows, if there is one.
    pub condition: Option<String>,
    /// Where the table stands when these rows have been read.
    pub after: Place,
}

/// The passes of a run: the one that is not over, then one for what happened since it began.
pub fn passes(place: Option<Place>, now: &Moment) -> Vec<Pass> {
    let begin = |floor: Option<u64>| Pass {
        floor,
        ceiling: now.oldest_open,
        block: 0,
        now: now.clone(),
    };
    let Some(place) = place.filter(|place| place.holds(now)) else {
        return vec![begin(None)];
    };
    match place.pass {
        Some(pass) if pass.file == now.file => vec![
            Pass {
                floor: place.floor,
                ceiling: pass.ceiling,
                block: pass.block,
                now: now.clone(),
            },
            begin(Some(pass.ceiling)),
        ],
        _ => vec![begin(place.floor)],
    }
}

impl Iterator for Pass {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        let from = self.block;
        if from == u64::MAX {
            return None;
        }
        let to = Some(from.saturating_add(self.now.chunk)).filter(|to| *to < self.now.blocks);
        self.block = to.unwrap_or(u64::MAX);
        let conditions: Vec<String> = within(from, to)
            .chain(self.floor.map(|floor| self.now.written_since(floor)))
            .collect();
        Some(Chunk {
            condition: (!conditions.is_empty()).then(|| conditions.join(" AND ")),
            after: Place {
                read: Way::Versions,
                floor: if to.is_some() {
                    self.floor
                } else {
                    Some(self.ceiling)
                },
                pass: to.map(|block| Underway {
                    ceiling: self.ceiling,
                    block,
                    file: self.now.file,
                }),
                identity: self.now.identity.clone(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURN: u64 = 1 << 32;
    const HALF: u64 = 1 << 31;

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

    fn conditions(passes: &[Pass]) -> Vec<Vec<String>> {
        let all = passes.iter().map(|pass| {
            pass.clone()
                .map(|chunk| chunk.condition.unwrap_or_default())
                .collect()
        });
        all.collect()
    }

    fn last(passes: &[Pass]) -> Place {
        let pass = passes.last().unwrap().clone();
        pass.last().unwrap().after
    }

    #[test]
    fn the_first_pass_reads_all_and_the_next_what_was_open_then() {
        let first = passes(None, &moment(100, 120, 25));
        assert_eq!(
            conditions(&first),
            [[
                "ctid < '(10,0)'::tid",
                "ctid >= '(10,0)'::tid AND ctid < '(20,0)'::tid",
                "ctid >= '(20,0)'::tid"
            ]]
        );
        let next = passes(Some(last(&first)), &moment(130, 140, 3));
        assert_eq!(
            conditions(&next),
            [["(xmin::text::int8 >= 100 AND xmin::text::int8 < 140)"]]
        );
        assert_eq!(last(&next).floor, Some(130));
    }

    #[test]
    fn a_pass_goes_on_and_then_what_happened_meanwhile_is_read() {
        let underway = passes(None, &moment(100, 120, 25))[0]
            .clone()
            .nth(1)
            .unwrap();
        let stored = serde_json::from_value(underway.after.state()).unwrap();
        let resumed = passes(Some(stored), &moment(200, 200, 25));
        assert_eq!(
            conditions(&resumed),
            [
                vec!["ctid >= '(20,0)'::tid".to_owned()],
                vec![
                    "ctid < '(10,0)'::tid AND (xmin::text::int8 >= 100 AND xmin::text::int8 < 200)".to_owned(),
                    "ctid >= '(10,0)'::tid AND ctid < '(20,0)'::tid AND (xmin::text::int8 >= 100 AND xmin::text::int8 < 200)".to_owned(),
                    "ctid >= '(20,0)'::tid AND (xmin::text::int8 >= 100 AND xmin::text::int8 < 200)".to_owned(),
                ]
            ]
        );
        assert_eq!(resumed[0].clone().last().unwrap().after.floor, Some(100));
        assert_eq!(last(&resumed).floor, Some(200));
        // Laid out anew meanwhile: the blocks mean nothing any more.
        let rewritten = Moment {
            file: 8,
            ..moment(200, 200, 5)
        };
        assert_eq!(
            conditions(&passes(Some(underway.after), &rewritten)),
            [[""]]
        );
    }

    #[test]
    fn a_turn_of_the_counter_is_seen() {
        let place = last(&passes(None, &moment(TURN - 5, TURN - 5, 1)));
        let next = passes(Some(place), &moment(TURN + 9, TURN + 10, 1));
        assert_eq!(
            conditions(&next),
            [["(xmin::text::int8 >= 4294967291 OR xmin::text::int8 < 10)"]]
        );
    }

    #[test]
    fn numbers_that_mean_something_else_now_are_not_used() {
        let place = last(&passes(None, &moment(100, 100, 1)));
        let whole = [[String::new()]];
        for now in [
            moment(50, 60, 1),
            moment(100 + HALF, 100 + HALF, 1),
            Moment {
                identity: Some("1/2".to_owned()),
                ..moment(150, 150, 1)
            },
        ] {
            assert_eq!(
                conditions(&passes(Some(place.clone()), &now)),
                whole,
                "{now:?}"
            );
        }
    }
}
