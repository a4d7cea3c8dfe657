//! `GET /x/jobs/{id}` and its logs: what the public API does not tell about a job.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::fault::FaultKind;
use crate::api::{JobResponse, JobStatus};

/// Body of `POST /x/jobs`: a sync that is tried as told, for those who choose between ways themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobStart {
    pub connection_id: Uuid,
    /// The most attempts; absent: as many as the engine makes by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<i32>,
    #[serde(default)]
    pub runtime: JobRuntime,
    /// Whether its log tells what is asked of the source, as far as what reads it is built in.
    #[serde(default)]
    pub debug: bool,
    /// Whether somebody waits for the rows: the source is asked at once, although it refused others of the same account a moment
    /// ago.
    #[serde(default)]
    pub in_haste: bool,
}

/// What runs the connector of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobRuntime {
    /// What the engine runs it with.
    #[default]
    Own,
    /// Airbyte's own runtime of low-code manifests, where the engine has one of its own.
    Airbyte,
}

impl JobRuntime {
    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Airbyte => "airbyte",
        }
    }
}

/// A job with its failure and its streams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobDetail {
    #[serde(flatten)]
    pub job: JobResponse,
    #[serde(default)]
    pub streams: Vec<JobStream>,
    #[serde(default)]
    pub failure: Option<JobFailure>,
    #[serde(default)]
    pub records_read: i64,
    #[serde(default)]
    pub bytes: i64,
    /// The containment the connector ran in; absent for built-in sources.
    #[serde(default)]
    pub sandbox: Option<String>,
    #[serde(default)]
    pub attempts: i64,
    /// Whether it came further since it was started, or opened again after it had failed: a newer state was committed, or a
    /// stream was read to its end. What that covers is not read again.
    #[serde(default)]
    pub advanced: bool,
    /// The most memory the connector's processes used.
    #[serde(default)]
    pub max_memory_bytes: Option<i64>,
    /// Whether someone asked it to stop and it has not yet.
    #[serde(default)]
    pub cancelling: bool,
    /// RFC 3339: when its first attempt began; absent while it waits.
    #[serde(default)]
    pub started_at: Option<String>,
}

/// What one stream brought so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobStream {
    pub name: String,
    #[serde(default)]
    pub namespace: Option<String>,
    pub status: JobStatus,
    /// The table it is written to, as `schema.table` without quotes.
    #[serde(default)]
    pub table: Option<String>,
    #[serde(default)]
    pub records_read: i64,
    #[serde(default)]
    pub records_written: i64,
    /// Values that did not fit their type: NULL in the table.
    #[serde(default)]
    pub values_nulled: i64,
    #[serde(default)]
    pub bytes: i64,
    /// Rows in the table afterwards.
    #[serde(default)]
    pub table_rows: Option<i64>,
    /// Whether read, written and the table's change agree.
    #[serde(default)]
    pub verified: bool,
    #[serde(default)]
    pub problem: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFailure {
    pub kind: FaultKind,
    /// RFC 3339: when asking again makes sense, for `rate_limited`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    pub message: String,
    #[serde(default)]
    pub detail: Option<String>,
    #[serde(default)]
    pub field: Option<String>,
    #[serde(default)]
    pub stream: Option<String>,
}

/// `GET /x/jobs/{id}/logs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobLogs {
    pub lines: Vec<LogEntry>,
    /// The number to ask for lines after.
    pub last: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    pub n: i64,
    /// RFC 3339.
    pub at: String,
    pub level: String,
    #[serde(default)]
    pub stream: Option<String>,
    pub text: String,
}
