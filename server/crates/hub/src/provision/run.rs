//! The job: goes through the steps that are not settled, records each, and opens the tenant at the end.

use model::{StepName, StepState, TenantId, TenantState};
use queue::{JobContext, JobError};
use sqlx::PgConnection;
use store::{
    audit::Chain,
    steps::{self, Ended},
    tenants,
};

use super::{ATTEMPTS, Made, perform, reason, tenant_of};
use crate::{
    Actor, Client, Error, Hub,
    audit::{self, Act},
};

pub(super) async fn run(hub: &Hub, job: &JobContext) -> Result<(), JobError> {
    let tenant = tenant_of(job)?;
    let Some(steps) = todo(hub, tenant).await.map_err(JobError::retry)? else {
        return Ok(());
    };
    for step in steps {
        take(hub, job, tenant, step).await?;
    }
    activate(hub, job, tenant).await.map_err(JobError::retry)
}

/// The steps left, or nothing when the tenant is not being prepared (any more).
async fn todo(hub: &Hub, tenant: TenantId) -> Result<Option<Vec<StepName>>, Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    if tenants::get(&mut tx, tenant).await?.state != TenantState::Provisioning {
        return Ok(None);
    }
    let steps = steps::list(&mut tx, tenant).await?;
    Ok(Some(
        steps
            .into_iter()
            .filter(|step| !step.is_settled())
            .map(|step| step.name)
            .collect(),
    ))
}

async fn take(
    hub: &Hub,
    job: &JobContext,
    tenant: TenantId,
    step: StepName,
) -> Result<(), JobError> {
    begin(hub, job, tenant, step)
        .await
        .map_err(JobError::retry)?;
    match perform(hub, tenant, step).await {
        Ok(made) => record(hub, job, tenant, step, &made)
            .await
            .map_err(JobError::retry),
        Err(error) => {
            let why = reason(&error);
            let silent = matches!(error, Error::Upstream(_));
            let made = Made {
                state: if silent {
                    StepState::Running
                } else {
                    StepState::Failed
                },
                external_id: None,
                detail: if silent {
                    format!("{why} It is tried again by itself.")
                } else {
                    why.clone()
                },
                refusal: None,
            };
            record(hub, job, tenant, step, &made)
                .await
                .map_err(JobError::retry)?;
            let why = format!("{}: {why}", step.label());
            if !silent && job.attempt >= ATTEMPTS {
                return Err(JobError::fail(why));
            }
            Err(JobError::retry(why))
        }
    }
}

async fn begin(hub: &Hub, job: &JobContext, tenant: TenantId, step: StepName) -> Result<(), Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    job.hold(&mut tx).await?;
    steps::start(&mut tx, tenant, step, hub.clock().now()).await?;
    Ok(tx.commit().await?)
}

async fn record(
    hub: &Hub,
    job: &JobContext,
    tenant: TenantId,
    step: StepName,
    made: &Made,
) -> Result<(), Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    job.hold(&mut tx).await?;
    put(hub, &mut tx, tenant, step, made).await?;
    Ok(tx.commit().await?)
}

pub(super) async fn put(
    hub: &Hub,
    conn: &mut PgConnection,
    tenant: TenantId,
    step: StepName,
    made: &Made,
) -> Result<(), Error> {
    let ended = Ended {
        state: made.state,
        external_id: made.external_id.as_deref(),
        detail: &made.detail,
        refusal: made.refusal.as_deref(),
    };
    Ok(steps::end(conn, tenant, step, ended, hub.clock().now()).await?)
}

/// The last step and the open door are one transaction: nobody gets in before, nobody is kept out after.
async fn activate(hub: &Hub, job: &JobContext, tenant: TenantId) -> Result<(), Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    job.hold(&mut tx).await?;
    let found = tenants::lock(&mut tx, tenant).await?;
    let whole = steps::list(&mut tx, tenant)
        .await?
        .iter()
        .all(steps::Step::is_settled);
    if found.state != TenantState::Provisioning || !whole {
        return Ok(());
    }
    tenants::set_state(
        &mut tx,
        tenant,
        TenantState::Active,
        None,
        hub.clock().now(),
    )
    .await?;
    note(hub, &mut tx, tenant, "tenant.activate", "").await?;
    Ok(tx.commit().await?)
}

/// Every attempt failed: the tenant says so, and a person can retry.
pub(super) async fn give_up(hub: &Hub, job: &JobContext) -> Result<(), JobError> {
    let tenant = tenant_of(job)?;
    fail(hub, tenant).await.map_err(JobError::retry)
}

async fn fail(hub: &Hub, tenant: TenantId) -> Result<(), Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    if tenants::lock(&mut tx, tenant).await?.state != TenantState::Provisioning {
        return Ok(());
    }
    let now = hub.clock().now();
    let stuck = steps::list(&mut tx, tenant)
        .await?
        .into_iter()
        .find(|step| !step.is_settled());
    let why = match stuck {
        Some(step) => {
            let detail = match step.state {
                StepState::Failed => step.detail,
                _ => "The server stopped while it worked on this step.".to_owned(),
            };
            let ended = Ended {
                state: StepState::Failed,
                external_id: None,
                detail: &detail,
                refusal: None,
            };
            steps::end(&mut tx, tenant, step.name, ended, now).await?;
            format!("{}: {detail}", step.name.label())
        }
        None => "It could not be opened.".to_owned(),
    };
    tenants::set_state(&mut tx, tenant, TenantState::Failed, Some(&why), now).await?;
    note(hub, &mut tx, tenant, "tenant.fail", &why).await?;
    Ok(tx.commit().await?)
}

async fn note(
    hub: &Hub,
    conn: &mut PgConnection,
    tenant: TenantId,
    action: &str,
    detail: &str,
) -> Result<(), Error> {
    let act = Act {
        action,
        target: &tenant.to_string(),
        detail,
    };
    audit::write(
        hub,
        conn,
        Chain::Tenant(tenant),
        Actor::System,
        &Client::local(),
        act,
    )
    .await
}
