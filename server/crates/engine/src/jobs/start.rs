//! Starting a job: its row and its place in the queue, in one transaction.

use airbyte::api::ConnectionStatus;
use queue::NewJob;
use serde_json::json;
use uuid::Uuid;

use super::SYNC_JOB;
use crate::Engine;
use crate::api::connections::settings_of;
use crate::problem::{ApiError, ApiResult};
use crate::tables::{connections, jobs};

/// Turns of the queue: each crash of the process uses one.
const TURNS: i32 = 6;

/// Starts a job of a connection that is not busy. `kind` is `sync` or `reset`.
pub async fn start(
    engine: &Engine,
    scope: Option<Uuid>,
    connection: Uuid,
    kind: &str,
) -> ApiResult<jobs::Row> {
    let pool = &engine.config.pool;
    let row = connections::find(pool, scope, connection).await?;
    let row = row.ok_or_else(|| ApiError::not_found("connection", connection))?;
    if settings_of(&row)?
        .status
        .is_some_and(|status| status != ConnectionStatus::Active)
    {
        return Err(ApiError::state_conflict(
            "Could not fulfill request: the connection is not active.",
        ));
    }
    let mut tx = pool.begin().await?;
    let Some(id) = jobs::insert(&mut tx, row.workspace_id, connection, kind).await? else {
        return Err(ApiError::try_again_later(&format!(
            "A sync is already running for: {connection}"
        )));
    };
    let mut job = NewJob::new(SYNC_JOB, json!({ "version": 1, "job": id }))
        .tenant(row.workspace_id)
        .dedup(id.to_string());
    job.max_attempts = TURNS;
    if let Some(queued) = queue::enqueue(&mut tx, job).await? {
        jobs::set_queue_job(&mut tx, id, queued.0).await?;
    }
    tx.commit().await?;
    jobs::find(pool, None, id)
        .await?
        .ok_or_else(|| ApiError::not_found("job", id))
}
