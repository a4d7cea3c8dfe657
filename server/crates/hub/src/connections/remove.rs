//! Removing a connection: first what it means, then the act, confirmed by typing its name. Tables stay.

use model::{ConnectionId, TenantId};
use queue::{JobContext, JobError, NewJob};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{
    apps,
    connections::{self, Stage},
    ids::Id,
    oauth::grants::Leaving,
    runs, streams, webhooks,
};

use crate::{Error, Hub, Permission, Scope, acts, consent, engine, jobs, uploads};

pub(crate) const REMOVE: &str = "remove_connection";

/// What removing it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovalPlan {
    pub name: String,
    /// Tables that stay as they are and are not filled any more.
    pub tables: Vec<String>,
    pub rows: i64,
    /// Apps that read them.
    pub apps: Vec<String>,
}

pub async fn removal_plan(
    hub: &Hub,
    scope: &Scope,
    id: ConnectionId,
) -> Result<RemovalPlan, Error> {
    scope.require(Permission::Manage)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let summary = connections::summary(&mut tx, tenant, id).await?;
    let streams = streams::list(&mut tx, tenant, id).await?;
    let events = webhooks::get(&mut tx, tenant, id).await?;
    let tables: Vec<String> = streams
        .into_iter()
        .filter(|stream| stream.choice.selected)
        .map(|stream| stream.table)
        .chain(events.map(|webhook| webhook.table))
        .collect();
    let apps = apps::readers(&mut tx, tenant, &tables).await?;
    tx.commit().await?;
    Ok(RemovalPlan {
        name: summary.name,
        tables,
        rows: summary.rows,
        apps: apps.into_iter().map(|(_, name)| name).collect(),
    })
}

/// Removes it from the lists at once and from the engine by a job. `typed_name` must be its name.
pub async fn remove(
    hub: &Hub,
    scope: &Scope,
    id: ConnectionId,
    typed_name: &str,
) -> Result<(), Error> {
    scope.require(Permission::Manage)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let connection = connections::lock(&mut tx, tenant, id).await?;
    if typed_name.trim() != connection.name {
        let detail = format!("Type {} to confirm.", connection.name);
        return Err(Error::Invalid(vec![model::FieldError::new("name", detail)]));
    }
    if runs::active(&mut tx, tenant, id).await?.is_some() {
        return Err(Error::Conflict(
            "A run is on its way. Cancel it or wait for its end, then remove the connection."
                .to_owned(),
        ));
    }
    let from = [Stage::Draft, Stage::Unchecked, Stage::Active, Stage::Paused];
    connections::set_stage(
        &mut tx,
        tenant,
        id,
        &from,
        Stage::Removing,
        hub.clock().now(),
    )
    .await?;
    queue::enqueue(&mut tx, removal(tenant, id)).await?;
    acts::note(
        hub,
        &mut tx,
        scope,
        "connection.remove",
        &id.to_string(),
        &connection.name,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// The job for one that is set to be removed.
pub(crate) fn removal(tenant: TenantId, id: ConnectionId) -> NewJob {
    let job = NewJob::new(REMOVE, json!({"tenant": tenant, "connection": id}));
    job.tenant(tenant.uuid()).dedup(id.to_string())
}

#[derive(Deserialize)]
struct Payload {
    tenant: TenantId,
    connection: ConnectionId,
}

/// The job: the engine forgets its source, its state and its secrets, then its files and the row go.
pub(crate) async fn run_removal(hub: &Hub, job: &JobContext) -> Result<(), JobError> {
    let Payload {
        tenant,
        connection: id,
    } = jobs::payload(job)?;
    let mut tx = hub.store().tenant(tenant).await.map_err(JobError::retry)?;
    let connection = match connections::get(&mut tx, tenant, id).await {
        Err(store::Error::NotFound) => return Ok(()),
        other => other.map_err(JobError::retry)?,
    };
    tx.commit().await.map_err(JobError::retry)?;
    // Before the engine forgets what it holds. Once: a provider that does not answer must not keep a connection from being
    // removed. An engine that does not answer keeps it for the tries of this job, as it would in the next step.
    let given_back = consent::revoke(hub, tenant, id, Leaving::Connection(tenant, id)).await;
    let given_back = match given_back {
        Err(error @ Error::Upstream(_)) if !job.is_last_attempt() => {
            return Err(JobError::retry(error));
        }
        other => other.unwrap_or_else(|error| {
            tracing::warn!(%error, connection = %id, "a grant could not be given back");
            None
        }),
    };
    engine::forget(hub, tenant, &connection)
        .await
        .map_err(JobError::retry)?;
    // While the settings still tell which; a file that stays is no reason to keep the connection.
    if let Err(error) = uploads::forget(hub, tenant, id).await {
        tracing::warn!(%error, connection = %id, "the files of a connection stay");
    }
    let mut tx = hub.store().tenant(tenant).await.map_err(JobError::retry)?;
    job.hold(&mut tx).await.map_err(JobError::retry)?;
    if let Some(words) = given_back {
        let scope = crate::scope::for_job(hub, tenant)
            .await
            .map_err(JobError::retry)?;
        acts::note(
            hub,
            &mut tx,
            &scope,
            "connection.give_back",
            &id.to_string(),
            words,
        )
        .await
        .map_err(JobError::retry)?;
    }
    connections::delete(&mut tx, tenant, id)
        .await
        .map_err(JobError::retry)?;
    tx.commit().await.map_err(JobError::retry)
}
