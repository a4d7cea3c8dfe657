//! Looking at the queue from outside: how much waits, what died, and a second chance for it.

use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, JobId};

/// How the queue stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Depth {
    /// Due and not started.
    pub waiting: i64,
    pub running: i64,
    pub dead: i64,
    /// How long the oldest due job has waited, in seconds.
    pub oldest_wait: Option<f64>,
}

/// A job that was given up.
#[derive(Debug, Clone)]
pub struct DeadJob {
    pub id: Uuid,
    pub kind: String,
    pub tenant: Option<Uuid>,
    pub attempt: i32,
    pub last_error: Option<String>,
    pub finished_at: Option<OffsetDateTime>,
}

pub async fn depth(pool: &PgPool) -> Result<Depth, Error> {
    Ok(sqlx::query_as!(
        Depth,
        r#"SELECT count(*) FILTER (WHERE state = 'queued' AND run_at <= now()) AS "waiting!",
                  count(*) FILTER (WHERE state = 'running') AS "running!",
                  count(*) FILTER (WHERE state = 'dead') AS "dead!",
                  extract(epoch FROM now() - min(run_at) FILTER (WHERE state = 'queued' AND run_at <= now()))::float8
                      AS oldest_wait
           FROM jobs
           WHERE state IN ('queued', 'running', 'dead')"#,
    )
    .fetch_one(pool)
    .await?)
}

/// The jobs given up last.
pub async fn dead(pool: &PgPool, limit: i64) -> Result<Vec<DeadJob>, Error> {
    Ok(sqlx::query_as!(
        DeadJob,
        "SELECT id, kind, tenant, attempt, last_error, finished_at
         FROM jobs
         WHERE state = 'dead'
         ORDER BY finished_at DESC
         LIMIT $1",
        limit,
    )
    .fetch_all(pool)
    .await?)
}

/// Gives a dead job its attempts back. False: it is not dead (any more), or an equal one waits already.
pub async fn requeue(conn: &mut PgConnection, id: JobId) -> Result<bool, Error> {
    let changed = sqlx::query!(
        "UPDATE jobs AS job
         SET state = 'queued', attempt = 0, run_at = now(), finished_at = NULL, cancel_requested = false
         WHERE id = $1
           AND state = 'dead'
           AND NOT EXISTS (
               SELECT 1
               FROM jobs AS equal
               WHERE equal.kind = job.kind
                 AND equal.tenant IS NOT DISTINCT FROM job.tenant
                 AND equal.dedup_key = job.dedup_key
                 AND equal.state IN ('queued', 'running'))",
        id.0,
    )
    .execute(conn)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// Removes jobs that ended longer ago than `age`; dead ones stay until somebody looked. Returns how many went.
pub async fn forget_over(pool: &PgPool, age: Duration) -> Result<u64, Error> {
    let gone = sqlx::query!(
        "DELETE FROM jobs
         WHERE state IN ('done', 'cancelled')
           AND finished_at < now() - make_interval(secs => $1)",
        age.as_secs_f64(),
    )
    .execute(pool)
    .await?;
    Ok(gone.rows_affected())
}
