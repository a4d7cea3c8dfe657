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

use super::sought::{self, Sought};
use crate::{Error, Hub, jobs, webhooks};

pub(crate) const JOB: &str = "cancel_left_job";
/// Between two questions whether that Airbyte is back …
const PAUSE: Duration = Duration::from_secs(30);
/// … which are asked for a week.
const ATTEMPTS: i32 = 7 * 24 * 60 * 2;
/// While it is not known whether there is a job, the question is put more often: a run may wait for the answer.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// What the person reads.
const KNOWN: &str = "Stopped on request. Airbyte does not answer at the moment: its job is cancelled there as soon as it does, and may bring rows until then. The next run waits for that.";
const UNKNOWN: &str = "Stopped on request. Airbyte was asked for a job and gave no answer: if there is one, it is cancelled as soon as it is found, and may bring rows until then. The next run waits for that.";

#[derive(Serialize, Deserialize)]
struct Payload {
    tenant: TenantId,
    run: RunId,
    /// `None`: it was asked for, and is to be found first.
    engine_job: Option<i64>,
}

/// Ends a run as cancelled, and has its job found, where it is not known, and cancelled in the background. One that is over
/// stays as it is.
pub(super) async fn leave(
    hub: &Hub,
    tx: &mut TenantTx,
    tenant: TenantId,
    work: &Work,
    engine_job: Option<i64>,
) -> Result<(), Error> {
    let now = hub.clock().now();
    let words = match engine_job {
        Some(_) => KNOWN,
        None => UNKNOWN,
    };
    let outcome = Outcome {
        problem: Some(words),
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
    engine_job: Option<i64>,
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
        tenant,
        run,
        engine_job,
    } = jobs::payload(job)?;
    let known = match engine_job {
        Some(known) => Some(known),
        None => found(hub, tenant, run).await?,
    };
    let Some(engine_job) = known else {
        return Ok(());
    };
    match hub.airbyte().cancel_job(engine_job).await {
        Ok(_) | Err(airbyte::Error::Conflict { .. } | airbyte::Error::NotFound { .. }) => {
            tracing::info!(run.id = %run, engine_job, "a job that a stopped run left is cancelled");
            Ok(())
        }
        Err(error) => Err(JobError::retry_after(error, PAUSE)),
    }
}

/// `None`: there is none.
async fn found(hub: &Hub, tenant: TenantId, run: RunId) -> Result<Option<i64>, JobError> {
    match sought::seek(hub, tenant, run).await {
        Ok(Sought::Job(job)) => Ok(Some(job)),
        Ok(Sought::Nothing) | Err(Error::NotFound) => Ok(None),
        Ok(Sought::NotYet) => Err(JobError::retry_after(
            "it is not known yet whether the job began",
            LOOK_AGAIN,
        )),
        Err(error) => Err(JobError::retry_after(error, PAUSE)),
    }
}
