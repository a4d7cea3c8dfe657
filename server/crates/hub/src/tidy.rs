//! Removing what nobody can use any more: expired codes and tokens, old counters, finished jobs, ended sessions.

use std::time::Duration;

use queue::{JobContext, JobError, Worker};
use store::{accounts, rate_limits, sessions};

use crate::{Error, Hub};

const JOB: &str = "tidy";
const EVERY: Duration = Duration::from_hours(1);
/// Longest window of any counter, with room.
const COUNTERS_KEPT: Duration = Duration::from_hours(24);
const JOBS_KEPT: Duration = Duration::from_hours(7 * 24);

pub(crate) fn register(hub: &Hub, worker: &mut Worker) {
    let hub = hub.clone();
    worker.register(JOB, move |_: JobContext| {
        let hub = hub.clone();
        async move { tidy(&hub).await.map_err(JobError::retry) }
    });
    worker.every(JOB, EVERY);
}

async fn tidy(hub: &Hub) -> Result<(), Error> {
    let (pool, now) = (&hub.store().pool, hub.clock().now());
    let mut conn = pool.acquire().await?;
    let claims = accounts::forget_expired(&mut conn, now).await?;
    let sessions = sessions::forget_expired(&mut conn, now).await?;
    drop(conn);
    let counters = rate_limits::forget(pool, now - COUNTERS_KEPT).await?;
    let jobs = queue::forget_over(pool, JOBS_KEPT).await?;
    tracing::debug!(
        claims,
        sessions,
        counters,
        jobs,
        "what nobody can use any more was removed"
    );
    Ok(())
}
