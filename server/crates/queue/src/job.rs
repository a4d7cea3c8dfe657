//! A job as it is put in and as its handler sees it.

use std::fmt;

use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{Error, hold};

/// Names one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JobId(pub Uuid);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What to enqueue.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub kind: &'static str,
    /// Whom it works for: jobs of one tenant do not crowd out the others'.
    pub tenant: Option<Uuid>,
    /// Ids only.
    pub payload: Value,
    /// While an equal job (tenant, kind, key) is queued or running, another one is not added.
    pub dedup_key: Option<String>,
    /// Not before then; `None` is at once.
    pub run_at: Option<OffsetDateTime>,
    pub max_attempts: i32,
    /// Smaller runs first.
    pub priority: i16,
}

impl NewJob {
    /// A job that runs at once, five attempts, normal priority.
    pub fn new(kind: &'static str, payload: Value) -> Self {
        Self {
            kind,
            tenant: None,
            payload,
            dedup_key: None,
            run_at: None,
            max_attempts: 5,
            priority: 0,
        }
    }

    #[must_use]
    pub fn tenant(self, tenant: Uuid) -> Self {
        Self {
            tenant: Some(tenant),
            ..self
        }
    }

    #[must_use]
    pub fn dedup(self, key: impl Into<String>) -> Self {
        Self {
            dedup_key: Some(key.into()),
            ..self
        }
    }
}

/// What a handler gets.
#[derive(Debug, Clone)]
pub struct JobContext {
    pub id: JobId,
    pub kind: String,
    pub tenant: Option<Uuid>,
    pub payload: Value,
    /// 1 at first.
    pub attempt: i32,
    pub max_attempts: i32,
    /// Grows with every claim. Every transaction with effects calls [`JobContext::hold`] first.
    pub fence: i64,
    /// Set when a person asked to stop, the process drains or the lease is lost.
    pub cancelled: CancellationToken,
}

impl JobContext {
    /// Is this the last attempt that a retry would get?
    pub fn is_last_attempt(&self) -> bool {
        self.attempt >= self.max_attempts
    }

    /// Keeps the job ours until the transaction ends, or says that it is not ours any more.
    pub async fn hold(&self, conn: &mut PgConnection) -> Result<(), Error> {
        hold(conn, self.id, self.fence).await
    }
}
