//! Sources with their sealed configurations, and the hold that keeps operations of one source apart.

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Clone)]
pub struct Row {
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub definition_id: Uuid,
    pub name: String,
    pub config: Vec<u8>,
    pub rotates: bool,
    /// What somebody granted for it by the engine's own sign-in.
    pub grant_id: Option<Uuid>,
    pub created_at: OffsetDateTime,
}

pub async fn list(
    pool: &PgPool,
    scope: Option<Uuid>,
    workspaces: &[Uuid],
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        "SELECT id, workspace_id, definition_id, name, config, rotates, grant_id, created_at
         FROM engine.sources
         WHERE ($1::uuid IS NULL OR workspace_id = $1)
           AND (cardinality($2::uuid[]) = 0 OR workspace_id = ANY($2))
         ORDER BY created_at, id
         LIMIT $3 OFFSET $4",
        scope,
        workspaces,
        limit,
        offset,
    )
    .fetch_all(pool)
    .await
}

pub async fn find(pool: &PgPool, scope: Option<Uuid>, id: Uuid) -> sqlx::Result<Option<Row>> {
    sqlx::query_as!(
        Row,
        "SELECT id, workspace_id, definition_id, name, config, rotates, grant_id, created_at
         FROM engine.sources
         WHERE id = $1
           AND ($2::uuid IS NULL OR workspace_id = $2)",
        id,
        scope,
    )
    .fetch_optional(pool)
    .await
}

pub async fn insert(pool: &PgPool, row: &Row) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO engine.sources (id, workspace_id, definition_id, name, config, rotates, grant_id, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        row.id,
        row.workspace_id,
        row.definition_id,
        row.name,
        row.config,
        row.rotates,
        row.grant_id,
        row.created_at,
    )
    .execute(pool)
    .await
    .map(drop)
}

/// Changes the row to the new one, if it still is as it was found. From the first token on that is replaced at each use,
/// operations run one at a time.
pub async fn update(conn: &mut PgConnection, found: &Row, new: &Row) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "UPDATE engine.sources
         SET name = $3, config = $4, rotates = rotates OR $5, grant_id = $6, updated_at = now()
         WHERE id = $1
           AND config = $2",
        found.id,
        found.config,
        new.name,
        new.config,
        new.rotates,
        new.grant_id,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Keeps a configuration the connector itself has changed, if nobody else changed it meanwhile. From then on its operations
/// run one at a time.
pub async fn rotate(pool: &PgPool, found: &Row, config: &[u8]) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "UPDATE engine.sources
         SET config = $3, rotates = true, updated_at = now()
         WHERE id = $1
           AND config = $2",
        found.id,
        found.config,
        config,
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

pub async fn delete(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM engine.sources WHERE id = $1", id)
        .execute(conn)
        .await
        .map(drop)
}

/// Takes or renews the hold; `false` while another operation has it.
pub async fn hold(pool: &PgPool, id: Uuid, holder: Uuid, seconds: f64) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE engine.sources
         SET held_by = $2, held_until = now() + make_interval(secs => $3)
         WHERE id = $1
           AND (held_by IS NULL OR held_by = $2 OR held_until < now())",
        id,
        holder,
        seconds,
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn release(pool: &PgPool, id: Uuid, holder: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE engine.sources SET held_by = NULL, held_until = NULL WHERE id = $1 AND held_by = $2",
        id,
        holder,
    )
    .execute(pool)
    .await
    .map(drop)
}
