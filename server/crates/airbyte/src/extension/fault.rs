//! Why a connector could not do what was asked.

use serde::{Deserialize, Serialize};

use crate::protocol::FailureType;

/// Words of connectors whose credentials were refused …
const CREDENTIALS: [&str; 10] = [
    "401",
    "unauthorized",
    "unauthorised",
    "authenticat",
    "invalid credentials",
    "password",
    "invalid token",
    "expired token",
    "access token",
    "api key",
];
/// … that lack a right …
const FORBIDDEN: [&str; 4] = ["403", "forbidden", "permission", "scope"];
/// … and that were asked to call less often.
const LIMITED: [&str; 4] = ["429", "rate limit", "too many requests", "quota"];

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
    /// What a connector's own error is: by the type that it gave, which says whose turn it is, and by its words, which tell
    /// refused credentials from other mistakes.
    pub fn of_connector(failure: Option<FailureType>, message: &str) -> Self {
        match failure {
            Some(FailureType::ConfigError) => Self::of_refusal(message),
            Some(FailureType::TransientError) if says(message, &LIMITED) => Self::RateLimited,
            Some(FailureType::TransientError) => Self::Upstream,
            _ => Self::Bug,
        }
    }

    /// The same of a check that a connector answered with no.
    pub fn of_refusal(message: &str) -> Self {
        if says(message, &CREDENTIALS) {
            Self::Credentials
        } else if says(message, &FORBIDDEN) {
            Self::Forbidden
        } else {
            Self::Config
        }
    }

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

fn says(message: &str, words: &[&str]) -> bool {
    let lower = message.to_ascii_lowercase();
    words.iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_whose_turn_it_is() {
        use FailureType::{ConfigError, SystemError, TransientError};
        let cases = [
            (
                ConfigError,
                "Unauthorized: invalid API key",
                FaultKind::Credentials,
            ),
            (
                ConfigError,
                "403 Client Error: missing scope read:orders",
                FaultKind::Forbidden,
            ),
            (
                ConfigError,
                "The start date is after today",
                FaultKind::Config,
            ),
            (TransientError, "HTTP 429", FaultKind::RateLimited),
            (TransientError, "connection reset", FaultKind::Upstream),
            (SystemError, "401", FaultKind::Bug),
        ];
        for (failure, message, kind) in cases {
            let told = FaultKind::of_connector(Some(failure), message);
            assert_eq!(told, kind, "{message}");
        }
    }
}
