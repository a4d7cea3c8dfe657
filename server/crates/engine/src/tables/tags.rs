//! Tags of workspaces, and which connections carry them.

use airbyte::api::TagResponse;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

pub async fn list(
    pool: &PgPool,
    scope: Option<Uuid>,
    workspaces: &[Uuid],
) -> sqlx::Result<Vec<TagResponse>> {
    sqlx::query_as!(
        TagResponse,
        "SELECT id AS tag_id, workspace_id, name, color
         FROM engine.tags
         WHERE ($1::uuid IS NULL OR workspace_id = $1)
           AND (cardinality($2::uuid[]) = 0 OR workspace_id = ANY($2))
         ORDER BY name, id",
        scope,
        workspaces,
    )
    .fetch_all(pool)
    .await
}

pub async fn find(
    pool: &PgPool,
    scope: Option<Uuid>,
    id: Uuid,
) -> sqlx::Result<Option<TagResponse>> {
    sqlx::query_as!(
        TagResponse,
        "SELECT id AS tag_id, workspace_id, name, color
         FROM engine.tags
         WHERE id = $1
           AND ($2::uuid IS NULL OR workspace_id = $2)",
        id,
        scope,
    )
    .fetch_optional(pool)
    .await
}

/// Nothing where the workspace has a tag of this name, or so many already.
pub async fn insert(pool: &PgPool, tag: &TagResponse, most: i64) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO engine.tags (id, workspace_id, name, color)
         SELECT $1, $2, $3, $4
         WHERE (SELECT count(*) FROM engine.tags WHERE workspace_id = $2) < $5
         ON CONFLICT (workspace_id, name) DO NOTHING",
        tag.tag_id,
        tag.workspace_id,
        tag.name,
        tag.color,
        most,
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Nothing where another tag of the workspace has the name.
pub async fn update(pool: &PgPool, tag: &TagResponse) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE engine.tags t
         SET name = $2, color = $3
         WHERE id = $1
           AND NOT EXISTS (
               SELECT 1 FROM engine.tags other
               WHERE other.workspace_id = t.workspace_id AND other.name = $2 AND other.id <> $1
           )",
        tag.tag_id,
        tag.name,
        tag.color,
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn delete(pool: &PgPool, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM engine.tags WHERE id = $1", id)
        .execute(pool)
        .await
        .map(drop)
}

/// The tags of these connections, each with its connection.
pub async fn of_connections(
    pool: &PgPool,
    connections: &[Uuid],
) -> sqlx::Result<Vec<(Uuid, TagResponse)>> {
    let rows = sqlx::query!(
        "SELECT c.connection_id, t.id, t.workspace_id, t.name, t.color
         FROM engine.connection_tags c
         JOIN engine.tags t ON t.id = c.tag_id
         WHERE c.connection_id = ANY($1)
         ORDER BY t.name, t.id",
        connections,
    )
    .fetch_all(pool)
    .await?;
    let carried = rows.into_iter().map(|row| {
        let tag = TagResponse {
            tag_id: row.id,
            workspace_id: row.workspace_id,
            name: row.name,
            color: row.color,
        };
        (row.connection_id, tag)
    });
    Ok(carried.collect())
}

/// The connection carries these and no others. How many of them its workspace has.
pub async fn put_on(
    conn: &mut PgConnection,
    workspace: Uuid,
    connection: Uuid,
    tags: &[Uuid],
) -> sqlx::Result<u64> {
    sqlx::query!(
        "DELETE FROM engine.connection_tags WHERE connection_id = $1",
        connection,
    )
    .execute(&mut *conn)
    .await?;
    let done = sqlx::query!(
        "INSERT INTO engine.connection_tags (workspace_id, connection_id, tag_id)
         SELECT workspace_id, $2, id
         FROM engine.tags
         WHERE workspace_id = $1
           AND id = ANY($3)",
        workspace,
        connection,
        tags,
    )
    .execute(&mut *conn)
    .await?;
    Ok(done.rows_affected())
}
