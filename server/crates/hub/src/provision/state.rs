//! Suspending and resuming as a job: logins, caches and syncs follow the tenant's state, whatever happens in between.

use airbyte::api::{JobFilter, JobStatus};
use model::{StepName, TenantId, TenantState};
use queue::{JobContext, JobError, NewJob, Worker};
use sqlx::PgConnection;
use store::tenants;

use super::{about, database_refused, destination, tenant_of, workspace};
use crate::{Error, Hub};

const JOB: &str = "apply_tenant_state";
/// More runs than a tenant ever has on their way.
const MOST_RUNS: usize = 1000;

pub(super) fn register(hub: &Hub, worker: &mut Worker) {
    let hub = hub.clone();
    worker.register(JOB, move |job: JobContext| {
        let hub = hub.clone();
        async move {
            let tenant = tenant_of(&job)?;
            apply(&hub, tenant).await.map_err(JobError::retry)
        }
    });
}

/// Enqueues it in the transaction that changes the state.
pub(crate) async fn enqueue(conn: &mut PgConnection, tenant: TenantId) -> Result<(), Error> {
    let job = NewJob {
        // Two changes in a row are two jobs: the second must not be swallowed by the first that runs.
        dedup_key: None,
        max_attempts: 10,
        priority: -20,
        ..about(JOB, tenant)
    };
    queue::enqueue(conn, job).await?;
    Ok(())
}

async fn apply(hub: &Hub, tenant: TenantId) -> Result<(), Error> {
    let state = {
        let mut tx = hub.store().tenant(tenant).await?;
        tenants::get(&mut tx, tenant).await?.state
    };
    match state {
        TenantState::Suspended => suspend(hub, tenant).await,
        TenantState::Active => resume(hub, tenant).await,
        _ => Ok(()),
    }
}

/// Runs first, so that they end as cancelled and not as broken; then the doors.
async fn suspend(hub: &Hub, tenant: TenantId) -> Result<(), Error> {
    cancel_runs(hub, tenant).await?;
    let ended = hub
        .tenant_db()
        .functions()
        .suspend(tenant)
        .await
        .map_err(database_refused)?;
    if let Some(redis) = hub.redis() {
        redis.suspend(tenant).await?;
    }
    tracing::info!(tenant.id = %tenant, ended, "a tenant was suspended");
    Ok(())
}

async fn resume(hub: &Hub, tenant: TenantId) -> Result<(), Error> {
    hub.tenant_db()
        .functions()
        .resume(tenant)
        .await
        .map_err(database_refused)?;
    if let Some(redis) = hub.redis() {
        redis.resume(tenant).await?;
    }
    Ok(())
}

/// Cancels everything the engine has on its way for the tenant.
pub(super) async fn cancel_runs(hub: &Hub, tenant: TenantId) -> Result<(), Error> {
    let Some(place) = destination::id_of(hub, tenant, StepName::Workspace).await? else {
        return Ok(());
    };
    let theirs = workspace::connections_in(hub, tenant, place).await?;
    for status in [
        JobStatus::Pending,
        JobStatus::Queued,
        JobStatus::Running,
        JobStatus::Incomplete,
    ] {
        let filter = JobFilter {
            workspace_id: Some(place),
            status: Some(status),
            ..JobFilter::default()
        };
        let jobs = match hub.airbyte().jobs(&filter, MOST_RUNS).await {
            Err(airbyte::Error::NotFound { .. }) => return Ok(()),
            other => other.map_err(destination::engine_refused)?,
        };
        for job in jobs
            .iter()
            .filter(|job| theirs.contains(&job.connection_id))
        {
            match hub.airbyte().cancel_job(job.job_id).await {
                // It ended while we asked.
                Ok(_) | Err(airbyte::Error::NotFound { .. } | airbyte::Error::Conflict { .. }) => {}
                Err(error) => return Err(destination::engine_refused(error)),
            }
        }
    }
    Ok(())
}
