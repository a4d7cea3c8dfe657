//! What a run does next: which way it takes, when, or why it stops. Pure: everything it knows is handed in.
//!
//! Failures that may pass are tried again, then the other way is taken. What only a person can change stops the run.

pub(crate) mod class;
pub(crate) mod replay;

use std::time::Duration;

use model::{Class, Route, RoutePolicy, Rule};
use time::OffsetDateTime;

/// Before the second try; twice as long before each one after it.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// A source that wants to be left alone for longer than this is fetched through Airbyte instead, where that can be …
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);
/// … and after this nobody waits.
const LONGEST_PAUSE: Duration = Duration::from_mins(30);
/// However far each direct try comes, there are no more of them in one run.
const MOST_TRIES: usize = 100;

/// What a run can choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Is there a direct way?
    pub direct: Way,
    pub airbyte: Way,
    pub policy: RoutePolicy,
    pub start: Start,
    pub sign_in: SignIn,
    pub tables: Tables,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Open,
    /// Open, but left alone until then.
    Resting {
        until: OffsetDateTime,
    },
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At its time.
    AsUsual,
    /// Somebody wants the rows now. Where nobody else can be asked, a source that is left alone is asked all the same:
    /// whoever asks may have put right what was wrong.
    Asked,
    /// A rehearsal of the fallback.
    Forced,
}

/// What a refusal of the credentials may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// A token that has just ended: a new one can be had.
    Renewable,
    Fixed,
}

/// What the other way would do to the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tables {
    /// Rows have keys, or tables are replaced as a whole: nothing is doubled.
    Safe,
    /// Rows without a key are appended: each way, with a cursor of its own, would append them all.
    Appended,
}

/// A try that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tried {
    pub route: Route,
    pub class: Class,
    /// When the other side wants to be asked again.
    pub until: Option<OffsetDateTime>,
    /// It brought rows that need not be read again.
    pub advanced: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Use {
        route: Route,
        rule: Rule,
    },
    /// The same way again, later.
    RetryAt {
        route: Route,
        rule: Rule,
        at: OffsetDateTime,
    },
    Stop {
        rule: Rule,
    },
}

impl Next {
    pub fn rule(self) -> Rule {
        match self {
            Self::Use { rule, .. } | Self::RetryAt { rule, .. } | Self::Stop { rule } => rule,
        }
    }

    pub fn route(self) -> Option<Route> {
        match self {
            Self::Use { route, .. } | Self::RetryAt { route, .. } => Some(route),
            Self::Stop { .. } => None,
        }
    }
}

/// The next step after the tries so far, the oldest first. `jitter` is from 0 to 1 and spreads the pauses, so that many
/// runs do not come back at once.
pub fn next(plan: &Plan, history: &[Tried], now: OffsetDateTime, jitter: f64) -> Next {
    match history.last() {
        None => first(plan, now),
        Some(last) if last.route == Route::Airbyte => after_airbyte(plan, history),
        // It was asked because Airbyte could not, and once.
        Some(_) if went(history, Route::Airbyte) => Next::Stop {
            rule: Rule::BothFailed,
        },
        Some(last) => after_direct(plan, history, *last, now, jitter),
    }
}

fn first(plan: &Plan, now: OffsetDateTime) -> Next {
    let airbyte = |rule| Next::Use {
        route: Route::Airbyte,
        rule,
    };
    let direct = |rule| Next::Use {
        route: Route::Direct,
        rule,
    };
    let can_switch = plan.airbyte == Way::Open && plan.tables == Tables::Safe;
    match (plan.start, plan.direct, plan.airbyte) {
        (Start::Forced, _, Way::Closed) => Next::Stop {
            rule: Rule::NoOtherWay,
        },
        (Start::Forced, Way::Open | Way::Resting { .. }, _) if !can_switch => Next::Stop {
            rule: Rule::WouldDouble,
        },
        (Start::Forced, ..) => airbyte(Rule::Forced),
        (_, Way::Closed, Way::Closed) => Next::Stop { rule: Rule::NoWay },
        (_, Way::Closed, _) => airbyte(Rule::OnlyAirbyte),
        (_, _, Way::Open | Way::Resting { .. }) if plan.policy.first == Route::Airbyte => {
            airbyte(Rule::AirbyteFirst)
        }
        (_, Way::Resting { .. }, _) if can_switch && plan.policy.fallback => {
            airbyte(Rule::BreakerOpen)
        }
        (Start::AsUsual, Way::Resting { until }, _) => after_rest(until, now),
        (_, _, Way::Closed) => direct(Rule::OnlyDirect),
        _ => direct(Rule::DirectFirst),
    }
}

/// Nobody else can be asked: the source is waited for, unless that takes too long.
fn after_rest(until: OffsetDateTime, now: OffsetDateTime) -> Next {
    if until - now > LONGEST_PAUSE {
        return Next::Stop { rule: Rule::Rests };
    }
    Next::RetryAt {
        route: Route::Direct,
        rule: Rule::AfterRest,
        at: until,
    }
}

/// Airbyte has tried several times by itself. Where it cannot run at all, a source that was only left alone is asked for whoever
/// waits.
fn after_airbyte(plan: &Plan, history: &[Tried]) -> Next {
    let went_direct = went(history, Route::Direct);
    let is_left_alone = matches!(plan.direct, Way::Resting { .. })
        && plan.start == Start::Asked
        && plan.policy.first == Route::Direct;
    let cannot = history
        .last()
        .is_some_and(|last| last.class == Class::Broken);
    if is_left_alone && cannot && !went_direct {
        return Next::Use {
            route: Route::Direct,
            rule: Rule::OnlyDirect,
        };
    }
    Next::Stop {
        rule: if went_direct {
            Rule::BothFailed
        } else {
            Rule::AirbyteFailed
        },
    }
}

fn went(history: &[Tried], route: Route) -> bool {
    history.iter().any(|tried| tried.route == route)
}

fn after_direct(
    plan: &Plan,
    history: &[Tried],
    last: Tried,
    now: OffsetDateTime,
    jitter: f64,
) -> Next {
    match last.class {
        Class::Config | Class::Validation | Class::Forbidden => Next::Stop {
            rule: Rule::NeedsPerson,
        },
        Class::Auth if plan.sign_in == SignIn::Renewable && may_renew(history) => Next::RetryAt {
            route: Route::Direct,
            rule: Rule::Renewed,
            at: now,
        },
        Class::Auth | Class::Broken => fall_back(plan, Rule::FallBackAtOnce),
        Class::Network | Class::Timeout | Class::RateLimited | Class::Upstream => {
            again(plan, history, last, now, jitter)
        }
    }
}

/// Whether a new token may help against the refusal that was last: it is the only one since a try came further, that try's own
/// included. Where the renewed token was refused before it brought anything, another one would not help either.
fn may_renew(history: &[Tried]) -> bool {
    let further = history.iter().rposition(|tried| tried.advanced);
    let since = history.iter().skip(further.unwrap_or(0));
    let refusals = since.filter(|tried| tried.class == Class::Auth);
    history.len() < MOST_TRIES && refusals.count() == 1
}

/// Once more after a pause, as long as tries are left and the pause is not too long.
fn again(plan: &Plan, history: &[Tried], last: Tried, now: OffsetDateTime, jitter: f64) -> Next {
    let tries = counted(history);
    if tries >= usize::from(plan.policy.attempts) || history.len() >= MOST_TRIES {
        return fall_back(plan, Rule::FallBack);
    }
    let own = now + pause(tries, jitter);
    let (at, rule) = match last.until {
        Some(until) if until > own => (until, Rule::RetryAfter),
        _ => (own, Rule::Retry),
    };
    let wait = at - now;
    let other = fall_back(plan, Rule::FallBackSooner);
    if wait > LONGEST_PAUSE || (wait > PATIENCE && matches!(other, Next::Use { .. })) {
        return other;
    }
    Next::RetryAt {
        route: Route::Direct,
        rule,
        at,
    }
}

/// The tries that count. One that came further is no reason to give the way up, however often the source wants a pause; nor is
/// one whose token was refused: another try follows it only with a renewed one, and how often is for [`may_renew`] to say.
fn counted(history: &[Tried]) -> usize {
    let counts = |tried: &&Tried| !tried.advanced && tried.class != Class::Auth;
    history.iter().filter(counts).count()
}

/// Between half of the pause and all of it.
fn pause(tries: usize, jitter: f64) -> Duration {
    let doublings = u32::try_from(tries.saturating_sub(1))
        .unwrap_or(u32::MAX)
        .min(8);
    (FIRST_PAUSE * 2_u32.pow(doublings)).mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
}

fn fall_back(plan: &Plan, rule: Rule) -> Next {
    let stop = |rule| Next::Stop { rule };
    if plan.airbyte == Way::Closed {
        return stop(Rule::NoOtherWay);
    }
    if !plan.policy.fallback {
        return stop(Rule::FallbackOff);
    }
    if plan.tables == Tables::Appended {
        return stop(Rule::WouldDouble);
    }
    Next::Use {
        route: Route::Airbyte,
        rule,
    }
}

#[cfg(test)]
mod tests;
