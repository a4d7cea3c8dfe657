//! What platform operators do: look at all tenants, repeat or take back steps, suspend, resume, delete.
//!
//! Operators see names, states and counts; rows and secrets of tenants are not here.

mod trail;

use model::{
    DeletionPlan, HealthPart, Page, StepName, TenantDetail, TenantId, TenantRow, TenantState,
};
use store::{
    admin::tenants::{self as lists, TenantFilter},
    runs::{self, Filter},
    tenants,
};

use crate::{
    Error, Hub, PlatformScope,
    audit::{self, Act},
    health, provision,
    tenants::read,
};

pub use trail::{AuditQuery, audit, tenant_audit};

const PAGE: usize = 50;
const RUNS_SHOWN: i64 = 20;

/// Which tenants to list.
#[derive(Debug, Clone, Default)]
pub struct TenantQuery {
    /// Part of the name or the owner's address, or a whole id.
    pub q: Option<String>,
    pub state: Option<TenantState>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// Newest first.
pub async fn tenants(
    hub: &Hub,
    _scope: &PlatformScope,
    query: &TenantQuery,
) -> Result<Page<TenantRow>, Error> {
    let after = query
        .after
        .as_deref()
        .map(|mark| {
            mark.parse()
                .map_err(|_| Error::field("after", "This page mark is not one of ours."))
        })
        .transpose()?;
    let filter = TenantFilter {
        q: query.q.clone(),
        state: query.state,
        after,
        only: None,
    };
    let mut tx = hub.store().platform().await?;
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let items = lists::list(&mut tx, &filter, limit).await?;
    Ok(page(items, |row| row.id.to_string()))
}

/// Cuts the one row too many that was asked for, and marks where to go on.
fn page<T>(mut items: Vec<T>, mark: impl Fn(&T) -> String) -> Page<T> {
    let more = items.len() > PAGE;
    items.truncate(PAGE);
    Page {
        next: items.last().filter(|_| more).map(mark),
        items,
    }
}

/// Everything an operator may know about one tenant.
pub async fn tenant(
    hub: &Hub,
    _scope: &PlatformScope,
    tenant: TenantId,
) -> Result<TenantDetail, Error> {
    let mut tx = hub.store().platform().await?;
    let only = TenantFilter {
        only: Some(tenant),
        ..TenantFilter::default()
    };
    let row = lists::list(&mut tx, &only, 1)
        .await?
        .pop()
        .ok_or(Error::NotFound)?;
    let view = read(&mut tx, tenant).await?;
    let newest = Filter {
        connection: None,
        state: None,
        after: None,
        limit: RUNS_SHOWN,
    };
    let runs = runs::list(&mut tx, tenant, &newest).await?;
    Ok(TenantDetail {
        row,
        state_reason: view.state_reason,
        steps: view.steps,
        runs: runs.into_iter().map(|run| run.row).collect(),
        members: tenants::members(&mut tx, tenant).await?,
        schema: view.schema,
    })
}

/// Runs the steps that failed or were undone again; those that are done stay.
pub async fn retry(hub: &Hub, scope: &PlatformScope, tenant: TenantId) -> Result<(), Error> {
    let mut tx = hub.store().platform().await?;
    provision::restart(hub, &mut tx, tenant).await?;
    note(hub, &mut tx, scope, tenant, "tenant.retry", "").await?;
    Ok(tx.commit().await?)
}

/// Makes one done step run again, for example after its schema was damaged. Those after it stay.
pub async fn retry_step(
    hub: &Hub,
    scope: &PlatformScope,
    tenant: TenantId,
    step: StepName,
) -> Result<(), Error> {
    let mut tx = hub.store().platform().await?;
    let found = tenants::lock(&mut tx, tenant).await?;
    if !matches!(found.state, TenantState::Failed | TenantState::Active) {
        return Err(Error::conflict(
            "A step can be repeated while the tenant is active or failed.",
        ));
    }
    store::steps::reset(&mut tx, tenant, step).await?;
    let now = hub.clock().now();
    tenants::set_state(
        &mut tx,
        tenant,
        TenantState::Failed,
        Some("An operator repeats a step."),
        now,
    )
    .await?;
    provision::restart(hub, &mut tx, tenant).await?;
    note(
        hub,
        &mut tx,
        scope,
        tenant,
        "tenant.retry_step",
        step.label(),
    )
    .await?;
    Ok(tx.commit().await?)
}

/// Takes this step and every one after it back. The tenant is closed until it is retried.
pub async fn undo_step(
    hub: &Hub,
    scope: &PlatformScope,
    tenant: TenantId,
    step: StepName,
) -> Result<(), Error> {
    let mut tx = hub.store().platform().await?;
    let found = tenants::lock(&mut tx, tenant).await?;
    // While a job works on the steps, nobody else may.
    if !matches!(
        found.state,
        TenantState::Failed | TenantState::Active | TenantState::Suspended
    ) {
        return Err(Error::conflict(
            "Wait until the tenant is active, suspended or failed; then its steps can be taken back.",
        ));
    }
    let why = format!("An operator took back the step “{}”.", step.label());
    let now = hub.clock().now();
    tenants::set_state(&mut tx, tenant, TenantState::Failed, Some(&why), now).await?;
    note(
        hub,
        &mut tx,
        scope,
        tenant,
        "tenant.undo_step",
        step.label(),
    )
    .await?;
    tx.commit().await?;
    provision::undo_from(hub, tenant, step).await
}

/// Stops syncs and logins; the data stays. The reason is shown to the tenant.
pub async fn suspend(
    hub: &Hub,
    scope: &PlatformScope,
    tenant: TenantId,
    reason: &str,
) -> Result<(), Error> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > 300 {
        return Err(Error::field(
            "reason",
            "Give the reason in at most 300 characters: the tenant sees it.",
        ));
    }
    change_state(
        hub,
        scope,
        tenant,
        TenantState::Active,
        TenantState::Suspended,
        Some(reason),
    )
    .await
}

/// Opens logins again and lets syncs start.
pub async fn resume(hub: &Hub, scope: &PlatformScope, tenant: TenantId) -> Result<(), Error> {
    change_state(
        hub,
        scope,
        tenant,
        TenantState::Suspended,
        TenantState::Active,
        None,
    )
    .await
}

async fn change_state(
    hub: &Hub,
    scope: &PlatformScope,
    tenant: TenantId,
    from: TenantState,
    to: TenantState,
    reason: Option<&str>,
) -> Result<(), Error> {
    let mut tx = hub.store().platform().await?;
    let found = tenants::lock(&mut tx, tenant).await?;
    if found.state != from {
        let what = format!("The tenant is {}, not {}.", found.state.name(), from.name());
        return Err(Error::conflict(what));
    }
    tenants::set_state(&mut tx, tenant, to, reason, hub.clock().now()).await?;
    provision::enqueue_state(&mut tx, tenant).await?;
    let action = match to {
        TenantState::Suspended => "tenant.suspend",
        _ => "tenant.resume",
    };
    note(
        hub,
        &mut tx,
        scope,
        tenant,
        action,
        reason.unwrap_or_default(),
    )
    .await?;
    Ok(tx.commit().await?)
}

/// What a deletion would remove, counted now; nothing is changed.
pub async fn deletion_plan(
    hub: &Hub,
    _scope: &PlatformScope,
    tenant: TenantId,
) -> Result<DeletionPlan, Error> {
    provision::deletion_plan(hub, tenant).await
}

/// Deletes the tenant and everything of it. `typed_name` must be its name, letter by letter.
pub async fn delete(
    hub: &Hub,
    scope: &PlatformScope,
    tenant: TenantId,
    typed_name: &str,
) -> Result<(), Error> {
    let mut tx = hub.store().platform().await?;
    let found = tenants::lock(&mut tx, tenant).await?;
    match found.state {
        TenantState::Deleted => return Err(Error::conflict("The tenant is deleted already.")),
        // Asked again because it did not get through: the job goes on where it stopped.
        TenantState::Deleting => {}
        _ if found.name != typed_name.trim() => {
            return Err(Error::field(
                "name",
                format!("Type the name exactly: {}", found.name),
            ));
        }
        _ => {}
    }
    let now = hub.clock().now();
    tenants::set_state(&mut tx, tenant, TenantState::Deleting, None, now).await?;
    provision::enqueue_deletion(&mut tx, tenant).await?;
    note(hub, &mut tx, scope, tenant, "tenant.delete", &found.name).await?;
    Ok(tx.commit().await?)
}

/// Every part the hub depends on.
pub async fn health(hub: &Hub, _scope: &PlatformScope) -> Result<Vec<HealthPart>, Error> {
    Ok(Box::pin(health::all(hub)).await)
}

async fn note(
    hub: &Hub,
    conn: &mut sqlx::PgConnection,
    scope: &PlatformScope,
    tenant: TenantId,
    action: &str,
    detail: &str,
) -> Result<(), Error> {
    let act = Act {
        action,
        target: &tenant.to_string(),
        detail,
    };
    audit::record_platform(hub, conn, scope, Some(tenant), act).await
}
