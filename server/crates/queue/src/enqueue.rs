//! Putting jobs in and taking them back.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Error, JobId, NewJob};

/// What asking a job to stop came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// It had not started and never will.
    Removed,
    /// It runs; its handler was told.
    Asked,
    /// It was over already, or never existed.
    Over,
}

/// Adds the job in the caller's transaction. `None`: an equal one is queued or running.
pub async fn enqueue(conn: &mut PgConnection, job: NewJob) -> Result<Option<JobId>, Error> {
    let added = sqlx::query_scalar!(
        "INSERT INTO jobs (id, kind, tenant, payload, dedup_key, run_at, max_attempts, priority)
         VALUES ($1, $2, $3, $4, $5, COALESCE($6, now()), $7, $8)
         ON CONFLICT DO NOTHING
         RETURNING id",
        Uuid::now_v7(),
        job.kind,
        job.tenant,
        job.payload,
        job.dedup_key,
        job.run_at,
        job.max_attempts,
        job.priority,
    )
    .fetch_optional(&mut *conn)
    .await?;
    if added.is_some() {
        // Only wakes idle workers; polling finds the job anyway.
        sqlx::query!("SELECT pg_notify('queue_wake', $1)", job.kind)
            .execute(conn)
            .await?;
    }
    Ok(added.map(JobId))
}

/// Asks one job to stop.
pub async fn cancel(conn: &mut PgConnection, id: JobId) -> Result<Cancelled, Error> {
    let before = sqlx::query_scalar!(
        r#"UPDATE jobs
           SET cancel_requested = true,
               state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END,
               finished_at = CASE state WHEN 'queued' THEN now() END
           WHERE id = $1
             AND state IN ('queued', 'running')
           RETURNING state"#,
        id.0,
    )
    .fetch_optional(&mut *conn)
    .await?;
    match before.as_deref() {
        None => Ok(Cancelled::Over),
        Some("cancelled") => Ok(Cancelled::Removed),
        Some(_) => {
            sqlx::query!("SELECT pg_notify('queue_cancel', $1)", id.to_string())
                .execute(conn)
                .await?;
            Ok(Cancelled::Asked)
        }
    }
}

/// Asks every job of a tenant but this one to stop, and takes those back that have not started; returns how many.
pub async fn cancel_others(
    conn: &mut PgConnection,
    tenant: Uuid,
    keep: JobId,
) -> Result<usize, Error> {
    let ids = sqlx::query_scalar!(
        "SELECT id
         FROM jobs
         WHERE tenant = $1
           AND id <> $2
           AND state IN ('queued', 'running')",
        tenant,
        keep.0,
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut stopped = 0;
    for id in ids {
        if cancel(conn, JobId(id)).await? != Cancelled::Over {
            stopped += 1;
        }
    }
    Ok(stopped)
}
