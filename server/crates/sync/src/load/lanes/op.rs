//! What the deciding half of a run says to the writing half.

use airbyte::protocol::StreamDescriptor;

use crate::receipt::Outcome;

/// Where rows are copied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The table itself, or the new table that will take its place.
    Landing,
    /// A staging table; the rows are moved on when they are committed.
    Stage,
}

/// Whether a stream's rows must keep step with its states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    ToStates,
    /// Nobody will see or resume these rows before the stream is complete: they may be committed at any time.
    Free,
}

/// How one stream's rows travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    pub tie: Tie,
    pub first: Place,
    /// After the first transaction with rows.
    pub later: Place,
}

/// A state that waits for its rows to be committed.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    pub state: String,
    pub stream: Option<StreamDescriptor>,
    pub records: u64,
}

/// Which streams a state speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Stream(usize),
    All,
    /// A stream nobody asked for: its state is still echoed.
    Nothing,
}

/// Rows of a staging table that are ready to be moved on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    pub stream: usize,
    /// Rows up to this one, counted from 1 since the table was last empty.
    pub upto: u64,
    /// How many they are: earlier ones have been moved on before.
    pub rows: u64,
    pub rest: Rest,
}

/// What remains in a staging table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    Nothing,
    Rows,
}

/// What the database side has to do, in order.
#[derive(Debug, PartialEq)]
pub enum Op {
    Rows {
        stream: usize,
        place: Place,
        data: Vec<u8>,
        rows: u64,
    },
    Commit {
        states: Vec<Waiting>,
        ready: Vec<Ready>,
    },
    /// The source begins this stream anew: rows that an earlier attempt has left do not count.
    Anew {
        stream: usize,
    },
    /// Forget what was copied since the last commit.
    Rollback,
    Progress {
        stream: usize,
        read: u64,
        bytes: u64,
    },
    End(Vec<LaneEnd>),
}

/// How a stream ended, as far as the input tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneEnd {
    pub outcome: Outcome,
    pub read: u64,
    pub nulled: u64,
    pub bytes: u64,
}
