//! Taking the next job, fairly between tenants.

use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use crate::WorkerOptions;

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

/// The next due job of these kinds, or one whose holder has gone silent; none of a tenant that has its full share.
pub(crate) async fn claim(
    pool: &PgPool,
    kinds: &[String],
    options: &WorkerOptions,
) -> Result<Option<Claimed>, sqlx::Error> {
    let share = options
        .per_tenant
        .map(|most| i64::try_from(most).unwrap_or(i64::MAX));
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
                 AND ($5::bigint IS NULL OR job.tenant IS NULL OR $5 > (
                     SELECT count(*)
                     FROM jobs AS busy
                     WHERE busy.state = 'running'
                       AND busy.lease_until >= now()
                       AND busy.tenant = job.tenant
                       AND busy.kind = ANY($1)))
               ORDER BY job.priority,
                        -- the tenant with the fewest running jobs goes first
                        (SELECT count(*) FROM jobs AS busy WHERE busy.state = 'running' AND busy.tenant = job.tenant),
                        job.run_at,
                        job.id
               FOR UPDATE SKIP LOCKED
               LIMIT 1)
           RETURNING id, kind, tenant, payload, attempt, max_attempts, fence, cancel_requested"#,
        kinds,
        options.owner,
        options.lease.as_secs_f64(),
        GIVE_UP_TRIES,
        share,
    )
    .fetch_optional(pool)
    .await
}
