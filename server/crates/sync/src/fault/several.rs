//! Several parts of one whole that failed: which failure decides what becomes of the whole, and what is said of the others.

use time::{Duration, OffsetDateTime};

use super::{Fault, Kind};
use crate::clock;

/// Everybody has patience for a pause that is no longer; for a longer one whoever ordered the run may have none.
const SHORT: Duration = Duration::minutes(2);
/// So many of the others are told of: each part that failed has said by itself why.
const MOST_TOLD: usize = 5;
/// The most of one failure's words, in characters.
const LONGEST_WORDS: usize = 300;
/// How connectors made with Airbyte's CDK begin the last failure they report: a summary of what each stream has said
/// before, and called a configuration error whatever that was.
const SUMMARY: &str = "During the sync, the following streams did not sync successfully";

/// What failed so far, in whichever order. What may pass is tried again before a person is asked: what only they can mend is
/// still there then. Yet it is said at once, because the rest may fail for as long as nobody mends it.
#[derive(Debug, Default)]
pub struct Failures {
    /// It decides.
    heard: Option<Fault>,
    /// Those that say something else: first what a person has to mend.
    others: Vec<Fault>,
}

impl Failures {
    pub fn is_empty(&self) -> bool {
        self.heard.is_none()
    }

    /// Whether a person, or the server stopping, asked for the end.
    pub fn is_cancelled(&self) -> bool {
        let heard = self.heard.as_ref();
        heard.is_some_and(|fault| fault.kind == Kind::Cancelled)
    }

    pub fn add(&mut self, fault: Fault) {
        self.add_at(fault, clock::utc());
    }

    /// Adds what failed elsewhere.
    pub fn join(&mut self, other: Self) {
        for fault in other.heard.into_iter().chain(other.others) {
            self.add(fault);
        }
    }

    fn add_at(&mut self, fault: Fault, now: OffsetDateTime) {
        let Some(before) = self.heard.take() else {
            self.heard = Some(fault);
            return;
        };
        let (mut heard, other) = if fault.kind.rank(now) < before.kind.rank(now) {
            (fault, before)
        } else {
            (before, fault)
        };
        heard.kind.agree_with(&other.kind, now);
        self.heard = Some(heard);
        self.keep(other);
    }

    fn keep(&mut self, other: Fault) {
        let mut told = self.heard.iter().chain(&self.others);
        if told.any(|told| told.says_as(&other)) {
            return;
        }
        self.others.push(other);
        self.others.sort_by_key(|fault| !fault.persons_can_mend());
        self.others.truncate(MOST_TOLD);
    }

    /// One fault for all of them; nothing where nothing failed.
    pub fn whole(self) -> Option<Fault> {
        let mut heard = self.heard?;
        if heard.kind == Kind::Cancelled {
            return Some(heard);
        }
        let mut others = self.others;
        others.retain(|other| !other.says_as(&heard));
        let Some(next) = others.first() else {
            return Some(heard);
        };
        if next.persons_can_mend() && !heard.needs_person() {
            let words = shorten(&next.message);
            // Where there is room for a single sentence, nobody sees the detail.
            heard.message = format!("{} What a person has to mend, too: {words}", heard.message);
        }
        let also = others
            .iter()
            .map(|other| format!("Also: {}", shorten(&other.to_string())));
        let lines: Vec<String> = heard.detail.take().into_iter().chain(also).collect();
        Some(heard.with_detail(lines.join("\n")))
    }
}

impl From<Fault> for Failures {
    fn from(fault: Fault) -> Self {
        Self {
            heard: Some(fault),
            others: Vec::new(),
        }
    }
}

impl Fault {
    /// Whether trying again is no use before a person has changed something.
    fn needs_person(&self) -> bool {
        matches!(
            self.kind,
            Kind::Credentials | Kind::Config | Kind::Forbidden | Kind::Data
        )
    }

    /// Whether a person of the workspace can change it: the sign-in, the settings or a right. Data that cannot be used needs
    /// somebody as well, but nobody here can mend it.
    fn persons_can_mend(&self) -> bool {
        let theirs = matches!(
            self.kind,
            Kind::Credentials | Kind::Config | Kind::Forbidden
        );
        theirs && !self.message.contains(SUMMARY)
    }

    fn says_as(&self, other: &Self) -> bool {
        self.message == other.message && self.needs_person() == other.needs_person()
    }
}

impl Kind {
    /// Which of several failures is heard, the smallest number first.
    ///
    /// A short pause comes before other failures that may pass: when it is over, all of them can be tried, and nobody is
    /// asked before it wants to be. A long one does not: it would keep everything else away for the sake of one part. A try
    /// before its end asks for that part in vain, which costs one request that is refused, while the others are read. When
    /// they are, the pause is all that is left to be heard, and says when to come back.
    fn rank(&self, now: OffsetDateTime) -> u8 {
        match self {
            // The rest did not fail: it was stopped.
            Self::Cancelled => 0,
            Self::RateLimited { .. } if !self.is_long(now) => 1,
            Self::Unreachable | Self::Timeout | Self::Upstream => 2,
            // A new token may be had at once.
            Self::Credentials => 3,
            Self::RateLimited { .. } => 4,
            // Another route may do what this one cannot.
            Self::Unsupported | Self::Bug => 5,
            Self::Config | Self::Forbidden | Self::Data => 6,
        }
    }

    fn is_long(&self, now: OffsetDateTime) -> bool {
        matches!(self, Self::RateLimited { until: Some(until) } if *until - now > SHORT)
    }

    /// Of two short pauses the longer one is kept: whoever comes back before it is over is refused once more. Of two long
    /// ones the shorter, as for everything that can be tried before a long one is over.
    fn agree_with(&mut self, other: &Self, now: OffsetDateTime) {
        if self.rank(now) != other.rank(now) {
            return;
        }
        let is_long = self.is_long(now);
        if let (Self::RateLimited { until }, Self::RateLimited { until: theirs }) = (self, other) {
            *until = if is_long {
                (*until).min(*theirs)
            } else {
                (*until).max(*theirs)
            };
        }
    }
}

fn shorten(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(LONGEST_WORDS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
