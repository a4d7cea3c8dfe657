//! Deleting a tenant: first a list of everything that would go, then a job that takes every step back and empties the
//! control database. What stays is a row that says it existed, and an audit chain that no longer tells anything private.

use model::{DeletionItem, DeletionPlan, StepName, TenantId, TenantState};
use queue::{JobContext, JobError, NewJob, Worker};
use sqlx::PgConnection;
use store::{admin::footprint, audit::Chain, ids::Id, oauth::grants::Leaving, steps, tenants};

use super::{about, database_refused, reason, state, tenant_of, undo_from, workspace};
use crate::{
    Actor, Client, Error, Hub,
    audit::{self, Act},
    consent,
    tenant_db::schema_name,
};

const JOB: &str = "delete_tenant";

pub(super) fn register(hub: &Hub, worker: &mut Worker) {
    let hub = hub.clone();
    worker.register(JOB, move |job: JobContext| {
        let hub = hub.clone();
        async move {
            let tenant = tenant_of(&job)?;
            delete(&hub, &job, tenant)
                .await
                .map_err(|error| JobError::retry(reason(&error)))
        }
    });
}

pub(crate) async fn enqueue(conn: &mut PgConnection, tenant: TenantId) -> Result<(), Error> {
    let job = NewJob {
        max_attempts: 10,
        ..about(JOB, tenant)
    };
    queue::enqueue(conn, job).await?;
    Ok(())
}

async fn delete(hub: &Hub, job: &JobContext, tenant: TenantId) -> Result<(), Error> {
    {
        let mut tx = hub.store().platform().await?;
        if tenants::get(&mut tx, tenant).await?.state != TenantState::Deleting {
            return Ok(());
        }
        queue::cancel_others(&mut tx, tenant.uuid(), job.id).await?;
        tx.commit().await?;
    }
    state::cancel_runs(hub, tenant).await?;
    shut(hub, tenant).await?;
    give_back(hub, job, tenant).await?;
    undo_from(hub, tenant, StepName::Keys).await?;
    let mut tx = hub.store().platform().await?;
    job.hold(&mut tx).await?;
    tenants::empty(&mut tx, tenant, hub.clock().now()).await?;
    let act = Act {
        action: "tenant.deleted",
        target: &tenant.to_string(),
        detail: "every store was emptied",
    };
    audit::write(
        hub,
        &mut tx,
        Chain::Tenant(tenant),
        Actor::System,
        &Client::local(),
        act,
    )
    .await?;
    store::audit::forget(&mut tx, Chain::Tenant(tenant)).await?;
    Ok(tx.commit().await?)
}

/// Before the data goes: an app that still runs could make anew what was dropped, or hold a table that is to be dropped.
/// The user on Redis goes with its keys, and before them.
async fn shut(hub: &Hub, tenant: TenantId) -> Result<(), Error> {
    let ended = hub
        .tenant_db()
        .functions()
        .suspend(tenant)
        .await
        .map_err(database_refused)?;
    tracing::info!(tenant.id = %tenant, ended, "the logins of a tenant that is deleted are shut");
    Ok(())
}

/// Before the keys go, and the engine's sources: what people granted counts no more at the providers either. One that does
/// not answer keeps nothing from being deleted here. An engine that does not is asked again: it alone may have the tokens.
async fn give_back(hub: &Hub, job: &JobContext, tenant: TenantId) -> Result<(), Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let granted = store::oauth::grants::connections(&mut tx, tenant).await?;
    tx.commit().await?;
    for connection in granted {
        match consent::revoke(hub, tenant, connection, Leaving::Tenant(tenant)).await {
            Ok(_) => {}
            Err(error @ Error::Upstream(_)) if !job.is_last_attempt() => return Err(error),
            Err(error) => {
                tracing::warn!(%error, %connection, "a grant could not be given back");
            }
        }
    }
    Ok(())
}

/// Everything a deletion would remove, counted now. A store that does not answer is an error: a plan with gaps is none.
pub(crate) async fn plan(hub: &Hub, tenant: TenantId) -> Result<DeletionPlan, Error> {
    let (found, counts) = {
        let mut tx = hub.store().platform().await?;
        let found = tenants::get(&mut tx, tenant).await?;
        (found, footprint::of(&mut tx, tenant).await?)
    };
    let mut items = data_items(hub, tenant).await?;
    items.extend(outside_items(hub, tenant).await?);
    items.extend(counts.into_iter().map(|count| DeletionItem {
        store: "Control database".to_owned(),
        what: count.what.to_owned(),
        count: count.count,
        bytes: None,
    }));
    Ok(DeletionPlan {
        tenant,
        name: found.name,
        items,
    })
}

async fn data_items(hub: &Hub, tenant: TenantId) -> Result<Vec<DeletionItem>, Error> {
    let functions = hub.tenant_db().functions();
    let tables = functions.tables(tenant).await.map_err(database_refused)?;
    let logins = functions.logins(tenant).await.map_err(database_refused)?;
    Ok(vec![
        DeletionItem {
            store: "Database schema".to_owned(),
            what: format!("tables in {}", schema_name(tenant)),
            count: count(tables.len()),
            bytes: Some(tables.iter().map(|table| table.bytes).sum()),
        },
        DeletionItem {
            store: "Database schema".to_owned(),
            what: "roles and logins".to_owned(),
            count: count(logins.len()),
            bytes: None,
        },
    ])
}

async fn outside_items(hub: &Hub, tenant: TenantId) -> Result<Vec<DeletionItem>, Error> {
    let usage = hub.storage().usage(tenant).await?;
    let mut items = vec![DeletionItem {
        store: "Storage".to_owned(),
        what: format!("files in {}", hub.storage().location(tenant)),
        count: usage.objects,
        bytes: Some(usage.bytes),
    }];
    if let Some(redis) = hub.redis() {
        items.push(DeletionItem {
            store: "Redis".to_owned(),
            what: format!("keys under {}", crate::redis::Redis::prefix(tenant)),
            count: count(redis.count(tenant).await?),
            bytes: None,
        });
    }
    let recorded = {
        let mut tx = hub.store().tenant(tenant).await?;
        steps::external_id(&mut tx, tenant, StepName::Workspace).await?
    };
    if let Some(id) = recorded.and_then(|id| id.parse().ok()) {
        let connections = workspace::connections_in(hub, tenant, id).await?;
        items.push(DeletionItem {
            store: "Engine workspace".to_owned(),
            what: format!("connections in {id}"),
            count: count(connections.len()),
            bytes: None,
        });
    }
    Ok(items)
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
