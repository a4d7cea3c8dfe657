//! Holding a job, and letting go of it: every statement checks the fence, so a stale holder changes nothing.

use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::{Error, JobId, claim::Claimed};

/// What a heartbeat found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beat {
    Held,
    HeldToCancel,
    Lost,
}

/// Locks the job's row for the caller's transaction if it is still ours; [`Error::LeaseLost`] otherwise.
pub async fn hold(conn: &mut PgConnection, id: JobId, fence: i64) -> Result<(), Error> {
    sqlx::query_scalar!(
        "SELECT id
         FROM jobs
         WHERE id = $1
           AND fence = $2
           AND state = 'running'
         FOR SHARE",
        id.0,
        fence,
    )
    .fetch_optional(conn)
    .await?
    .map(|_| ())
    .ok_or(Error::LeaseLost)
}

pub(crate) async fn beat(
    pool: &PgPool,
    job: &Claimed,
    lease: Duration,
) -> Result<Beat, sqlx::Error> {
    let cancel = sqlx::query_scalar!(
        "UPDATE jobs
         SET lease_until = now() + make_interval(secs => $3)
         WHERE id = $1
           AND fence = $2
           AND state = 'running'
         RETURNING cancel_requested",
        job.id,
        job.fence,
        lease.as_secs_f64(),
    )
    .fetch_optional(pool)
    .await?;
    Ok(match cancel {
        None => Beat::Lost,
        Some(true) => Beat::HeldToCancel,
        Some(false) => Beat::Held,
    })
}

/// How a job leaves the running state for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Done,
    Dead,
    Cancelled,
}

impl End {
    const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }
}

pub(crate) async fn finish(
    pool: &PgPool,
    id: Uuid,
    fence: i64,
    end: End,
    error: Option<&str>,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE jobs
         SET state = $3, finished_at = now(), last_error = COALESCE($4, last_error),
             lease_owner = NULL, lease_until = NULL
         WHERE id = $1
           AND fence = $2
           AND state = 'running'",
        id,
        fence,
        end.name(),
        error,
    )
    .execute(pool)
    .await?;
    held(changed.rows_affected())
}

/// Is the attempt that just ended counted?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempt {
    Counted,
    /// The process is leaving: the job did nothing wrong.
    GivenBack,
}

pub(crate) async fn put_back(
    pool: &PgPool,
    job: &Claimed,
    pause: Duration,
    attempt: Attempt,
    error: Option<&str>,
) -> Result<(), Error> {
    let given_back = i32::from(attempt == Attempt::GivenBack);
    let changed = sqlx::query!(
        "UPDATE jobs
         SET state = 'queued', run_at = now() + make_interval(secs => $3), attempt = attempt - $4,
             last_error = COALESCE($5, last_error), lease_owner = NULL, lease_until = NULL
         WHERE id = $1
           AND fence = $2
           AND state = 'running'",
        job.id,
        job.fence,
        pause.as_secs_f64(),
        given_back,
        error,
    )
    .execute(pool)
    .await?;
    held(changed.rows_affected())
}

fn held(changed: u64) -> Result<(), Error> {
    if changed == 1 {
        Ok(())
    } else {
        Err(Error::LeaseLost)
    }
}
