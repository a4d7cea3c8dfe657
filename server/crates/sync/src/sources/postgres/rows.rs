//! Rows on their way from the server's answer to lines and states.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::cursor::{self, Tracker};
use super::read::Reader;
use super::row::{Encoder, Row, RowError};
use super::{version, whole};
use crate::fault::Fault;
use crate::message::to_line;
use crate::sources::progress;

/// Lines are handed on in chunks of about this size.
const CHUNK_BYTES: usize = 256 * 1024;
/// How long a row may wait for its chunk to fill.
const OLDEST_ROW: Duration = Duration::from_secs(1);
/// A checkpoint at least this often when a cursor is followed.
const ROWS_PER_STATE: u64 = 50_000;

/// What the states of an answer say.
pub enum Follow {
    /// That the table was read whole.
    Nothing,
    /// The cursor's last value, in the column at this place.
    Cursor(usize, Tracker),
    /// That the rows without a value in the cursor's column have come, with their number still to be added. They have no
    /// order among themselves: until all of them have come, none of them can be said to be read.
    Nulls(cursor::Place),
    /// That the rows have come whose value in the cursor's column is not finite. They have no order that goes on, either.
    Beyond(cursor::Place),
    /// Where the table stands when the answer is over. Its rows come in any order.
    Chunk(version::Place),
    /// The same, with the number of rows still to be added.
    Missed(whole::Place),
    /// The blocks of the rows, which say theirs in one more column, the last one.
    Whole(whole::Walk),
}

impl Follow {
    /// Which rows are asked for, in words for the log.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Nothing => "all rows",
            Self::Cursor(..) => "the rows from the cursor on, in its order",
            Self::Nulls(_) => "the rows without a value in the cursor's column",
            Self::Beyond(_) => "the rows whose value in the cursor's column is not finite",
            Self::Chunk(_) => "a part of the rows, by block or by the transaction that wrote them",
            Self::Missed(_) => "the rows written since their blocks were read",
            Self::Whole(_) => "the rows of all blocks that are not read yet",
        }
    }
}

/// The rows on their way through.
pub struct Rows<'a> {
    reader: &'a Reader<'a>,
    encoder: Encoder,
    follow: Follow,
    buffer: Vec<u8>,
    since_state: u64,
    flushed: Instant,
}

impl<'a> Rows<'a> {
    pub fn new(reader: &'a Reader<'a>, encoder: Encoder, follow: Follow) -> Self {
        Self {
            reader,
            encoder,
            follow,
            buffer: Vec::with_capacity(2 * CHUNK_BYTES),
            since_state: 0,
            flushed: Instant::now(),
        }
    }

    /// Takes the next row.
    pub async fn take(&mut self, row: Row<'_>) -> Result<(), Fault> {
        self.enter(row).await?;
        self.write(row).map_err(|error| malformed(&error))?;
        if self.buffer.len() >= CHUNK_BYTES {
            self.flush().await?;
        }
        if matches!(self.follow, Follow::Cursor(..)) && self.since_state >= ROWS_PER_STATE {
            self.checkpoint().await?;
        }
        Ok(())
    }

    /// Before a row: when enough blocks have come, a state says so.
    async fn enter(&mut self, row: Row<'_>) -> Result<(), Fault> {
        let Follow::Whole(walk) = &mut self.follow else {
            return Ok(());
        };
        let block = row.block().map_err(|error| malformed(&error))?;
        if walk
            .is_due(block)
            .map_err(|error| malformed(&error.into()))?
        {
            walk.reach(block, self.since_state);
            self.checkpoint().await?;
        }
        Ok(())
    }

    fn write(&mut self, row: Row<'_>) -> Result<(), RowError> {
        self.encoder.write(row, &mut self.buffer)?;
        if let Follow::Cursor(at, tracker) = &mut self.follow {
            tracker.see(row.value(*at));
        }
        self.since_state += 1;
        Ok(())
    }

    /// Rows that come slowly are passed on as they come.
    pub async fn flush_if_old(&mut self) -> Result<(), Fault> {
        if self.flushed.elapsed() < OLDEST_ROW {
            return Ok(());
        }
        self.flush().await
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        self.flushed = Instant::now();
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.buffer, Vec::with_capacity(2 * CHUNK_BYTES));
        self.reader.pass(Bytes::from(chunk)).await
    }

    async fn checkpoint(&mut self) -> Result<(), Fault> {
        let place = match &self.follow {
            Follow::Cursor(_, tracker) => tracker.place().state(),
            Follow::Nulls(after) => after.clone().holding(self.since_state).state(),
            Follow::Beyond(after) => after.state(),
            Follow::Chunk(after) => after.state(),
            Follow::Missed(after) => after.clone().with(self.since_state).state(),
            Follow::Whole(walk) => walk.place().state(),
            Follow::Nothing => progress::whole(),
        };
        let state = progress::state(self.reader.descriptor.clone(), place, self.since_state);
        self.since_state = 0;
        self.buffer.extend_from_slice(&to_line(&state));
        self.flush().await
    }

    /// Passes on what is left, with a state behind it. Gives how many rows it covers.
    pub async fn finish(mut self) -> Result<u64, Fault> {
        let rows = self.since_state;
        if let Follow::Whole(walk) = &mut self.follow {
            walk.finish(rows);
        }
        // No row, no place of theirs.
        if rows == 0 && matches!(self.follow, Follow::Nulls(_) | Follow::Beyond(_)) {
            return Ok(0);
        }
        self.checkpoint().await?;
        Ok(rows)
    }
}

fn malformed(error: &RowError) -> Fault {
    Fault::bug("The database's answer could not be read.").with_detail(error.to_string())
}
