//! Starting a job: its row and its place in the queue, in one transaction.

use airbyte::api::ConnectionStatus;
use airbyte::extension::JobRuntime;
use queue::NewJob;
use serde_json::json;
use sqlx::PgConnection;
use sync::connector::Detail;
use uuid::Uuid;

use super::SYNC_JOB;
use crate::Engine;
use crate::api::connections::settings_of;
use crate::problem::{ApiError, ApiResult};
use crate::tables::{connections, jobs, sources};

/// Turns of the queue: each crash of the process uses one.
const TURNS: i32 = 6;

/// What a job is to do, and how.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    /// `sync` or `reset`.
    pub kind: &'static str,
    /// `None`: as many as the engine makes by itself.
    pub attempts: Option<i32>,
    pub runtime: JobRuntime,
    pub detail: Detail,
    pub pace: Pace,
}

/// How a job stands to the others that ask the same account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    Usual,
    /// Somebody waits for it: the source is asked at once, whatever it has refused others.
    InHaste,
}

impl Order {
    pub fn plain(kind: &'static str) -> Self {
        Self {
            kind,
            attempts: None,
            runtime: JobRuntime::Own,
            detail: Detail::Usual,
            pace: Pace::Usual,
        }
    }
}

/// Starts a job of a connection that is not busy.
pub async fn start(
    engine: &Engine,
    scope: Option<Uuid>,
    connection: Uuid,
    order: Order,
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
    if order.runtime == JobRuntime::Airbyte {
        ensure_second_runtime(engine, &row).await?;
    }
    let mut tx = queue::begin(pool).await?;
    let new = jobs::New {
        workspace: row.workspace_id,
        connection,
        kind: order.kind,
        attempts: order.attempts,
        runtime: order.runtime.name(),
        debug: order.detail == Detail::Full,
    };
    let Some(id) = jobs::insert(&mut tx, &new).await? else {
        return Err(ApiError::try_again_later(&format!(
            "A sync is already running for: {connection}"
        )));
    };
    enqueue(&mut tx, row.workspace_id, id, order.pace).await?;
    tx.commit().await?;
    jobs::find(pool, None, id)
        .await?
        .ok_or_else(|| ApiError::not_found("job", id))
}

/// Gives the newest job of a connection one more attempt after it has failed. Its generation, and the streams that are
/// complete, stay as they are.
pub async fn reopen(engine: &Engine, failed: &jobs::Row) -> ApiResult<jobs::Row> {
    let pool = &engine.config.pool;
    let mut tx = queue::begin(pool).await?;
    let Some(workspace) = jobs::reopen(&mut tx, failed.id).await? else {
        return Err(ApiError::state_conflict(
            "Only the newest job of a connection can go on, after it has failed.",
        ));
    };
    enqueue(&mut tx, workspace, failed.id, Pace::Usual).await?;
    tx.commit().await?;
    jobs::find(pool, None, failed.id)
        .await?
        .ok_or_else(|| ApiError::not_found("job", failed.id))
}

async fn enqueue(conn: &mut PgConnection, workspace: Uuid, id: i64, pace: Pace) -> ApiResult<()> {
    let payload = json!({ "version": 1, "job": id, "in_haste": pace == Pace::InHaste });
    let mut job = NewJob::new(SYNC_JOB, payload)
        .tenant(workspace)
        .dedup(id.to_string());
    job.max_attempts = TURNS;
    if let Some(queued) = queue::enqueue(conn, job).await? {
        jobs::set_queue_job(conn, id, queued.0).await?;
    }
    Ok(())
}

/// Refuses at once what would fail later: only what has a runtime of ours can be run by Airbyte's as well.
async fn ensure_second_runtime(engine: &Engine, connection: &connections::Row) -> ApiResult<()> {
    let source = sources::find(&engine.config.pool, None, connection.source_id).await?;
    let source = source.ok_or_else(|| ApiError::not_found("source", connection.source_id))?;
    let definition = engine.known_definition(&source).await?;
    if definition.is_some_and(|definition| definition.has_second_runtime()) {
        return Ok(());
    }
    Err(ApiError::unprocessable(
        "This source has one runtime here, and no other.",
    ))
}
