//! Clients at providers, people on their way there, and what they granted until a source takes it. All of it sealed.

use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

pub struct Client {
    pub workspace_id: Option<Uuid>,
    pub source_type: String,
    pub sealed: Vec<u8>,
}

/// A workspace's own client, or the one for every workspace.
pub async fn client(
    pool: &PgPool,
    workspace: Uuid,
    source_type: &str,
) -> sqlx::Result<Option<Client>> {
    sqlx::query_as!(
        Client,
        "SELECT workspace_id, source_type, sealed
         FROM engine.oauth_clients
         WHERE source_type = $2
           AND (workspace_id = $1 OR workspace_id IS NULL)
         ORDER BY workspace_id NULLS LAST
         LIMIT 1",
        workspace,
        source_type,
    )
    .fetch_optional(pool)
    .await
}

/// In the place of an older one.
pub async fn put_client(pool: &PgPool, client: &Client) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO engine.oauth_clients (workspace_id, source_type, sealed)
         VALUES ($1, $2, $3)
         ON CONFLICT (workspace_id, source_type) DO UPDATE
         SET sealed = EXCLUDED.sealed, set_at = now()",
        client.workspace_id,
        client.source_type,
        client.sealed,
    )
    .execute(pool)
    .await
    .map(drop)
}

pub async fn delete_client(
    pool: &PgPool,
    workspace: Option<Uuid>,
    source_type: &str,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "DELETE FROM engine.oauth_clients
         WHERE workspace_id IS NOT DISTINCT FROM $1
           AND source_type = $2",
        workspace,
        source_type,
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

/// All of them, for putting them under another key.
pub async fn clients(conn: &mut PgConnection) -> sqlx::Result<Vec<Client>> {
    sqlx::query_as!(
        Client,
        "SELECT workspace_id, source_type, sealed FROM engine.oauth_clients FOR UPDATE"
    )
    .fetch_all(conn)
    .await
}

pub async fn reseal_client(conn: &mut PgConnection, client: &Client) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE engine.oauth_clients
         SET sealed = $3
         WHERE workspace_id IS NOT DISTINCT FROM $1
           AND source_type = $2",
        client.workspace_id,
        client.source_type,
        client.sealed,
    )
    .execute(conn)
    .await
    .map(drop)
}

pub struct Kept {
    pub workspace_id: Uuid,
    pub sealed: Vec<u8>,
}

/// Keeps a trip, and forgets those that took too long.
pub async fn insert_trip(
    pool: &PgPool,
    state_hash: &[u8],
    kept: &Kept,
    seconds: f64,
) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM engine.oauth_trips WHERE expires_at < now()")
        .execute(pool)
        .await?;
    sqlx::query!(
        "INSERT INTO engine.oauth_trips (state_hash, workspace_id, sealed, expires_at)
         VALUES ($1, $2, $3, now() + make_interval(secs => $4))",
        state_hash,
        kept.workspace_id,
        kept.sealed,
        seconds,
    )
    .execute(pool)
    .await
    .map(drop)
}

/// Ends a trip; a second one finds nothing.
pub async fn take_trip(pool: &PgPool, state_hash: &[u8]) -> sqlx::Result<Option<Kept>> {
    sqlx::query_as!(
        Kept,
        "DELETE FROM engine.oauth_trips
         WHERE state_hash = $1
           AND expires_at > now()
         RETURNING workspace_id, sealed",
        state_hash,
    )
    .fetch_optional(pool)
    .await
}

/// Keeps what was granted, and forgets what no source took.
pub async fn insert_secret(
    pool: &PgPool,
    id_hash: &[u8],
    kept: &Kept,
    seconds: f64,
) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM engine.oauth_secrets WHERE expires_at < now()")
        .execute(pool)
        .await?;
    sqlx::query!(
        "INSERT INTO engine.oauth_secrets (id_hash, workspace_id, sealed, expires_at)
         VALUES ($1, $2, $3, now() + make_interval(secs => $4))",
        id_hash,
        kept.workspace_id,
        kept.sealed,
        seconds,
    )
    .execute(pool)
    .await
    .map(drop)
}

/// What was granted in this workspace under that name. It stays until it ends: a request may be sent again.
pub async fn secret(
    pool: &PgPool,
    workspace: Uuid,
    id_hash: &[u8],
) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!(
        "SELECT sealed
         FROM engine.oauth_secrets
         WHERE id_hash = $2
           AND workspace_id = $1
           AND expires_at > now()",
        workspace,
        id_hash,
    )
    .fetch_optional(pool)
    .await
}
