//! `POST /x/rehearsal`: one try against an API of the engine's own that fails as it is told to.

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::job::JobRuntime;

/// The body. For the credentials of all workspaces only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RehearsalTry {
    #[serde(default)]
    pub runtime: JobRuntime,
    /// Absent: the API is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

/// What the API does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// Breaks the answer off.
    Network,
    /// Does not answer.
    Timeout,
    /// 429 with a Retry-After of a few seconds.
    RateLimited,
    /// 401.
    Auth,
    /// 503.
    Upstream,
    /// 422.
    Validation,
    /// 403.
    Forbidden,
}

/// How the try went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RehearsalTried {
    pub rows: i64,
    /// Absent: it read everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
}
