//! What a job's handler reports, and what the queue itself can fail with.

use std::{fmt, time::Duration};

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a handler ended without success, and what should happen next.
#[derive(Debug)]
pub struct JobError {
    pub(crate) next: Next,
    pub(crate) cause: Cause,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Retry { after: Option<Duration> },
    GiveUp,
}

impl JobError {
    /// Try again after a growing pause, while attempts are left.
    pub fn retry(cause: impl Into<Cause>) -> Self {
        Self {
            next: Next::Retry { after: None },
            cause: cause.into(),
        }
    }

    /// Try again after this pause, because the other side asked for it.
    pub fn retry_after(cause: impl Into<Cause>, after: Duration) -> Self {
        Self {
            next: Next::Retry { after: Some(after) },
            cause: cause.into(),
        }
    }

    /// Trying again would change nothing.
    pub fn fail(cause: impl Into<Cause>) -> Self {
        Self {
            next: Next::GiveUp,
            cause: cause.into(),
        }
    }
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.cause)?;
        let mut source = self.cause.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

/// The queue's own failures.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else holds the job now: stop, and write nothing more.
    #[error("the job has been taken over by another worker")]
    LeaseLost,
    #[error("the queue's database failed")]
    Database(#[from] sqlx::Error),
}

/// Did the database restart, or the line to it break? What was under way is worth another attempt.
pub fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => true,
        // Connection exceptions (08…), and an operator's or a crash's shutdown.
        sqlx::Error::Database(cause) => cause.code().is_some_and(|code| {
            code.starts_with("08") || matches!(&*code, "57P01" | "57P02" | "57P03")
        }),
        _ => false,
    }
}
