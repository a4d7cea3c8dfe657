//! Reading what changed by the transaction that wrote each row, where a table has no cursor: its place in the state, and
//! the conditions it becomes.
//!
//! A table is gone through in passes, each in the order of its blocks, so that a pass can go on in a later run. A pass
//! reads the rows of every transaction from its floor on. What it may have missed is the work of transactions that were
//! not over when it began: all of those are at or above its ceiling, which becomes the floor of the next pass. So no row
//! is lost, and some come twice.
//!
//! Rows carry 32 bits of their transaction's number, transactions are counted with 64. Within half a turn of those 32 bits
//! the range in question is exact; a row that was frozen a turn ago may look new, and comes once more.

use airbyte::protocol::{AirbyteStateMessage, StreamDescriptor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_postgres::Client;

use super::errors;
use crate::fault::Fault;

/// Blocks between two states: 32 MB with the usual block size.
const CHUNK_BLOCKS: u64 = 4096;
/// The first version that finds a range of blocks without reading those before it.
const RANGES_SINCE: i32 = 140_000;
/// Half a turn of the 32 bits. Where more has happened since, the table is read whole.
const FARTHEST: u64 = 1 << 31;

/// Tells the server, and the line of its history, apart from others whose transactions are counted differently: a restored
/// backup counts some numbers again.
const IDENTITY: &str = "SELECT s.system_identifier::text || '/' || c.timeline_id::text
FROM pg_catalog.pg_control_system() s, pg_catalog.pg_control_checkpoint() c";

const MOMENT: &str = "SELECT pg_catalog.txid_snapshot_xmin(s), pg_catalog.txid_snapshot_xmax(s),
       pg_catalog.pg_relation_filenode(c)::int8,
       pg_catalog.pg_relation_size(c) / pg_catalog.current_setting('block_size')::int8,
       pg_catalog.current_setting('server_version_num')::int4
FROM (SELECT pg_catalog.txid_current_snapshot(), $1::text::regclass) AS now (s, c)";

/// The server's identity, if the login may ask. Not to be asked in a transaction, which a refusal would end.
pub async fn identity(client: &Client) -> Option<String> {
    client.query_one(IDENTITY, &[]).await.ok()?.try_get(0).ok()
}

/// What the snapshot sees of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Every transaction before this one is over.
    pub oldest_open: u64,
    /// No transaction from this one on is seen.
    pub next: u64,
    /// The table's file. Another one: its rows were laid out anew.
    pub file: u64,
    pub blocks: u64,
    pub identity: Option<String>,
    pub chunk: u64,
}

impl Moment {
    pub async fn ask(client: &Client, table: &str, identity: Option<&str>) -> Result<Self, Fault> {
        let row = client
            .query_one(MOMENT, &[&table])
            .await
            .map_err(|error| errors::query(&error))?;
        let number = |at: usize| {
            let number: Option<i64> = row.try_get(at).ok().flatten();
            number.and_then(|number| u64::try_from(number).ok())
        };
        let gone = || Fault::config("The table no longer exists.");
        Ok(Self {
            oldest_open: number(0).ok_or_else(gone)?,
            next: number(1).ok_or_else(gone)?,
            file: number(2).ok_or_else(gone)?,
            blocks: number(3).ok_or_else(gone)?,
            identity: identity.map(str::to_owned),
            chunk: if row.get::<_, i32>(4) < RANGES_SINCE {
                u64::MAX
            } else {
                CHUNK_BLOCKS
            },
        })
    }
}

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
        let mut places = states
            .iter()
            .filter_map(|state| AirbyteStateMessage::deserialize(state).ok())
            .filter_map(|state| state.stream)
            .filter(|state| state.stream_descriptor == *stream);
        Self::deserialize(places.next_back()?.stream_state?).ok()
    }

    pub fn state(&self) -> Value {
        serde_json::to_value(self).expect("a place is plain data")
    }

    /// Whether the numbers of this place still mean what they meant.
    fn holds(&self, now: &Moment) -> bool {
        let within = |floor: u64| {
            now.next
                .checked_sub(floor)
                .is_some_and(|span| span < FARTHEST)
        };
        let ceiling = self.pass.as_ref().map(|pass| pass.ceiling);
        self.identity == now.identity && self.floor.is_none_or(within) && ceiling.is_none_or(within)
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
        let conditions: Vec<String> = [
            (from > 0).then(|| format!("ctid >= '({from},0)'::tid")),
            to.map(|to| format!("ctid < '({to},0)'::tid")),
            self.floor.map(|floor| written_since(floor, self.now.next)),
        ]
        .into_iter()
        .flatten()
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

/// SQL for "written by a transaction from `floor` on". The range may go over the end of the 32 bits.
fn written_since(floor: u64, next: u64) -> String {
    if floor == next {
        return "false".to_owned();
    }
    let written = "xmin::text::int8";
    let (from, to) = (floor & 0xFFFF_FFFF, next & 0xFFFF_FFFF);
    let both = if from <= to { "AND" } else { "OR" };
    format!("({written} >= {from} {both} {written} < {to})")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURN: u64 = 1 << 32;

    fn moment(oldest_open: u64, next: u64, blocks: u64) -> Moment {
        Moment {
            oldest_open,
            next,
            file: 7,
            blocks,
            identity: Some("1/1".to_owned()),
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
            moment(100 + FARTHEST, 100 + FARTHEST, 1),
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
