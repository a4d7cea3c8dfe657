//! Client credentials and access tokens, both as hashes.

use sqlx::PgPool;
use uuid::Uuid;

pub struct Stored {
    pub id: String,
    pub sealed_secret: Vec<u8>,
}

pub async fn find(pool: &PgPool, workspace: Option<Uuid>) -> sqlx::Result<Option<Stored>> {
    sqlx::query_as!(
        Stored,
        "SELECT id, sealed_secret
         FROM engine.clients
         WHERE workspace_id IS NOT DISTINCT FROM $1",
        workspace,
    )
    .fetch_optional(pool)
    .await
}

/// Does nothing when the scope has credentials already.
pub async fn insert(
    pool: &PgPool,
    id: &str,
    workspace: Option<Uuid>,
    hash: &[u8],
    sealed: &[u8],
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO engine.clients (id, workspace_id, secret_hash, sealed_secret)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (workspace_id) DO NOTHING",
        id,
        workspace,
        hash,
        sealed,
    )
    .execute(pool)
    .await
    .map(drop)
}

pub async fn secret_hash(pool: &PgPool, id: &str) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!("SELECT secret_hash FROM engine.clients WHERE id = $1", id)
        .fetch_optional(pool)
        .await
}

/// Keeps a new token and forgets those that have ended.
pub async fn insert_token(
    pool: &PgPool,
    hash: &[u8],
    client: &str,
    seconds: f64,
) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM engine.tokens WHERE expires_at < now()")
        .execute(pool)
        .await?;
    sqlx::query!(
        "INSERT INTO engine.tokens (hash, client_id, expires_at)
         VALUES ($1, $2, now() + make_interval(secs => $3))",
        hash,
        client,
        seconds,
    )
    .execute(pool)
    .await
    .map(drop)
}

/// The workspace a valid token is for, `Some(None)` for all; `None` when there is no such token.
pub async fn scope_of_token(pool: &PgPool, hash: &[u8]) -> sqlx::Result<Option<Option<Uuid>>> {
    sqlx::query_scalar!(
        r#"SELECT c.workspace_id AS "workspace_id?"
         FROM engine.tokens t
         JOIN engine.clients c ON c.id = t.client_id
         WHERE t.hash = $1
           AND t.expires_at > now()"#,
        hash,
    )
    .fetch_optional(pool)
    .await
}
