//! How one run is to be carried out, and what it tells while it goes.

use std::time::Duration;

use airbyte::protocol::{LogLevel, StreamDescriptor, StreamStatus};
use serde_json::Value;

use crate::receipt::Progress;

/// Makes a stale run harmless: only the newest token of a key may commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// Names the connection that writes.
    pub key: String,
    /// Under which name its states are kept, where that is another: a connection that is read in two ways goes on from
    /// where each of them stood.
    pub states: Option<String>,
    /// Grows with every attempt.
    pub token: i64,
}

impl Fence {
    /// The name that the states are kept under.
    pub fn states(&self) -> &str {
        self.states.as_deref().unwrap_or(&self.key)
    }
}

/// Where streams with a namespace go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Namespaces {
    /// Into the target's schema, all of them.
    #[default]
    Ignored,
    /// Into a schema named after the namespace, as Airbyte's destination does.
    Schemas,
}

/// How the loader knows that a stream is complete.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Completion {
    /// Only by its STREAM_STATUS COMPLETE: the caller sends it once the source has ended well.
    #[default]
    Status,
    /// A stream that never told a status is complete when the input ends in good order: for sources that do not know
    /// statuses, on a plain pipe.
    EndOfInput,
}

/// One run's settings.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Stands in `_airbyte_meta` of every row; 0 takes the catalogue's.
    pub sync_id: i64,
    /// With a fence, states are kept in the destination beside the rows; without, they are only echoed.
    pub fence: Option<Fence>,
    pub namespaces: Namespaces,
    pub completion: Completion,
    /// Put before every table name.
    pub table_prefix: String,
    /// Never replaces rows by none: for whoever takes an answer that is no answer, such as a page that says sorry, for an
    /// empty list.
    pub keeps_filled: bool,
    /// Rows and states are committed at the first chance after this long.
    pub commit_every: Duration,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            sync_id: 0,
            fence: None,
            namespaces: Namespaces::default(),
            completion: Completion::default(),
            table_prefix: String::new(),
            keeps_filled: false,
            commit_every: Duration::from_secs(10),
        }
    }
}

/// A state whose rows are committed: it may be saved and given to the next read.
#[derive(Debug, Clone, PartialEq)]
pub struct CommittedState {
    /// The `state` object of the message, byte for byte as the source wrote it.
    pub state: String,
    /// The stream of a STREAM state; None for GLOBAL and LEGACY.
    pub stream: Option<StreamDescriptor>,
    /// Records committed since the state before it (of its stream, or of all).
    pub records: u64,
}

impl CommittedState {
    /// The whole message, with `destinationStats`, as a destination echoes it. No newline.
    pub fn message(&self) -> String {
        let open = self
            .state
            .trim_end()
            .strip_suffix('}')
            .unwrap_or(&self.state);
        let comma = if open.trim_end().ends_with('{') {
            ""
        } else {
            ","
        };
        format!(
            r#"{{"type":"STATE","state":{open}{comma}"destinationStats":{{"recordCount":{}.0,"rejectedRecordCount":0.0}}}}}}"#,
            self.records
        )
    }
}

/// What a run tells while it goes, in the order it happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// The transaction with these rows and this state is committed.
    Committed(CommittedState),
    /// How far a stream is. Sent every second or so while rows flow.
    Progress {
        stream: StreamDescriptor,
        progress: Progress,
    },
    /// A LOG line of the source, or a remark of the loader.
    Log { level: LogLevel, message: String },
    /// The source's new configuration (rotated tokens): to be kept at once.
    Control(Value),
    StreamStatus {
        stream: StreamDescriptor,
        status: StreamStatus,
    },
    /// The source's own account of a failure, as the trace message has it.
    Error(Box<airbyte::protocol::AirbyteErrorTrace>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echoed_state_is_untouched_but_for_the_count() {
        let committed = CommittedState {
            state: r#"{"type":"STREAM", "x":1.50 }"#.to_owned(),
            stream: None,
            records: 7,
        };
        assert_eq!(
            committed.message(),
            r#"{"type":"STATE","state":{"type":"STREAM", "x":1.50 ,"destinationStats":{"recordCount":7.0,"rejectedRecordCount":0.0}}}"#
        );
    }
}
