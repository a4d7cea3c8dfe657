//! Which rows may be committed when: keeps rows and states in step, and memory bounded. Pure: it only makes [`Op`]s.
//!
//! A state promises that every record before it is kept, so a transaction may end only where no stream has rows behind
//! its last state in it. Rows go out early all the same, so that reading, converting and copying overlap: one stream at
//! a time may run ahead of its states straight into its table ("ahead"), and the transaction then waits for that
//! stream's next state. Other streams hold their rows back meanwhile, and when memory runs short put them into a staging
//! table, from where only the rows before the last state are moved on.

mod lane;
mod op;

use std::time::{Duration, Instant};

use airbyte::protocol::{StreamDescriptor, StreamStatus};

use crate::receipt::Outcome;

use lane::{Lane, Part};
pub use op::{LaneEnd, Op, Place, Ready, Rest, Route, Scope, Tie, Waiting};

/// A buffer of rows goes to the database when it has this many bytes: large enough to cost few system calls, small enough
/// to stay in the processor's cache.
const FLUSH_AT: usize = 256 * 1024;
/// Rows held back by all streams together before the largest goes to its staging table.
const HELD_BACK: usize = 16 * 1024 * 1024;
/// More bytes in one transaction are committed at the next state, whatever the clock says.
const LARGE_TRANSACTION: usize = 2 * 1024 * 1024 * 1024;
/// When a stream begins to run ahead, what others have waiting is committed first if it is at least this old.
const WORTH_SAVING: Duration = Duration::from_secs(2);
/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// All streams of a run.
#[derive(Debug)]
pub struct Lanes {
    streams: Vec<Lane>,
    waiting: Vec<Waiting>,
    /// The stream whose rows in the open transaction run ahead of its last state.
    ahead: Option<usize>,
    held: usize,
    sent_bytes: usize,
    commit_every: Duration,
    last_commit: Instant,
    ops: Vec<Op>,
    told: Instant,
}

impl Lanes {
    pub fn new(routes: &[Route], commit_every: Duration, now: Instant) -> Self {
        Self {
            streams: routes.iter().copied().map(Lane::new).collect(),
            waiting: Vec::new(),
            ahead: None,
            held: 0,
            sent_bytes: 0,
            commit_every,
            last_commit: now,
            ops: Vec::new(),
            told: now,
        }
    }

    /// What has come up since the last call.
    pub fn take_ops(&mut self) -> Vec<Op> {
        std::mem::take(&mut self.ops)
    }

    /// One record: `write` appends its row and returns how many values became NULL.
    pub fn record(
        &mut self,
        stream: usize,
        line_bytes: usize,
        now: Instant,
        write: impl FnOnce(&mut Vec<u8>) -> u64,
    ) {
        let Some(lane) = self.streams.get_mut(stream) else {
            return;
        };
        let before = lane.buffer.len();
        lane.nulled += write(&mut lane.buffer);
        lane.rows += 1;
        lane.read += 1;
        lane.since_state += 1;
        lane.bytes += u64::try_from(line_bytes).unwrap_or_default();
        self.held += lane.buffer.len() - before;
        if lane.buffer.len() >= FLUSH_AT {
            self.flush(stream, now);
        }
    }

    pub fn status(&mut self, stream: usize, status: StreamStatus) {
        if let Some(lane) = self.streams.get_mut(stream) {
            lane.status = Some(status);
        }
    }

    pub fn status_of(&self, stream: usize) -> Option<StreamStatus> {
        self.streams.get(stream).and_then(|lane| lane.status)
    }

    /// Records since the last state of this scope.
    pub fn since_state(&self, scope: Scope) -> u64 {
        match scope {
            Scope::Stream(stream) => self.streams.get(stream).map_or(0, |lane| lane.since_state),
            Scope::All => self.streams.iter().map(|lane| lane.since_state).sum(),
            Scope::Nothing => 0,
        }
    }

    /// The source says that nothing of a stream is read. Behind rows of its own that would be no beginning, and they stay.
    pub fn anew(&mut self, stream: usize) {
        if self.streams.get(stream).is_some_and(|lane| lane.read == 0) {
            self.ops.push(Op::Anew { stream });
        }
    }

    /// A state has come: everything before it may be committed together with it.
    pub fn state(
        &mut self,
        scope: Scope,
        state: String,
        stream: Option<StreamDescriptor>,
        now: Instant,
    ) {
        let records = self.since_state(scope);
        for (position, lane) in self.streams.iter_mut().enumerate() {
            if scope != Scope::All && scope != Scope::Stream(position) {
                continue;
            }
            lane.seal();
            if self.ahead == Some(position) {
                self.ahead = None;
            }
        }
        self.waiting.push(Waiting {
            state,
            stream,
            records,
        });
        self.tick(now);
    }

    /// Commits if it is time and nothing runs ahead. Also to be called while the source is silent.
    pub fn tick(&mut self, now: Instant) {
        let due = now.duration_since(self.last_commit) >= self.commit_every
            || self.sent_bytes >= LARGE_TRANSACTION;
        if due && !self.waiting.is_empty() && self.ahead.is_none() {
            self.commit(now);
        }
    }

    /// The run cannot go on: commits what its states cover, if nothing runs ahead of them.
    pub fn save(&mut self, now: Instant) {
        if !self.waiting.is_empty() && self.ahead.is_none() {
            self.commit(now);
        }
    }

    /// How long the source may be silent before [`tick`](Self::tick) has something to do.
    fn patience(&self, now: Instant) -> Option<Duration> {
        (!self.waiting.is_empty() && self.ahead.is_none())
            .then(|| (self.last_commit + self.commit_every).saturating_duration_since(now))
    }

    /// How long the source may be silent before states are to be committed or progress is to be told: what the last chunk
    /// brought must not wait for the next one.
    pub fn silence(&self, now: Instant) -> Option<Duration> {
        let moved = self.streams.iter().any(|lane| lane.read > lane.reported);
        let telling = moved.then(|| (self.told + TELL_EVERY).saturating_duration_since(now));
        self.patience(now).into_iter().chain(telling).min()
    }

    /// Tells progress if it is time.
    pub fn tell(&mut self, now: Instant) {
        if now.duration_since(self.told) >= TELL_EVERY {
            self.progress();
            self.told = now;
        }
    }

    /// Tells how far each stream is that moved since the last call.
    fn progress(&mut self) {
        for (stream, lane) in self.streams.iter_mut().enumerate() {
            if lane.read > lane.reported {
                lane.reported = lane.read;
                self.ops.push(Op::Progress {
                    stream,
                    read: lane.read,
                    bytes: lane.bytes,
                });
            }
        }
    }

    fn flush(&mut self, stream: usize, now: Instant) {
        let Some(lane) = self.streams.get(stream) else {
            return;
        };
        let free =
            lane.place == Place::Stage || lane.route.tie == Tie::Free || self.ahead == Some(stream);
        if free {
            self.send(stream, Part::All);
        } else if self.ahead.is_none() {
            if !self.waiting.is_empty()
                && now.duration_since(self.last_commit) >= WORTH_SAVING
                && self.only_others_sent(stream)
            {
                self.commit(now);
            }
            // The commit may have changed where this stream's rows go.
            let open = self
                .streams
                .get(stream)
                .is_some_and(|lane| lane.place == Place::Landing && lane.rows > lane.sealed_rows);
            self.send(stream, Part::All);
            if open {
                self.ahead = Some(stream);
            }
        } else if lane.sealed_bytes >= FLUSH_AT {
            self.send(stream, Part::Sealed);
        } else if self.held >= HELD_BACK {
            self.relieve();
        }
    }

    fn only_others_sent(&self, stream: usize) -> bool {
        let sent = |lane: &Lane| lane.sent > 0;
        self.streams.iter().any(sent) && !self.streams.get(stream).is_some_and(sent)
    }

    /// Memory is short: the stream that holds most goes by its staging table from here on.
    fn relieve(&mut self) {
        let largest = (0..self.streams.len())
            .filter(|position| self.ahead != Some(*position))
            .max_by_key(|position| self.streams.get(*position).map(|lane| lane.buffer.len()));
        let Some(stream) = largest else { return };
        self.send(stream, Part::Sealed);
        if let Some(lane) = self.streams.get_mut(stream) {
            lane.place = Place::Stage;
        }
        self.send(stream, Part::All);
    }

    fn send(&mut self, stream: usize, part: Part) {
        let Some(lane) = self.streams.get_mut(stream) else {
            return;
        };
        let Some((data, rows)) = lane.take(part) else {
            return;
        };
        self.held -= data.len();
        self.sent_bytes += data.len();
        self.ops.push(Op::Rows {
            stream,
            place: lane.place,
            data,
            rows,
        });
    }

    fn commit(&mut self, now: Instant) {
        for stream in 0..self.streams.len() {
            self.send(stream, Part::Sealed);
        }
        let mut ready = Vec::new();
        for (stream, lane) in self.streams.iter_mut().enumerate() {
            ready.extend(lane.committed(stream));
        }
        self.ops.push(Op::Commit {
            states: std::mem::take(&mut self.waiting),
            ready,
        });
        self.sent_bytes = 0;
        self.last_commit = now;
    }

    /// The input has ended. `outcome` says for each stream whether it was complete.
    pub fn end(&mut self, outcome: impl Fn(usize) -> Outcome, now: Instant) {
        let mut outcomes: Vec<Outcome> = (0..self.streams.len()).map(outcome).collect();
        let lost = self
            .ahead
            .is_some_and(|stream| outcomes.get(stream) == Some(&Outcome::Incomplete));
        if lost {
            // Rows without their state cannot be taken out of the transaction, so all of it goes; the next run reads
            // again from the states that are committed.
            self.ops.push(Op::Rollback);
            for (lane, outcome) in self.streams.iter().zip(&mut outcomes) {
                if lane.sent > 0 || lane.rows > 0 {
                    *outcome = Outcome::Incomplete;
                }
            }
        } else {
            for (lane, outcome) in self.streams.iter_mut().zip(&outcomes) {
                match outcome {
                    Outcome::Complete => lane.seal(),
                    Outcome::Incomplete | Outcome::Kept => lane.cut(),
                }
            }
            self.commit(now);
        }
        self.progress();
        let ends = self
            .streams
            .iter()
            .zip(outcomes)
            .map(|(lane, outcome)| LaneEnd {
                outcome,
                read: lane.read,
                nulled: lane.nulled,
                bytes: lane.bytes,
            });
        let ends = ends.collect();
        self.ops.push(Op::End(ends));
    }
}

#[cfg(test)]
mod tests;
