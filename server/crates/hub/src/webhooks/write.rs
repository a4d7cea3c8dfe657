//! The job that makes rows of what was taken in.
//!
//! One job at a time for an endpoint: each works its *turn*, and whoever takes an event in enqueues a job of the present
//! turn, which is one that waits or works already, or a new one. A job ends its turn only while nobody can take anything
//! in and nothing waits, so that no event is left behind between the last look and the end.

use std::time::Duration;

use model::{ConnectionId, TenantId};
use queue::{JobContext, JobError};
use serde::Deserialize;
use sqlx::PgConnection;
use store::{
    connections, runs, secrets, streams,
    webhooks::{
        self as rows, Webhook,
        events::{self, Waiting},
    },
};
use uuid::Uuid;

use super::{
    load,
    merge::{self, Merged},
    receive,
};
use crate::{Error, Hub, apps, jobs, tenants};

pub(crate) const JOB: &str = "write_webhook_events";
/// Events of one transaction: with the largest bodies 25 MB.
const BATCH: i64 = 100;
/// Batches of one job; then others have their turn.
const BATCHES: usize = 20;
/// What nobody works on after this long is enqueued again.
const LATE: Duration = Duration::from_mins(2);

#[derive(Clone, Copy, Deserialize)]
struct Payload {
    tenant: TenantId,
    connection: ConnectionId,
    turn: i64,
}

pub(crate) async fn run(hub: &Hub, job: &JobContext) -> Result<(), JobError> {
    let at: Payload = jobs::payload(job)?;
    match tenants::is_active(hub, at.tenant).await {
        Ok(true) => {}
        // Suspended: the clean-up enqueues it again when it is over.
        Ok(false) => return end(hub, job, at, None).await.map_err(jobs::again),
        Err(error) => return Err(jobs::again(error)),
    }
    for _ in 0..BATCHES {
        if job.cancelled.is_cancelled() {
            return Err(JobError::retry("stopped in the middle"));
        }
        match batch(hub, job, at).await {
            Ok(Left::Some) => {}
            Ok(Left::Nothing) => return Ok(()),
            Err(error @ Error::Upstream(_)) => {
                late_because(hub, at, &error).await.map_err(jobs::again)?;
                return Err(JobError::retry(error));
            }
            Err(error) => return Err(jobs::again(error)),
        }
    }
    end(hub, job, at, None).await.map_err(jobs::again)
}

/// The last attempt failed: later events get a job of their own, and the clean-up tries these again.
pub(crate) async fn give_up(hub: &Hub, job: &JobContext) -> Result<(), JobError> {
    let at: Payload = jobs::payload(job)?;
    let problem = "Events could not be written to your tables for a while. They are kept, and are tried again every few minutes.";
    let mut tx = hub
        .store()
        .tenant(at.tenant)
        .await
        .map_err(JobError::retry)?;
    let ended = async {
        let webhook = rows::lock(&mut tx, at.tenant, at.connection).await?;
        if webhook.is_some_and(|webhook| webhook.turn == at.turn) {
            rows::next_turn(&mut tx, at.tenant, at.connection, Some(problem)).await?;
        }
        tx.commit().await
    };
    ended.await.map_err(JobError::retry)
}

/// Enqueues what has waited for long: its job was given up, or its tenant was suspended.
pub(crate) async fn late(hub: &Hub) -> Result<(), Error> {
    let before = hub.clock().now() - LATE;
    let mut tx = hub.store().platform().await?;
    for (tenant, connection, turn) in rows::late(&mut tx, before).await? {
        queue::enqueue(&mut tx, receive::job(tenant, connection, turn)).await?;
    }
    Ok(tx.commit().await?)
}

/// In the transaction that ends a run: what had to wait for it is merged now.
pub(crate) async fn after_run(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<(), Error> {
    if let Some(turn) = events::turn_to_merge(conn, tenant, connection).await? {
        queue::enqueue(conn, receive::job(tenant, connection, turn)).await?;
    }
    Ok(())
}

enum Left {
    Some,
    Nothing,
}

async fn batch(hub: &Hub, job: &JobContext, at: Payload) -> Result<Left, Error> {
    let (tenant, connection) = (at.tenant, at.connection);
    let mut tx = hub.store().tenant(tenant).await?;
    let webhook = rows::get(&mut tx, tenant, connection).await?;
    let Some(webhook) = webhook.filter(|webhook| webhook.turn == at.turn) else {
        // Its connection was removed, or an earlier attempt came further than was noted.
        return Ok(Left::Nothing);
    };
    let waiting = events::waiting(&mut tx, tenant, connection, BATCH).await?;
    if waiting.is_empty() {
        let to_merge = events::to_merge(&mut tx, tenant, connection, BATCH).await?;
        drop(tx);
        if !to_merge.is_empty() && merged(hub, job, at, &webhook, &to_merge).await? == Merged::Now {
            return Ok(Left::Some);
        }
        return ended(hub, job, at).await;
    }
    let keys = secrets::keys(&mut tx, hub.keys(), tenant).await?;
    let integration = connections::get(&mut tx, tenant, connection)
        .await?
        .integration;
    let streams = if merge::fits(&integration, &webhook) {
        streams::list(&mut tx, tenant, connection).await?
    } else {
        Vec::new()
    };
    let fence = rows::raise_fence(&mut tx, tenant, connection).await?;
    tx.commit().await?;
    let opened = load::open(&keys, &waiting)?;
    load::events(hub, tenant, &webhook, fence, &opened).await?;
    if webhook.landed_at.is_none() {
        // Apps may have chosen the table before it was there.
        apps::grant_readers(hub, tenant, std::slice::from_ref(&webhook.table)).await?;
    }
    let ids: Vec<Uuid> = waiting.iter().map(|event| event.id).collect();
    let also_merged = opened.iter().zip(&ids);
    let also_merged: Vec<Uuid> = also_merged
        .filter(|(event, _)| merge::concerns(&webhook, &streams, event))
        .map(|(_, id)| *id)
        .collect();
    let now = hub.clock().now();
    let mut tx = hub.store().tenant(tenant).await?;
    job.hold(&mut tx).await?;
    events::written(&mut tx, tenant, &ids, &also_merged, now).await?;
    rows::landed(&mut tx, tenant, connection, now).await?;
    tx.commit().await?;
    Ok(Left::Some)
}

/// Records of events that are rows already, into their streams' tables.
async fn merged(
    hub: &Hub,
    job: &JobContext,
    at: Payload,
    webhook: &Webhook,
    waiting: &[Waiting],
) -> Result<Merged, Error> {
    let mut tx = hub.store().tenant(at.tenant).await?;
    let fence = rows::raise_fence(&mut tx, at.tenant, at.connection).await?;
    tx.commit().await?;
    let merged = merge::merge(hub, at.tenant, webhook, fence, waiting).await?;
    if merged == Merged::Now {
        let ids: Vec<Uuid> = waiting.iter().map(|event| event.id).collect();
        let mut tx = hub.store().tenant(at.tenant).await?;
        job.hold(&mut tx).await?;
        events::merged(&mut tx, at.tenant, &ids).await?;
        tx.commit().await?;
    }
    Ok(merged)
}

/// Ends the turn if still nothing waits: whoever takes something in meanwhile waits, and then enqueues the next one.
async fn ended(hub: &Hub, job: &JobContext, at: Payload) -> Result<Left, Error> {
    let mut tx = hub.store().tenant(at.tenant).await?;
    job.hold(&mut tx).await?;
    let webhook = locked(&mut tx, at).await?;
    if webhook.is_none() {
        return Ok(Left::Nothing);
    }
    if !events::waiting(&mut tx, at.tenant, at.connection, 1)
        .await?
        .is_empty()
    {
        return Ok(Left::Some);
    }
    // What has to wait for a run is enqueued at its end; the end may have come since.
    let may_merge = runs::active(&mut tx, at.tenant, at.connection)
        .await?
        .is_none();
    if may_merge
        && !events::to_merge(&mut tx, at.tenant, at.connection, 1)
            .await?
            .is_empty()
    {
        return Ok(Left::Some);
    }
    rows::next_turn(&mut tx, at.tenant, at.connection, None).await?;
    tx.commit().await?;
    Ok(Left::Nothing)
}

async fn locked(tx: &mut PgConnection, at: Payload) -> Result<Option<Webhook>, Error> {
    let webhook = rows::lock(tx, at.tenant, at.connection).await?;
    Ok(webhook.filter(|webhook| webhook.turn == at.turn))
}

/// Ends the turn with events left, and enqueues the next one for them unless their tenant rests.
async fn end(hub: &Hub, job: &JobContext, at: Payload, problem: Option<&str>) -> Result<(), Error> {
    let active = tenants::is_active(hub, at.tenant).await?;
    let mut tx = hub.store().tenant(at.tenant).await?;
    job.hold(&mut tx).await?;
    if locked(&mut tx, at).await?.is_none() {
        return Ok(());
    }
    let turn = rows::next_turn(&mut tx, at.tenant, at.connection, problem).await?;
    if active {
        queue::enqueue(&mut tx, receive::job(at.tenant, at.connection, turn)).await?;
    }
    Ok(tx.commit().await?)
}

async fn late_because(hub: &Hub, at: Payload, error: &Error) -> Result<(), Error> {
    let problem = format!("Rows are late: {error} The events are kept and will follow.");
    let mut tx = hub.store().tenant(at.tenant).await?;
    match rows::set_problem(&mut tx, at.tenant, at.connection, &problem).await {
        Ok(()) | Err(store::Error::NotFound) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(tx.commit().await?)
}
