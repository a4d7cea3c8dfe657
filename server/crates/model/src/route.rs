//! Routes: the two ways to the same rows, why one is chosen, and what became of it (mission C3, C5, C6).

mod rule;

use serde::{Deserialize, Serialize};

pub use rule::Rule;

use crate::RunId;

/// A way to a source's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// The hub's own engine asks the source itself.
    Direct,
    /// Airbyte does, with its own connector or runtime.
    Airbyte,
}

impl Route {
    pub const ALL: [Self; 2] = [Self::Direct, Self::Airbyte];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Airbyte => "airbyte",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|route| route.name() == text)
    }
}

/// Why a try failed, as far as choosing what comes next is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// No way there, or the connection broke.
    Network,
    /// No answer in the time allowed.
    Timeout,
    /// The source wants to be asked later.
    RateLimited,
    /// The credentials were refused.
    Auth,
    /// The source failed by itself.
    Upstream,
    /// The settings are wrong.
    Config,
    /// What the source gave, or was asked, cannot be used as it is.
    Validation,
    /// Known, but not allowed.
    Forbidden,
    /// This way cannot do it, or is broken itself; the other one may be better.
    Broken,
}

impl Class {
    pub const ALL: [Self; 9] = [
        Self::Network,
        Self::Timeout,
        Self::RateLimited,
        Self::Auth,
        Self::Upstream,
        Self::Config,
        Self::Validation,
        Self::Forbidden,
        Self::Broken,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Timeout => "timeout",
            Self::RateLimited => "rate_limited",
            Self::Auth => "auth",
            Self::Upstream => "upstream",
            Self::Config => "config",
            Self::Validation => "validation",
            Self::Forbidden => "forbidden",
            Self::Broken => "broken",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == text)
    }

    /// For people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Network => "Network error",
            Self::Timeout => "No answer in time",
            Self::RateLimited => "Rate limit reached",
            Self::Auth => "Credentials refused",
            Self::Upstream => "Server error at the source",
            Self::Config => "Wrong settings",
            Self::Validation => "Unusable data or request",
            Self::Forbidden => "Permission denied",
            Self::Broken => "This way cannot do it",
        }
    }
}

/// How a connection's runs choose between the ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RoutePolicy {
    /// What is tried first where both ways are open.
    pub first: Route,
    /// Whether the other way is tried when the first one fails.
    pub fallback: bool,
    /// Tries of the direct way that come no further, 1 to 10.
    pub attempts: u8,
    /// How long a fallback may take, 1 to 1440.
    pub fallback_minutes: u16,
}

impl Default for RoutePolicy {
    fn default() -> Self {
        Self {
            first: Route::Direct,
            fallback: true,
            attempts: 3,
            fallback_minutes: 5,
        }
    }
}

impl RoutePolicy {
    pub const ATTEMPTS: std::ops::RangeInclusive<u8> = 1..=10;
    pub const FALLBACK_MINUTES: std::ops::RangeInclusive<u16> = 1..=1440;
}

/// One decision of a run with what the try that followed came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Decision {
    /// From 1.
    pub n: i32,
    pub rule: Rule,
    /// The way that was tried; absent where nothing more was.
    pub route: Option<Route>,
    /// RFC 3339, UTC, as all times here.
    pub decided_at: String,
    /// The try did not begin before.
    pub not_before: Option<String>,
    pub started_at: Option<String>,
    pub finished_at: Option<String>,
    /// How long the try took.
    pub millis: Option<i64>,
    /// Why it failed; absent where it did not, or goes on.
    pub class: Option<Class>,
    pub problem: Option<String>,
    /// The other side's own words, secrets removed.
    pub raw: Option<String>,
    /// The job of the engine that tried it.
    pub engine_job: Option<i64>,
    pub rows_read: i64,
    pub rows_written: i64,
    pub bytes: i64,
    /// The try failed after it had brought rows that need not be read again: it counts as none of the policy's tries.
    #[serde(default)]
    pub advanced: bool,
}

/// The ways that are open to a connection, and why one is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Routes {
    pub policy: RoutePolicy,
    /// Why there is no direct way; absent where there is one.
    pub no_direct: Option<String>,
    /// Why there is no way through Airbyte; absent where there is one.
    pub no_airbyte: Option<String>,
    /// The direct way is left alone until then; a run that somebody starts, and that has no other way, is not held back.
    pub direct_rests_until: Option<String>,
    /// Of this connection in the last 24 hours, 7 days, 30 days.
    pub success: Vec<RouteSuccess>,
    /// The same of all connections of its integration.
    pub integration_success: Vec<RouteSuccess>,
}

/// Tries of a window of time by way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct RouteSuccess {
    pub hours: i32,
    pub direct: Tries,
    /// Through Airbyte after the direct way, or instead of it.
    pub fallback: Tries,
    /// Through Airbyte as the first or only way.
    pub airbyte: Tries,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Tries {
    pub made: i64,
    pub good: i64,
}

/// What the runs of the last days would have come to under another policy, as far as what was tried then can tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Replay {
    pub policy: RoutePolicy,
    pub days: i32,
    /// Runs that were looked at.
    pub runs: i64,
    /// Those that would have gone as they went.
    pub same: i64,
    /// The others, the newest first.
    pub changed: Vec<ReplayedRun>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct ReplayedRun {
    pub run: RunId,
    /// RFC 3339, UTC.
    pub created_at: String,
    pub was: ReplayEnd,
    pub was_millis: i64,
    pub would: ReplayEnd,
    /// As far as it is known.
    pub would_millis: i64,
    /// The decisions it would have taken.
    pub rules: Vec<Rule>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReplayEnd {
    Good,
    Failed,
    /// It would have tried what was not tried then.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for rule in Rule::ALL {
            assert_eq!(Rule::parse(rule.name()), Some(rule));
        }
        for class in Class::ALL {
            assert_eq!(Class::parse(class.name()), Some(class));
        }
    }
}
