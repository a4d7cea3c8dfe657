//! Why a connector could not do what was asked.

use serde::{Deserialize, Serialize};

/// A failure told for a person, with the connector's own words aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub kind: FaultKind,
    /// RFC 3339: when asking again makes sense, for `rate_limited`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Plain words for a person.
    pub message: String,
    /// The connector's own words, secrets removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The field to blame: a path with dots into the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
}

/// What the caller can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    Credentials,
    Config,
    Forbidden,
    RateLimited,
    Unreachable,
    Timeout,
    Unsupported,
    Upstream,
    Data,
    Cancelled,
    Bug,
    /// A kind this version does not know.
    #[serde(other)]
    Other,
}

impl FaultKind {
    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::Config => "config",
            Self::Forbidden => "forbidden",
            Self::RateLimited => "rate_limited",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Unsupported => "unsupported",
            Self::Upstream => "upstream",
            Self::Data => "data",
            Self::Cancelled => "cancelled",
            Self::Bug => "bug",
            Self::Other => "other",
        }
    }
}
