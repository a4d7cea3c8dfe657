//! Workspaces.

use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

pub struct Row {
    pub id: Uuid,
    pub name: String,
    pub notifications: Value,
}

pub async fn list(
    pool: &PgPool,
    scope: Option<Uuid>,
    ids: &[Uuid],
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        "SELECT id, name, notifications
         FROM engine.workspaces
         WHERE ($1::uuid IS NULL OR id = $1)
           AND (cardinality($2::uuid[]) = 0 OR id = ANY($2))
         ORDER BY created_at, id
         LIMIT $3 OFFSET $4",
        scope,
        ids,
        limit,
        offset,
    )
    .fetch_all(pool)
    .await
}

pub async fn find(pool: &PgPool, scope: Option<Uuid>, id: Uuid) -> sqlx::Result<Option<Row>> {
    sqlx::query_as!(
        Row,
        "SELECT id, name, notifications
         FROM engine.workspaces
         WHERE id = $1
           AND ($2::uuid IS NULL OR id = $2)",
        id,
        scope,
    )
    .fetch_optional(pool)
    .await
}

pub async fn insert(
    pool: &PgPool,
    id: Uuid,
    name: &str,
    notifications: &Value,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO engine.workspaces (id, name, notifications) VALUES ($1, $2, $3)",
        id,
        name,
        notifications,
    )
    .execute(pool)
    .await
    .map(drop)
}

/// What is `None` stays.
pub async fn update(
    pool: &PgPool,
    id: Uuid,
    name: Option<&str>,
    notifications: Option<&Value>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE engine.workspaces
         SET name = COALESCE($2, name), notifications = COALESCE($3, notifications)
         WHERE id = $1",
        id,
        name,
        notifications,
    )
    .execute(pool)
    .await
    .map(drop)
}

/// Takes everything the workspace owns with it.
pub async fn delete(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM engine.workspaces WHERE id = $1", id)
        .execute(conn)
        .await
        .map(drop)
}
