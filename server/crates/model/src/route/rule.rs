//! Rules: what a run does next, and why, in words for people.

use serde::{Deserialize, Serialize};

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
    /// The direct way failed too often lately, or the source asked for a pause: it is left alone.
    BreakerOpen,
    /// The same where no other way may be taken: tried when that is over.
    AfterRest,
    /// Tried again after a pause.
    Retry,
    /// Tried again when the pause is over that the source asked for.
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
    /// The direct way is left alone for longer than a run waits, and no other one may be taken.
    Rests,
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
    pub const ALL: [Self; 21] = [
        Self::DirectFirst,
        Self::OnlyDirect,
        Self::OnlyAirbyte,
        Self::AirbyteFirst,
        Self::Forced,
        Self::BreakerOpen,
        Self::AfterRest,
        Self::Retry,
        Self::RetryAfter,
        Self::Renewed,
        Self::FallBack,
        Self::FallBackAtOnce,
        Self::FallBackSooner,
        Self::NeedsPerson,
        Self::NoOtherWay,
        Self::NoWay,
        Self::Rests,
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
            Self::AfterRest => "after_rest",
            Self::Retry => "retry",
            Self::RetryAfter => "retry_after",
            Self::Renewed => "renewed",
            Self::FallBack => "fall_back",
            Self::FallBackAtOnce => "fall_back_at_once",
            Self::FallBackSooner => "fall_back_sooner",
            Self::NeedsPerson => "needs_person",
            Self::NoOtherWay => "no_other_way",
            Self::NoWay => "no_way",
            Self::Rests => "rests",
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
                | Self::Rests
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
                "Through Airbyte: the direct way is left alone for a while, because the source failed several times in a row or asked for a pause."
            }
            Self::AfterRest => {
                "Directly, when the source has been left alone for a while: it failed several times in a row or asked for a pause, and this run has no other way."
            }
            Self::Retry => "Directly again, after a pause.",
            Self::RetryAfter => "Directly again, when the pause that the source asked for is over.",
            Self::Renewed => "Directly once more, with a renewed sign-in.",
            Self::FallBack => "Through Airbyte: the direct tries are used up.",
            Self::FallBackAtOnce => "Through Airbyte: trying directly again would not help.",
            Self::FallBackSooner => {
                "Through Airbyte: the source wants to be left alone for longer than this run waits."
            }
            Self::NeedsPerson => "Nothing more is tried: only a person can change this.",
            Self::NoOtherWay => "Nothing more is tried: there is no other way to these rows.",
            Self::NoWay => "Nothing is tried: no way to these rows is open here.",
            Self::Rests => {
                "Nothing is tried: the source failed several times in a row or asked for a pause, so it is left alone for longer than a run waits, and this run has no other way."
            }
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
