//! What a snapshot sees of a table: where its rows lie, and which transactions are over.
//!
//! Rows carry 32 bits of their transaction's number, transactions are counted with 64. Within half a turn of those 32 bits
//! the range in question is exact; a row that was frozen a turn ago may look new.

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::{errors, transaction};
use crate::fault::Fault;

/// Blocks between two states, where nothing of their rows is kept elsewhere: 32 MB with the usual block size.
pub const CHUNK_BLOCKS: u64 = 4096;
/// The first version that finds a range of blocks without reading those before it.
const RANGES_SINCE: i32 = 140_000;
/// Half a turn of the 32 bits.
const FARTHEST: u64 = 1 << 31;

/// Tells the server, and the line of its history, apart from others whose transactions are counted differently: a restored
/// backup counts some numbers again.
const IDENTITY: &str = "SELECT s.system_identifier::text || '/' || c.timeline_id::text
FROM pg_catalog.pg_control_system() s, pg_catalog.pg_control_checkpoint() c";

const MOMENT: &str = "SELECT pg_catalog.txid_snapshot_xmin(s), pg_catalog.txid_snapshot_xmax(s),
       pg_catalog.pg_relation_filenode(c)::int8,
       pg_catalog.pg_relation_size(c) / pg_catalog.current_setting('block_size')::int8,
       COALESCE(pg_catalog.pg_relation_size(NULLIF(r.reltoastrelid, 0)), 0) / pg_catalog.current_setting('block_size')::int8,
       pg_catalog.current_setting('server_version_num')::int4,
       pg_catalog.pg_relation_filepath(c),
       pg_catalog.pg_is_in_recovery()
FROM (SELECT pg_catalog.txid_current_snapshot(), $1::text::regclass) AS now (s, c)
LEFT JOIN pg_catalog.pg_class r ON r.oid = c";

/// The server's identity, if the login may ask. Asked in each transaction: a pooler may have several servers.
pub async fn identity(client: &Client) -> Result<Option<String>, Fault> {
    let row = transaction::attempt(client, client.query_typed_one(IDENTITY, &[])).await?;
    Ok(row.and_then(|row| row.try_get(0).ok()))
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
    /// The same with the database it belongs to: databases made from one template have files of the same numbers.
    pub path: String,
    pub blocks: u64,
    pub identity: Option<String>,
    /// Whether the server follows another one, and may be behind what was seen elsewhere.
    pub follows: bool,
    /// Blocks between two states.
    pub chunk: u64,
}

impl Moment {
    pub async fn ask(client: &Client, table: &str, identity: Option<&str>) -> Result<Self, Fault> {
        let row = client
            .query_typed_one(MOMENT, &[(&table, Type::TEXT)])
            .await
            .map_err(|error| errors::query(&error))?;
        let gone = || Fault::config("The table no longer exists.");
        let number = |at: usize| {
            let number: Option<i64> = row.try_get(at).ok().flatten();
            number
                .and_then(|number| u64::try_from(number).ok())
                .ok_or_else(gone)
        };
        let blocks = number(3)?;
        Ok(Self {
            oldest_open: number(0)?,
            next: number(1)?,
            file: number(2)?,
            path: row.get::<_, Option<String>>(6).ok_or_else(gone)?,
            blocks,
            identity: identity.map(str::to_owned),
            follows: row.get(7),
            chunk: if row.get::<_, i32>(5) < RANGES_SINCE {
                u64::MAX
            } else {
                chunk(blocks, number(4)?)
            },
        })
    }

    /// Whether numbers from `floor` on still mean what they meant.
    pub fn counts_from(&self, floor: u64) -> bool {
        self.next
            .checked_sub(floor)
            .is_some_and(|span| span < FARTHEST)
    }

    /// SQL for "written by a transaction from `floor` on". The range may go over the end of the 32 bits.
    pub fn written_since(&self, floor: u64) -> String {
        if floor == self.next {
            return "false".to_owned();
        }
        let written = "xmin::text::int8";
        let (from, to) = (floor & 0xFFFF_FFFF, self.next & 0xFFFF_FFFF);
        let both = if from <= to { "AND" } else { "OR" };
        format!("({written} >= {from} {both} {written} < {to})")
    }
}

/// Large values lie apart from their rows: then fewer blocks of rows are as much to read.
fn chunk(blocks: u64, of_large_values: u64) -> u64 {
    (CHUNK_BLOCKS * blocks / (blocks + of_large_values).max(1)).max(1)
}

/// SQL for "in these blocks", in its two halves.
pub fn within(from: u64, to: Option<u64>) -> impl Iterator<Item = String> {
    let from = (from > 0).then(|| format!("ctid >= '({from},0)'::tid"));
    let to = to.map(|to| format!("ctid < '({to},0)'::tid"));
    from.into_iter().chain(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_counts_the_large_values_that_lie_apart() {
        assert_eq!(chunk(1000, 0), 4096);
        assert_eq!(chunk(1000, 3000), 1024);
        assert_eq!(chunk(1, 1_000_000), 1);
        assert_eq!(chunk(0, 0), 1);
    }
}
