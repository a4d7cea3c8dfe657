//! Low-code manifests that workspaces brought.

use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

pub struct Row {
    pub id: Uuid,
    pub name: String,
    pub manifest: Value,
    pub version: i64,
}

/// A workspace's, in the order they came.
pub async fn list(pool: &PgPool, workspace: Uuid) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        "SELECT id, name, manifest, version
         FROM engine.manifests
         WHERE workspace_id = $1
         ORDER BY created_at, id",
        workspace,
    )
    .fetch_all(pool)
    .await
}

pub async fn find(pool: &PgPool, scope: Option<Uuid>, id: Uuid) -> sqlx::Result<Option<Row>> {
    sqlx::query_as!(
        Row,
        "SELECT id, name, manifest, version
         FROM engine.manifests
         WHERE id = $2
           AND ($1::uuid IS NULL OR workspace_id = $1)",
        scope,
        id,
    )
    .fetch_optional(pool)
    .await
}

pub async fn insert(pool: &PgPool, workspace: Uuid, row: &Row) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO engine.manifests (id, workspace_id, name, manifest, version)
         VALUES ($1, $2, $3, $4, $5)",
        row.id,
        workspace,
        row.name,
        row.manifest,
        row.version,
    )
    .execute(pool)
    .await
    .map(drop)
}

/// The row as it is afterwards; `None` when the workspace has no such manifest.
pub async fn replace(
    pool: &PgPool,
    workspace: Uuid,
    id: Uuid,
    manifest: &Value,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as!(
        Row,
        "UPDATE engine.manifests
         SET manifest = $3, version = version + 1
         WHERE workspace_id = $1
           AND id = $2
         RETURNING id, name, manifest, version",
        workspace,
        id,
        manifest,
    )
    .fetch_optional(pool)
    .await
}

/// The row that is gone; `None` when there is none, or sources use it.
pub async fn delete(pool: &PgPool, workspace: Uuid, id: Uuid) -> sqlx::Result<Option<Row>> {
    sqlx::query_as!(
        Row,
        "DELETE FROM engine.manifests
         WHERE workspace_id = $1
           AND id = $2
           AND NOT EXISTS (SELECT FROM engine.sources WHERE definition_id = $2)
         RETURNING id, name, manifest, version",
        workspace,
        id,
    )
    .fetch_optional(pool)
    .await
}
