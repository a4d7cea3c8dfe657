//! Runs: following, finishing with receipts, listing.

use model::{ConnectionId, Route, RunId, RunState, StreamReceipt, TenantId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, connections::run_state, error::one_row, ids::Id};

mod start;
pub mod views;

pub use start::{New, start, wanted};
pub use views::{Filter, Run, history, list, receipts, view};

/// Progress and, at the end, the sums.
#[derive(Debug, Clone, Default)]
pub struct Progress<'a> {
    pub rows_read: i64,
    pub rows_written: i64,
    pub bytes: i64,
    pub rows_per_second: Option<i64>,
    pub sandbox: Option<&'a str>,
}

/// How it ended.
#[derive(Debug, Clone, Default)]
pub struct Outcome<'a> {
    pub problem: Option<&'a str>,
    pub problem_kind: Option<&'a str>,
    pub raw: Option<&'a str>,
}

/// The run of a connection that is on its way.
pub async fn active(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<Option<RunId>, Error> {
    let found = sqlx::query_scalar!(
        "SELECT id
         FROM runs
         WHERE tenant_id = $1
           AND connection_id = $2
           AND state IN ('queued', 'running', 'cancelling')",
        tenant.uuid(),
        connection.uuid(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.map(RunId::from_uuid))
}

/// The newest run of a connection.
pub async fn last(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<Option<RunId>, Error> {
    let found = sqlx::query_scalar!(
        "SELECT id
         FROM runs
         WHERE tenant_id = $1
           AND connection_id = $2
         ORDER BY created_at DESC, id DESC
         LIMIT 1",
        tenant.uuid(),
        connection.uuid(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.map(RunId::from_uuid))
}

/// Remembers the engine's job. `Stale` when the run is over.
pub async fn set_job(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: RunId,
    job: i64,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE runs
         SET engine_job = $3,
             problem = NULL
         WHERE tenant_id = $1
           AND id = $2
           AND state IN ('queued', 'running', 'cancelling')",
        tenant.uuid(),
        id.uuid(),
        job,
    )
    .execute(conn)
    .await?;
    one_row(&changed).map_err(|_| Error::Stale)
}

/// Says why it does not get on at the moment, or that it does; what comes next takes it back. One that is over stays as it is.
pub async fn held_up(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: RunId,
    why: Option<&str>,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE runs
         SET problem = $3
         WHERE tenant_id = $1
           AND id = $2
           AND state IN ('queued', 'running')",
        tenant.uuid(),
        id.uuid(),
        why,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Asks it to end. A run that the engine has not begun ends at once when its job sees this. `Stale` when it is over.
pub async fn cancel(conn: &mut PgConnection, tenant: TenantId, id: RunId) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE runs
         SET state = 'cancelling'
         WHERE tenant_id = $1
           AND id = $2
           AND state IN ('queued', 'running', 'cancelling')",
        tenant.uuid(),
        id.uuid(),
    )
    .execute(conn)
    .await?;
    one_row(&changed).map_err(|_| Error::Stale)
}

/// Writes progress; answers in which state the run is now, so that its job sees a wish to stop.
pub async fn progress(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: RunId,
    state: RunState,
    progress: &Progress<'_>,
    started_at: Option<OffsetDateTime>,
) -> Result<RunState, Error> {
    let now = sqlx::query_scalar!(
        "UPDATE runs
         SET state = CASE state WHEN 'cancelling' THEN state ELSE $3 END,
             rows_read = $4,
             rows_written = $5,
             bytes = $6,
             rows_per_second = $7,
             sandbox = COALESCE($8, sandbox),
             started_at = COALESCE(started_at, $9),
             problem = NULL
         WHERE tenant_id = $1
           AND id = $2
           AND state IN ('queued', 'running', 'cancelling')
         RETURNING state",
        tenant.uuid(),
        id.uuid(),
        state.name(),
        progress.rows_read,
        progress.rows_written,
        progress.bytes,
        progress.rows_per_second,
        progress.sandbox,
        started_at,
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::Stale)?;
    run_state(&now, "runs", id.uuid())
}

/// Ends it. `Stale` when it is over already.
pub async fn finish(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: RunId,
    state: RunState,
    outcome: &Outcome<'_>,
    at: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE runs
         SET state = $3,
             problem = $4,
             problem_kind = $5,
             raw = $6,
             rows_per_second = NULL,
             finished_at = $7
         WHERE tenant_id = $1
           AND id = $2
           AND state IN ('queued', 'running', 'cancelling')",
        tenant.uuid(),
        id.uuid(),
        state.name(),
        outcome.problem,
        outcome.problem_kind,
        outcome.raw,
        at,
    )
    .execute(conn)
    .await?;
    one_row(&changed).map_err(|_| Error::Stale)
}

/// Writes the receipt of one stream.
pub async fn put_receipt(
    conn: &mut PgConnection,
    tenant: TenantId,
    run: RunId,
    receipt: &StreamReceipt,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO run_streams (tenant_id, run_id, namespace, name, table_name, state, rows_read, rows_written,
             values_nulled, bytes, table_rows, verified, problem)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT ON CONSTRAINT run_streams_pkey DO UPDATE
         SET table_name = excluded.table_name, state = excluded.state, rows_read = excluded.rows_read,
             rows_written = excluded.rows_written, values_nulled = excluded.values_nulled, bytes = excluded.bytes,
             table_rows = excluded.table_rows, verified = excluded.verified, problem = excluded.problem",
        tenant.uuid(),
        run.uuid(),
        receipt.namespace.as_deref().unwrap_or_default(),
        receipt.name,
        receipt.table,
        receipt.state.name(),
        receipt.rows_read,
        receipt.rows_written,
        receipt.values_nulled,
        receipt.bytes,
        receipt.table_rows,
        receipt.verified,
        receipt.problem,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A run as its job needs it.
#[derive(Debug, Clone)]
pub struct Work {
    pub id: RunId,
    pub connection: ConnectionId,
    pub state: RunState,
    pub engine_job: Option<i64>,
    /// The way that this job is on.
    pub route: Option<Route>,
    pub started_by: String,
    pub forced_fallback: bool,
    /// Its log was asked for in detail.
    pub debug: bool,
    /// When somebody last looked at it.
    pub watched_at: Option<OffsetDateTime>,
}

pub async fn work(conn: &mut PgConnection, tenant: TenantId, id: RunId) -> Result<Work, Error> {
    struct Row {
        connection_id: Uuid,
        state: String,
        engine_job: Option<i64>,
        route: Option<String>,
        started_by: String,
        forced_fallback: bool,
        debug: bool,
        watched_at: Option<OffsetDateTime>,
    }
    let row = sqlx::query_as!(
        Row,
        "SELECT r.connection_id, r.state, r.engine_job, r.started_by, r.forced_fallback, r.debug,
                r.watched_at,
                (SELECT d.route
                 FROM run_decisions d
                 WHERE d.tenant_id = r.tenant_id
                   AND d.run_id = r.id
                   AND d.engine_job = r.engine_job
                 ORDER BY d.n DESC
                 LIMIT 1) AS route
         FROM runs r
         WHERE r.tenant_id = $1
           AND r.id = $2",
        tenant.uuid(),
        id.uuid(),
    )
    .fetch_one(conn)
    .await?;
    Ok(Work {
        id,
        connection: ConnectionId::from_uuid(row.connection_id),
        state: run_state(&row.state, "runs", id.uuid())?,
        engine_job: row.engine_job,
        route: row.route.as_deref().and_then(Route::parse),
        started_by: row.started_by,
        forced_fallback: row.forced_fallback,
        debug: row.debug,
        watched_at: row.watched_at,
    })
}

/// Is this job of an Airbyte's one of a run that was stopped?
pub async fn is_left(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    job: i64,
) -> Result<bool, Error> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT
               FROM runs r
               JOIN run_decisions d ON d.tenant_id = r.tenant_id AND d.run_id = r.id
               WHERE r.tenant_id = $1
                 AND r.connection_id = $2
                 AND r.state = 'cancelled'
                 AND d.engine_job = $3
                 AND d.route = 'airbyte'
           ) AS "is_left!""#,
        tenant.uuid(),
        connection.uuid(),
        job,
    )
    .fetch_one(conn)
    .await?)
}

/// Somebody looks at a run that goes on. Written only where the last look is older than `since`.
pub async fn watch(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: RunId,
    since: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE runs
         SET watched_at = $4
         WHERE tenant_id = $1
           AND id = $2
           AND (watched_at IS NULL OR watched_at < $3)",
        tenant.uuid(),
        id.uuid(),
        since,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
