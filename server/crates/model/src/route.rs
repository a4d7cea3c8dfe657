//! Routes: the two ways to the same rows, why one is chosen, and what became of it (mission C3, C5, C6).

use serde::{Deserialize, Serialize};

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

/// The rule that a decision follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Both ways are open: the direct one comes first.
    DirectFirst,
    /// The direct way is the only one.
    OnlyDirect,
    /// Airbyte is the only way.
    OnlyAirbyte,
    /// The policy prefers Airbyte.
    AirbyteFirst,
    /// A person left the direct way out, for a rehearsal.
    Forced,
    /// The direct way failed too often lately and is left alone.
    BreakerOpen,
    /// Tried again after a pause.
    Retry,
    /// Tried again when the source allows it.
    RetryAfter,
    /// Tried once more with a renewed sign-in.
    Renewed,
    /// The direct tries are used up: Airbyte instead.
    FallBack,
    /// More direct tries would not help: Airbyte at once.
    FallBackAtOnce,
    /// The source wants to be left alone for long: Airbyte instead.
    FallBackSooner,
    /// Only a person can solve it.
    NeedsPerson,
    /// There is no other way.
    NoOtherWay,
    /// No way is open at all.
    NoWay,
    /// The policy has the fallback switched off.
    FallbackOff,
    /// A table without a key is appended to: another way would write its rows twice.
    WouldDouble,
    /// Both ways failed.
    BothFailed,
    /// Airbyte, which came first, failed.
    AirbyteFailed,
}

impl Rule {
    pub const ALL: [Self; 19] = [
        Self::DirectFirst,
        Self::OnlyDirect,
        Self::OnlyAirbyte,
        Self::AirbyteFirst,
        Self::Forced,
        Self::BreakerOpen,
        Self::Retry,
        Self::RetryAfter,
        Self::Renewed,
        Self::FallBack,
        Self::FallBackAtOnce,
        Self::FallBackSooner,
        Self::NeedsPerson,
        Self::NoOtherWay,
        Self::NoWay,
        Self::FallbackOff,
        Self::WouldDouble,
        Self::BothFailed,
        Self::AirbyteFailed,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::DirectFirst => "direct_first",
            Self::OnlyDirect => "only_direct",
            Self::OnlyAirbyte => "only_airbyte",
            Self::AirbyteFirst => "airbyte_first",
            Self::Forced => "forced",
            Self::BreakerOpen => "breaker_open",
            Self::Retry => "retry",
            Self::RetryAfter => "retry_after",
            Self::Renewed => "renewed",
            Self::FallBack => "fall_back",
            Self::FallBackAtOnce => "fall_back_at_once",
            Self::FallBackSooner => "fall_back_sooner",
            Self::NeedsPerson => "needs_person",
            Self::NoOtherWay => "no_other_way",
            Self::NoWay => "no_way",
            Self::FallbackOff => "fallback_off",
            Self::WouldDouble => "would_double",
            Self::BothFailed => "both_failed",
            Self::AirbyteFailed => "airbyte_failed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == text)
    }

    /// Nothing more is tried.
    pub const fn stops(self) -> bool {
        matches!(
            self,
            Self::NeedsPerson
                | Self::NoOtherWay
                | Self::NoWay
                | Self::FallbackOff
                | Self::WouldDouble
                | Self::BothFailed
                | Self::AirbyteFailed
        )
    }

    /// For people: what is done, and why.
    pub const fn label(self) -> &'static str {
        match self {
            Self::DirectFirst => "Directly first.",
            Self::OnlyDirect => "Directly: there is no other way to these rows.",
            Self::OnlyAirbyte => "Through Airbyte: there is no direct way to these rows.",
            Self::AirbyteFirst => "Through Airbyte first, as this connection is set.",
            Self::Forced => "Through Airbyte: a rehearsal, the direct way was left out.",
            Self::BreakerOpen => {
                "Through Airbyte: the source did not answer the direct way several times in a row, so it is left alone for a while."
            }
            Self::Retry => "Directly again, after a pause.",
            Self::RetryAfter => "Directly again, when the source allows it.",
            Self::Renewed => "Directly once more, with a renewed sign-in.",
            Self::FallBack => "Through Airbyte: the direct tries are used up.",
            Self::FallBackAtOnce => "Through Airbyte: trying directly again would not help.",
            Self::FallBackSooner => {
                "Through Airbyte: the source wants to be left alone for longer than this run waits."
            }
            Self::NeedsPerson => "Nothing more is tried: only a person can change this.",
            Self::NoOtherWay => "Nothing more is tried: there is no other way to these rows.",
            Self::NoWay => "Nothing is tried: no way to these rows is open here.",
            Self::FallbackOff => {
                "Nothing more is tried: the fallback is switched off for this connection."
            }
            Self::WouldDouble => {
                "Nothing else is tried: a table without a key is appended to, so another way would write its rows twice."
            }
            Self::BothFailed => "Nothing more is tried: both ways failed.",
            Self::AirbyteFailed => "Nothing more is tried: Airbyte failed.",
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
    /// Tries of the direct way, 1 to 10.
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
    /// The direct way is left alone until then.
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
