//! Connections, their chosen streams and the generations of those.

use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

pub struct Row {
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub source_id: Uuid,
    pub destination_id: Uuid,
    pub name: String,
    pub settings: Value,
    pub streams: Value,
    pub created_at: OffsetDateTime,
}

pub async fn list(
    pool: &PgPool,
    scope: Option<Uuid>,
    workspaces: &[Uuid],
    tags: &[Uuid],
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        "SELECT id, workspace_id, source_id, destination_id, name, settings, streams, created_at
         FROM engine.connections
         WHERE ($1::uuid IS NULL OR workspace_id = $1)
           AND (cardinality($2::uuid[]) = 0 OR workspace_id = ANY($2))
           AND (cardinality($3::uuid[]) = 0
                OR id IN (SELECT connection_id FROM engine.connection_tags WHERE tag_id = ANY($3)))
         ORDER BY created_at, id
         LIMIT $4 OFFSET $5",
        scope,
        workspaces,
        tags,
        limit,
        offset,
    )
    .fetch_all(pool)
    .await
}

pub async fn find(pool: &PgPool, scope: Option<Uuid>, id: Uuid) -> sqlx::Result<Option<Row>> {
    sqlx::query_as!(
        Row,
        "SELECT id, workspace_id, source_id, destination_id, name, settings, streams, created_at
         FROM engine.connections
         WHERE id = $1
           AND ($2::uuid IS NULL OR workspace_id = $2)",
        id,
        scope,
    )
    .fetch_optional(pool)
    .await
}

/// The other connections that write to a destination.
pub async fn of_destination(
    pool: &PgPool,
    destination: Uuid,
    except: Uuid,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        "SELECT id, workspace_id, source_id, destination_id, name, settings, streams, created_at
         FROM engine.connections
         WHERE destination_id = $1
           AND id <> $2",
        destination,
        except,
    )
    .fetch_all(pool)
    .await
}

pub async fn insert(
    conn: &mut PgConnection,
    row: &Row,
    next_run: Option<OffsetDateTime>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO engine.connections (id, workspace_id, source_id, destination_id, name, settings, streams, created_at,
                                         next_run_at)
         -- As text: sqlx would send jsonb, which forgets the order of fields
         VALUES ($1, $2, $3, $4, $5, $6, $7::text::json, $8, $9)",
        row.id,
        row.workspace_id,
        row.source_id,
        row.destination_id,
        row.name,
        row.settings,
        row.streams.to_string(),
        row.created_at,
        next_run,
    )
    .execute(conn)
    .await
    .map(drop)
}

pub async fn update(
    conn: &mut PgConnection,
    row: &Row,
    next_run: Option<OffsetDateTime>,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "UPDATE engine.connections
         -- As text: sqlx would send jsonb, which forgets the order of fields
         SET name = $2, settings = $3, streams = $4::text::json, next_run_at = $5, updated_at = now()
         WHERE id = $1",
        row.id,
        row.name,
        row.settings,
        row.streams.to_string(),
        next_run,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Those whose time has come, the longest waiting first.
pub async fn due(pool: &PgPool, now: OffsetDateTime, limit: i64) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        "SELECT id, workspace_id, source_id, destination_id, name, settings, streams, created_at
         FROM engine.connections
         WHERE next_run_at <= $1
         ORDER BY next_run_at
         LIMIT $2",
        now,
        limit,
    )
    .fetch_all(pool)
    .await
}

pub async fn set_next_run(
    pool: &PgPool,
    id: Uuid,
    next_run: Option<OffsetDateTime>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE engine.connections SET next_run_at = $2 WHERE id = $1",
        id,
        next_run,
    )
    .execute(pool)
    .await
    .map(drop)
}

pub async fn delete(pool: &PgPool, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM engine.connections WHERE id = $1", id)
        .execute(pool)
        .await
        .map(drop)
}

/// Whether a job of it waits or runs, by any of the three ways to own it.
pub async fn active_jobs(pool: &PgPool, owner: Uuid) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        "SELECT j.id
         FROM engine.jobs j
         JOIN engine.connections c ON c.id = j.connection_id
         WHERE (c.id = $1 OR c.source_id = $1 OR c.destination_id = $1 OR c.workspace_id = $1)
           AND j.status IN ('pending', 'running', 'incomplete')",
        owner,
    )
    .fetch_all(pool)
    .await
}

/// The next token for a run of the connection: larger than every earlier one.
pub async fn raise_fence(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "UPDATE engine.connections SET fence = fence + 1 WHERE id = $1 RETURNING fence",
        id
    )
    .fetch_optional(conn)
    .await
}

/// A stream's generation, after raising it by `by` (0 only looks). A stream never replaced is in generation 0.
pub async fn generation(
    conn: &mut PgConnection,
    connection: Uuid,
    namespace: &str,
    name: &str,
    by: i64,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "INSERT INTO engine.generations AS g (connection_id, namespace, name, generation)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (connection_id, namespace, name) DO UPDATE SET generation = g.generation + $4
         RETURNING generation",
        connection,
        namespace,
        name,
        by,
    )
    .fetch_one(conn)
    .await
}
