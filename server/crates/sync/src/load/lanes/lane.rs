//! One stream's rows on their way: what is buffered, what is sealed by a state, what lies in a staging table.

use airbyte::protocol::StreamStatus;

use super::FLUSH_AT;
use super::op::{Place, Ready, Rest, Route};

#[derive(Debug)]
pub(super) struct Lane {
    pub(super) route: Route,
    pub(super) place: Place,
    pub(super) buffer: Vec<u8>,
    pub(super) rows: u64,
    pub(super) sealed_bytes: usize,
    pub(super) sealed_rows: u64,
    /// Rows copied in the open transaction.
    pub(super) sent: u64,
    pub(super) stage_rows: u64,
    pub(super) stage_sealed: u64,
    /// Rows among `stage_rows` that have been moved on.
    pub(super) stage_moved: u64,
    pub(super) since_state: u64,
    pub(super) read: u64,
    pub(super) nulled: u64,
    pub(super) bytes: u64,
    pub(super) reported: u64,
    pub(super) status: Option<StreamStatus>,
}

/// How much of a buffer goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Sealed,
    All,
}

impl Lane {
    pub(super) fn new(route: Route) -> Self {
        Self {
            route,
            place: route.first,
            buffer: Vec::new(),
            rows: 0,
            sealed_bytes: 0,
            sealed_rows: 0,
            sent: 0,
            stage_rows: 0,
            stage_sealed: 0,
            stage_moved: 0,
            since_state: 0,
            read: 0,
            nulled: 0,
            bytes: 0,
            reported: 0,
            status: None,
        }
    }

    pub(super) fn seal(&mut self) {
        self.sealed_bytes = self.buffer.len();
        self.sealed_rows = self.rows;
        self.stage_sealed = self.stage_rows;
        self.since_state = 0;
    }

    /// Forgets the rows behind the last state.
    pub(super) fn cut(&mut self) {
        self.buffer.truncate(self.sealed_bytes);
        self.rows = self.sealed_rows;
    }

    /// Takes rows out of the buffer, with the header of a COPY to come on the database side.
    pub(super) fn take(&mut self, part: Part) -> Option<(Vec<u8>, u64)> {
        let rows = match part {
            Part::All => self.rows,
            Part::Sealed => self.sealed_rows,
        };
        if rows == 0 {
            return None;
        }
        let open = match part {
            Part::All => Vec::with_capacity(FLUSH_AT + FLUSH_AT / 8),
            Part::Sealed => self.buffer.split_off(self.sealed_bytes),
        };
        if self.place == Place::Stage {
            if self.sealed_rows > 0 {
                self.stage_sealed = self.stage_rows + self.sealed_rows;
            }
            self.stage_rows += rows;
        }
        self.rows -= rows;
        self.sealed_rows = 0;
        self.sealed_bytes = 0;
        self.sent += rows;
        Some((std::mem::replace(&mut self.buffer, open), rows))
    }

    /// The transaction ends here: what its staging table has to give, and where rows go next.
    pub(super) fn committed(&mut self, stream: usize) -> Option<Ready> {
        let had_rows = self.sent > 0;
        self.sent = 0;
        let mut ready = None;
        if self.stage_sealed > 0 {
            let rest = if self.stage_sealed == self.stage_rows {
                Rest::Nothing
            } else {
                Rest::Rows
            };
            ready = Some(Ready {
                stream,
                upto: self.stage_sealed,
                rows: self.stage_sealed - self.stage_moved,
                rest,
            });
            self.stage_moved = self.stage_sealed;
            self.stage_sealed = 0;
            if rest == Rest::Nothing {
                self.stage_rows = 0;
                self.stage_moved = 0;
            }
        }
        // While rows are left in the staging table, later ones queue up behind them.
        if self.stage_rows == 0 && (had_rows || self.place == Place::Stage) {
            self.place = self.route.later;
        }
        ready
    }
}
