//! Jobs: runs of a connection.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::protocol::lenient::null_as_default;

/// Deliberately little: no error text, no attempts, no streams. [`crate::extension::JobDetail`] has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobResponse {
    pub job_id: i64,
    pub status: JobStatus,
    #[serde(default, deserialize_with = "null_as_default")]
    pub job_type: JobType,
    /// RFC 3339: when the job was made.
    #[serde(default, deserialize_with = "null_as_default")]
    pub start_time: String,
    pub connection_id: Uuid,
    /// RFC 3339, only once the job is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_updated_at: Option<String>,
    /// ISO 8601 ("PT1M2S"); absent while pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_synced: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_synced: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    Pending,
    Queued,
    Running,
    /// An attempt failed and another will follow.
    Incomplete,
    Failed,
    Succeeded,
    Cancelled,
    #[serde(other)]
    Unknown,
}

impl JobStatus {
    pub fn is_over(self) -> bool {
        matches!(self, Self::Failed | Self::Succeeded | Self::Cancelled)
    }

    /// The word of the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
            Self::Succeeded => "succeeded",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobType {
    #[default]
    Sync,
    Reset,
    Refresh,
    Clear,
    #[serde(other)]
    Unknown,
}

impl JobType {
    /// The word of the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Reset => "reset",
            Self::Refresh => "refresh",
            Self::Clear => "clear",
            Self::Unknown => "unknown",
        }
    }
}

/// Body of `POST /jobs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobCreate {
    pub connection_id: Uuid,
    pub job_type: JobType,
}

/// What `GET /jobs` is asked for. The default order of servers is oldest first, so the order is always sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobFilter {
    pub connection_id: Option<Uuid>,
    pub workspace_id: Option<Uuid>,
    pub status: Option<JobStatus>,
    pub job_type: Option<JobType>,
    pub created_from: Option<OffsetDateTime>,
    pub created_until: Option<OffsetDateTime>,
    pub updated_from: Option<OffsetDateTime>,
    pub updated_until: Option<OffsetDateTime>,
}
