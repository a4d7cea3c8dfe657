//! Why moving data stopped, named for what the caller can do about it.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A failure, told for a person: what happened and what helps; the connector's own words aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    #[serde(flatten)]
    pub kind: Kind,
    /// Plain words for a person.
    pub message: String,
    /// The other side's own words, secrets removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The form field to blame: a path with dots into the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The stream it happened in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
}

/// What the caller can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Kind {
    /// The credentials were refused: a person must renew them.
    Credentials,
    /// The configuration is wrong: a person must change it.
    Config,
    /// Known, but not allowed: a right is missing, or a rule of this server forbids it.
    Forbidden,
    /// Too many calls: wait.
    RateLimited {
        #[serde(
            default,
            with = "time::serde::rfc3339::option",
            skip_serializing_if = "Option::is_none"
        )]
        until: Option<OffsetDateTime>,
    },
    /// No answer, or no way there: try later.
    Unreachable,
    /// It took longer than allowed.
    Timeout,
    /// This route cannot do it: another one may.
    Unsupported,
    /// The other side failed: try later.
    Upstream,
    /// The data itself cannot be used as it is.
    Data,
    /// A person, or the server stopping, asked for the end.
    Cancelled,
    /// A broken promise on our side or the connector's.
    Bug,
}

impl Fault {
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            detail: None,
            field: None,
            stream: None,
        }
    }

    pub fn credentials(message: impl Into<String>) -> Self {
        Self::new(Kind::Credentials, message)
    }

    pub fn config(message: impl Into<String>) -> Self {
        Self::new(Kind::Config, message)
    }

    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(Kind::Forbidden, message)
    }

    pub fn unreachable(message: impl Into<String>) -> Self {
        Self::new(Kind::Unreachable, message)
    }

    pub fn timeout(message: impl Into<String>) -> Self {
        Self::new(Kind::Timeout, message)
    }

    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(Kind::Unsupported, message)
    }

    pub fn upstream(message: impl Into<String>) -> Self {
        Self::new(Kind::Upstream, message)
    }

    pub fn data(message: impl Into<String>) -> Self {
        Self::new(Kind::Data, message)
    }

    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(Kind::Bug, message)
    }

    pub fn cancelled() -> Self {
        Self::new(Kind::Cancelled, "Stopped on request.")
    }

    /// The other side's own words. The caller has removed secrets from them.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The other side's words, unless better ones are there.
    #[must_use]
    pub fn or_detail(mut self, detail: Option<String>) -> Self {
        self.detail = self.detail.or(detail);
        self
    }

    /// The form field to blame.
    #[must_use]
    pub fn at_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The stream it happened in.
    #[must_use]
    pub fn in_stream(mut self, stream: impl Into<String>) -> Self {
        self.stream = Some(stream.into());
        self
    }

    /// Of two parts of one whole that failed, the one that decides what becomes of the whole. What may pass is tried again
    /// before a person is asked: what only they can mend is still there then, and is told when nothing else is left.
    #[must_use]
    pub fn beside(self, other: Self) -> Self {
        let until = self.kind.until().max(other.kind.until());
        let mut first = if other.kind.rank() < self.kind.rank() {
            other
        } else {
            self
        };
        if let Kind::RateLimited { until: told } = &mut first.kind {
            // Whoever comes back before the last of them is ready is refused once more.
            *told = until;
        }
        first
    }

    /// Whether trying again later may help without a person.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            Kind::RateLimited { .. } | Kind::Unreachable | Kind::Timeout | Kind::Upstream
        )
    }
}

impl Kind {
    /// Which of several failures is heard, the smallest number first.
    const fn rank(&self) -> u8 {
        match self {
            // The rest did not fail: it was stopped.
            Self::Cancelled => 0,
            // It alone can say when to come back.
            Self::RateLimited { .. } => 1,
            Self::Unreachable | Self::Timeout | Self::Upstream => 2,
            // A new token may be had; another route may do what this one cannot.
            Self::Credentials => 3,
            Self::Unsupported | Self::Bug => 4,
            Self::Config | Self::Forbidden | Self::Data => 5,
        }
    }

    const fn until(&self) -> Option<OffsetDateTime> {
        match self {
            Self::RateLimited { until } => *until,
            Self::Credentials
            | Self::Config
            | Self::Forbidden
            | Self::Unreachable
            | Self::Timeout
            | Self::Unsupported
            | Self::Upstream
            | Self::Data
            | Self::Cancelled
            | Self::Bug => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whichever of them failed first.
    fn both(one: &Kind, other: &Kind) -> [Kind; 2] {
        let fault = |kind: &Kind| Fault::new(kind.clone(), "No.");
        [
            fault(one).beside(fault(other)).kind,
            fault(other).beside(fault(one)).kind,
        ]
    }

    #[test]
    fn what_may_pass_is_heard_before_what_needs_a_person() {
        let limited = Kind::RateLimited { until: None };
        let in_order = [
            Kind::Cancelled,
            limited,
            Kind::Upstream,
            Kind::Credentials,
            Kind::Bug,
            Kind::Forbidden,
        ];
        for (at, heard) in in_order.iter().enumerate() {
            for other in &in_order[at..] {
                let kinds = both(heard, other);
                assert_eq!(kinds, [heard.clone(), heard.clone()], "{other:?}");
            }
        }
    }

    #[test]
    fn nobody_comes_back_before_the_last_of_them_is_ready() {
        let at = |seconds: i64| {
            let moment = OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(seconds);
            Kind::RateLimited {
                until: Some(moment),
            }
        };
        assert_eq!(both(&at(10), &at(60)), [at(60), at(60)]);
        let open = Kind::RateLimited { until: None };
        assert_eq!(both(&open, &at(60)), [at(60), at(60)]);
    }

    #[test]
    fn of_equals_the_first_is_heard() {
        let [first, second] = ["One.", "Two."].map(Fault::upstream);
        assert_eq!(first.clone().beside(second), first);
    }
}
