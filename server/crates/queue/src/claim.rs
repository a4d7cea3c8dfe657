//! Taking the next job, fairly between tenants.

use std::time::Duration;

use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

/// How often a job that kills its worker on the last attempt is still picked up to be given up.
const GIVE_UP_TRIES: i32 = 3;

/// A job that is ours until its lease runs out.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub id: Uuid,
    pub kind: String,
    pub tenant: Option<Uuid>,
    pub payload: Value,
    pub attempt: i32,
    pub max_attempts: i32,
    pub fence: i64,
    pub cancel_requested: bool,
}

/// The next due job of these kinds, or one whose holder has gone silent.
pub(crate) async fn claim(
    pool: &PgPool,
    kinds: &[String],
    owner: &str,
    lease: Duration,
) -> Result<Option<Claimed>, sqlx::Error> {
    sqlx::query_as!(
        Claimed,
        r#"UPDATE jobs
           SET state = 'running',
               attempt = attempt + 1,
               fence = fence + 1,
               lease_owner = $2,
               lease_until = now() + make_interval(secs => $3)
           WHERE id = (
               SELECT job.id
               FROM jobs AS job
               WHERE job.kind = ANY($1)
                 AND ((job.state = 'queued' AND job.run_at <= now())
                   OR (job.state = 'running' AND job.lease_until < now()
                       AND job.attempt < job.max_attempts + $4))
               ORDER BY job.priority,
                        -- the tenant with the fewest running jobs goes first
                        (SELECT count(*) FROM jobs AS busy WHERE busy.state = 'running' AND busy.tenant = job.tenant),
                        job.run_at,
                        job.id
               FOR UPDATE SKIP LOCKED
               LIMIT 1)
           RETURNING id, kind, tenant, payload, attempt, max_attempts, fence, cancel_requested"#,
        kinds,
        owner,
        lease.as_secs_f64(),
        GIVE_UP_TRIES,
    )
    .fetch_optional(pool)
    .await
}
