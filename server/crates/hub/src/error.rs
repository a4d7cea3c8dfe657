//! How a use case ends when it does not succeed. Mapped to HTTP in two places and nowhere else.

use std::time::Duration;

use model::FieldError;

/// Named for what the caller can do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not exist, or belongs to somebody else: the answer does not tell which.
    #[error("there is nothing here")]
    NotFound,
    /// The caller is known but may not do this.
    #[error("{why}")]
    Denied { why: String },
    /// What was typed is wrong, field by field.
    #[error("{}", .0.first().map_or("what was sent is not valid", |first| first.detail.as_str()))]
    Invalid(Vec<FieldError>),
    /// It can't be done in the state things are in; the text says why.
    #[error("{0}")]
    Conflict(String),
    #[error("too many attempts; wait {} s", .retry_after.as_secs())]
    TooMany { retry_after: Duration },
    /// Something we depend on failed; the text says what and what to do.
    #[error("{0}")]
    Upstream(String),
    /// A fault of ours. Logged where it is handled, never shown.
    #[error("something broke on our side")]
    Internal(#[source] anyhow::Error),
}

impl Error {
    pub fn denied(why: impl Into<String>) -> Self {
        Self::Denied { why: why.into() }
    }

    pub fn conflict(what: impl Into<String>) -> Self {
        Self::Conflict(what.into())
    }

    /// One wrong field.
    pub fn field(name: &str, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(name, detail)])
    }

    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::Internal(cause.into())
    }
}

impl From<FieldError> for Error {
    fn from(error: FieldError) -> Self {
        Self::Invalid(vec![error])
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound => Self::NotFound,
            store::Error::Conflict { .. } => {
                Self::Conflict("Something else has this name or key already.".to_owned())
            }
            store::Error::Stale => Self::Conflict(
                "It was changed meanwhile. Reload the page and try again.".to_owned(),
            ),
            store::Error::NoKey => Self::Conflict(
                "The workspace is still being prepared. Try again in a moment.".to_owned(),
            ),
            other => Self::internal(other),
        }
    }
}

impl From<queue::Error> for Error {
    fn from(error: queue::Error) -> Self {
        Self::internal(error)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::internal(error)
    }
}
