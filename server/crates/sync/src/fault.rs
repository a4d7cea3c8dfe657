//! Why moving data stopped, named for what the caller can do about it.

mod several;

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

pub use several::Failures;

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

    /// Whether trying again later may help without a person.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            Kind::RateLimited { .. } | Kind::Unreachable | Kind::Timeout | Kind::Upstream
        )
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
