//! Jobs: made, listed, asked to stop, ended.

use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

pub struct Row {
    pub id: i64,
    pub connection_id: Uuid,
    pub kind: String,
    pub status: String,
    pub cancel_requested: bool,
    pub catalog: Option<Value>,
    pub attempts: i32,
    /// The most attempts, where whoever started it said so.
    pub attempts_allowed: Option<i32>,
    /// `own` or `airbyte`.
    pub runtime: String,
    /// Its log was asked for in detail.
    pub debug: bool,
    pub failure: Option<Value>,
    /// It came further since it was started, or opened again.
    pub advanced: bool,
    pub records_read: i64,
    pub records_written: i64,
    pub bytes: i64,
    pub sandbox: Option<String>,
    pub max_memory: Option<i64>,
    pub created_at: OffsetDateTime,
    pub started_at: Option<OffsetDateTime>,
    pub updated_at: OffsetDateTime,
}

/// What a list is narrowed to; `None` and empty are everything.
#[derive(Default)]
pub struct Filter {
    pub scope: Option<Uuid>,
    pub workspaces: Vec<Uuid>,
    pub connection: Option<Uuid>,
    pub status: Option<String>,
    pub kind: Option<String>,
    pub created: (Option<OffsetDateTime>, Option<OffsetDateTime>),
    pub updated: (Option<OffsetDateTime>, Option<OffsetDateTime>),
    pub order: Order,
    pub limit: i64,
    pub offset: i64,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    #[default]
    CreatedAscending,
    CreatedDescending,
    UpdatedAscending,
    UpdatedDescending,
}

impl Order {
    fn name(self) -> &'static str {
        match self {
            Self::CreatedAscending => "created",
            Self::CreatedDescending => "-created",
            Self::UpdatedAscending => "updated",
            Self::UpdatedDescending => "-updated",
        }
    }
}

pub async fn list(pool: &PgPool, filter: &Filter) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        "SELECT id, connection_id, kind, status, cancel_requested, catalog, attempts, attempts_allowed, runtime, debug, failure,
                advanced, records_read, records_written, bytes, sandbox, max_memory, created_at, started_at, updated_at
         FROM engine.jobs
         WHERE ($1::uuid IS NULL OR workspace_id = $1)
           AND (cardinality($2::uuid[]) = 0 OR workspace_id = ANY($2))
           AND ($3::uuid IS NULL OR connection_id = $3)
           AND ($4::text IS NULL OR status = $4)
           AND ($5::text IS NULL OR kind = $5)
           AND ($6::timestamptz IS NULL OR created_at >= $6)
           AND ($7::timestamptz IS NULL OR created_at <= $7)
           AND ($8::timestamptz IS NULL OR updated_at >= $8)
           AND ($9::timestamptz IS NULL OR updated_at <= $9)
         ORDER BY CASE WHEN $10::text = 'created' THEN created_at END ASC,
                  CASE WHEN $10::text = '-created' THEN created_at END DESC,
                  CASE WHEN $10::text = 'updated' THEN updated_at END ASC,
                  CASE WHEN $10::text = '-updated' THEN updated_at END DESC,
                  CASE WHEN $10::text IN ('created', 'updated') THEN id END ASC,
                  id DESC
         LIMIT $11 OFFSET $12",
        filter.scope,
        &filter.workspaces,
        filter.connection,
        filter.status,
        filter.kind,
        filter.created.0,
        filter.created.1,
        filter.updated.0,
        filter.updated.1,
        filter.order.name(),
        filter.limit,
        filter.offset,
    )
    .fetch_all(pool)
    .await
}

pub async fn find(pool: &PgPool, scope: Option<Uuid>, id: i64) -> sqlx::Result<Option<Row>> {
    sqlx::query_as!(
        Row,
        "SELECT id, connection_id, kind, status, cancel_requested, catalog, attempts, attempts_allowed, runtime, debug, failure,
                advanced, records_read, records_written, bytes, sandbox, max_memory, created_at, started_at, updated_at
         FROM engine.jobs
         WHERE id = $1
           AND ($2::uuid IS NULL OR workspace_id = $2)",
        id,
        scope,
    )
    .fetch_optional(pool)
    .await
}

/// What a new one needs.
#[derive(Debug)]
pub struct New<'a> {
    pub workspace: Uuid,
    pub connection: Uuid,
    pub kind: &'a str,
    pub attempts: Option<i32>,
    pub runtime: &'a str,
    pub debug: bool,
}

/// `None` when a job of the connection waits or runs already.
pub async fn insert(conn: &mut PgConnection, new: &New<'_>) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "INSERT INTO engine.jobs (workspace_id, connection_id, kind, status, attempts_allowed, runtime, debug)
         VALUES ($1, $2, $3, 'pending', $4, $5, $6)
         ON CONFLICT DO NOTHING
         RETURNING id",
        new.workspace,
        new.connection,
        new.kind,
        new.attempts,
        new.runtime,
        new.debug,
    )
    .fetch_optional(conn)
    .await
}

/// Opens a failed job again, with one attempt more than it has had; answers its workspace. `None` unless it is the newest
/// of its connection and has failed.
pub async fn reopen(conn: &mut PgConnection, id: i64) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "UPDATE engine.jobs AS j
         SET status = 'pending', failure = NULL, advanced = false, updated_at = now(),
             attempts_allowed = 1 + (SELECT count(*) FROM engine.attempts a
                                     WHERE a.job_id = j.id AND a.status = 'failed' AND a.failure IS NOT NULL)::integer
         WHERE j.id = $1
           AND j.status = 'failed'
           AND NOT j.cancel_requested
           AND NOT EXISTS (SELECT FROM engine.jobs later WHERE later.connection_id = j.connection_id AND later.id > j.id)
         RETURNING j.workspace_id",
        id,
    )
    .fetch_optional(conn)
    .await
}

pub async fn set_queue_job(conn: &mut PgConnection, id: i64, queue_job: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE engine.jobs SET queue_job = $2 WHERE id = $1",
        id,
        queue_job
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Its job in the queue.
pub async fn queue_job(conn: &mut PgConnection, id: i64) -> sqlx::Result<Option<Uuid>> {
    let found = sqlx::query_scalar!("SELECT queue_job FROM engine.jobs WHERE id = $1", id);
    Ok(found.fetch_optional(conn).await?.flatten())
}

/// Marks a job that is not over as asked to stop; `false` when it is over.
pub async fn request_cancel(conn: &mut PgConnection, id: i64) -> sqlx::Result<bool> {
    let asked = sqlx::query!(
        "UPDATE engine.jobs
         SET cancel_requested = true, updated_at = now()
         WHERE id = $1
           AND status IN ('pending', 'running', 'incomplete')",
        id,
    );
    Ok(asked.execute(conn).await?.rows_affected() == 1)
}

pub async fn is_cancel_requested(pool: &PgPool, id: i64) -> sqlx::Result<bool> {
    let asked = sqlx::query_scalar!("SELECT cancel_requested FROM engine.jobs WHERE id = $1", id);
    // A job that is gone was deleted with its connection: the strongest way of asking.
    Ok(asked.fetch_optional(pool).await?.unwrap_or(true))
}

/// One more attempt begins. Gives its number.
pub async fn begin(conn: &mut PgConnection, id: i64) -> sqlx::Result<i32> {
    sqlx::query_scalar!(
        "UPDATE engine.jobs
         SET status = 'running', attempts = attempts + 1, started_at = COALESCE(started_at, now()), updated_at = now()
         WHERE id = $1
         RETURNING attempts",
        id,
    )
    .fetch_one(conn)
    .await
}

pub async fn set_catalog(conn: &mut PgConnection, id: i64, catalog: &Value) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE engine.jobs
         -- As text: sqlx would send jsonb, which forgets the order of fields
         SET catalog = $2::text::json
         WHERE id = $1",
        id,
        catalog.to_string(),
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Moves a job that is not over to another status.
pub async fn set_status(
    conn: &mut PgConnection,
    id: i64,
    status: &str,
    failure: Option<&Value>,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "UPDATE engine.jobs
         SET status = $2, failure = $3, updated_at = now()
         WHERE id = $1
           AND status IN ('pending', 'running', 'incomplete')",
        id,
        status,
        failure,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// What it brought until now need not be read again.
pub async fn set_advanced(conn: &mut PgConnection, id: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE engine.jobs SET advanced = true WHERE id = $1 AND NOT advanced",
        id
    )
    .execute(conn)
    .await
    .map(drop)
}

/// What the attempt ran in, and the most memory it took.
pub async fn set_usage(
    pool: &PgPool,
    id: i64,
    sandbox: Option<&str>,
    memory: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE engine.jobs
         SET sandbox = COALESCE($2, sandbox), max_memory = NULLIF(GREATEST(COALESCE(max_memory, 0), $3), 0)
         WHERE id = $1",
        id,
        sandbox,
        memory,
    )
    .execute(pool)
    .await
    .map(drop)
}
