//! Runs: one sync of a connection, its progress, receipts and log.

use serde::{Deserialize, Serialize};

use crate::{ConnectionId, Decision, RunId};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    Queued,
    Running,
    /// A person or program asked it to stop; it ends within seconds.
    Cancelling,
    Succeeded,
    /// Rows arrived, but a stream failed or a receipt does not balance.
    Partial,
    Failed,
    Cancelled,
}

impl RunState {
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Running,
        Self::Cancelling,
        Self::Succeeded,
        Self::Partial,
        Self::Failed,
        Self::Cancelled,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Cancelling => "cancelling",
            Self::Succeeded => "succeeded",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == text)
    }

    pub const fn is_over(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Partial | Self::Failed | Self::Cancelled
        )
    }
}

/// Which way the rows took (mission C6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    Direct,
    Airbyte,
    AirbyteFallback,
}

impl Method {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Airbyte => "airbyte",
            Self::AirbyteFallback => "airbyte-fallback",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Direct, Self::Airbyte, Self::AirbyteFallback]
            .into_iter()
            .find(|method| method.name() == text)
    }
}

/// One row of a list of runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct RunRow {
    pub id: RunId,
    pub connection: ConnectionId,
    pub connection_name: String,
    pub state: RunState,
    /// "ana@example.com", "API key ci", "schedule".
    pub started_by: String,
    pub method: Method,
    pub rows_read: i64,
    pub rows_written: i64,
    pub bytes: i64,
    /// RFC 3339, UTC.
    pub created_at: String,
    pub started_at: Option<String>,
    pub finished_at: Option<String>,
    pub millis: Option<i64>,
    /// Why it failed or is partial, in plain words.
    pub problem: Option<String>,
}

/// What one stream brought: read = written = table change, or the run is not green.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct StreamReceipt {
    pub namespace: Option<String>,
    pub name: String,
    pub table: String,
    pub state: RunState,
    pub rows_read: i64,
    pub rows_written: i64,
    /// Values that did not fit their type: NULL in the table, listed in `_airbyte_meta`.
    pub values_nulled: i64,
    pub bytes: i64,
    /// Rows in the table afterwards.
    pub table_rows: Option<i64>,
    /// Does the receipt balance?
    pub verified: bool,
    pub problem: Option<String>,
}

/// Everything the run page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct RunView {
    pub row: RunRow,
    pub streams: Vec<StreamReceipt>,
    /// Rows per second over the last seconds, while it runs.
    pub rate: Option<i64>,
    /// The connector's own message of the failure, secrets removed.
    pub raw: Option<String>,
    pub fallback_used: bool,
    /// A rehearsal: the direct way was left out on purpose.
    pub forced_fallback: bool,
    /// A detailed log was asked for: what reads in this hub tells each request and table there. Connector programs, and an
    /// Airbyte elsewhere, write what they always do.
    pub debug: bool,
    /// Which way was taken and why, the first decision first.
    pub decisions: Vec<Decision>,
    pub engine_job: Option<i64>,
    pub engine_connection: Option<String>,
    /// Achieved containment of the connector: "strict", "best effort (no network namespace)", "built in".
    pub sandbox: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct LogLine {
    pub n: i64,
    /// RFC 3339, UTC.
    pub at: String,
    pub level: String,
    pub stream: Option<String>,
    pub text: String,
}
