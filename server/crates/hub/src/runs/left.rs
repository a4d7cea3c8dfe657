//! Jobs that stopped runs left at an Airbyte elsewhere, because it did not answer: for the person the run is over at once, and
//! the job is cancelled there as soon as that Airbyte answers.

use std::time::Duration;

use model::{RunId, RunState, TenantId};
use queue::{JobContext, JobError, NewJob};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use store::{
    TenantTx,
    decisions::{self, Came},
    ids::Id,
    runs::{self, Outcome, Work},
};

use crate::{Error, Hub, jobs, webhooks};

pub(crate) const JOB: &str = "cancel_left_job";
/// Between two questions whether that Airbyte is back …
const PAUSE: Duration = Duration::from_secs(30);
/// … which are asked for a week.
const ATTEMPTS: i32 = 7 * 24 * 60 * 2;
/// What the person reads.
const WORDS: &str = "Stopped on request. Airbyte does not answer at the moment: its job is cancelled there as soon as it does, and may bring rows until then. The next run waits for that.";

#[derive(Serialize, Deserialize)]
struct Payload {
    tenant: TenantId,
    run: RunId,
    engine_job: i64,
}

/// Ends a run as cancelled, and has its job cancelled in the background. One that is over stays as it is.
pub(super) async fn leave(
    hub: &Hub,
    tx: &mut TenantTx,
    tenant: TenantId,
    work: &Work,
    engine_job: i64,
) -> Result<(), Error> {
    let now = hub.clock().now();
    let outcome = Outcome {
        problem: Some(WORDS),
        ..Outcome::default()
    };
    match runs::finish(tx, tenant, work.id, RunState::Cancelled, &outcome, now).await {
        Err(store::Error::Stale) => return Ok(()),
        other => other?,
    }
    settle(tx, tenant, work.id, now).await?;
    webhooks::after_run(tx, tenant, work.connection).await?;
    enqueue(tx, tenant, work.id, engine_job).await
}

/// Its receipts and its last try end as they are.
async fn settle(
    conn: &mut PgConnection,
    tenant: TenantId,
    run: RunId,
    now: time::OffsetDateTime,
) -> Result<(), Error> {
    let mut came = Came::default();
    for mut receipt in runs::receipts(conn, tenant, run).await? {
        came.rows_read += receipt.rows_read;
        came.rows_written += receipt.rows_written;
        came.bytes += receipt.bytes;
        if !receipt.state.is_over() {
            receipt.state = RunState::Cancelled;
            runs::put_receipt(conn, tenant, run, &receipt).await?;
        }
    }
    let steps = decisions::list(conn, tenant, run).await?;
    let open = steps.last().filter(|step| step.finished_at.is_none());
    if let Some(step) = open {
        decisions::finish(conn, tenant, run, step.n, &came, now).await?;
    }
    Ok(())
}

async fn enqueue(
    conn: &mut PgConnection,
    tenant: TenantId,
    run: RunId,
    engine_job: i64,
) -> Result<(), Error> {
    let payload = Payload {
        tenant,
        run,
        engine_job,
    };
    let payload = serde_json::to_value(payload).expect("ids are always JSON");
    let job = NewJob {
        max_attempts: ATTEMPTS,
        ..NewJob::new(JOB, payload)
    };
    queue::enqueue(conn, job.tenant(tenant.uuid()).dedup(run.to_string())).await?;
    Ok(())
}

/// The job: over already, or gone, is as good as cancelled.
pub(crate) async fn run(hub: &Hub, job: &JobContext) -> Result<(), JobError> {
    let Payload {
        run, engine_job, ..
    } = jobs::payload(job)?;
    match hub.airbyte().cancel_job(engine_job).await {
        Ok(_) | Err(airbyte::Error::Conflict { .. } | airbyte::Error::NotFound { .. }) => {
            tracing::info!(run.id = %run, engine_job, "a job that a stopped run left is cancelled");
            Ok(())
        }
        Err(error) => Err(JobError::retry_after(error, PAUSE)),
    }
}
