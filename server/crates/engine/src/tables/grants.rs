//! What people granted by the engine's own sign-in, and whether a source still lives by it.

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use super::sealed::Config;

pub struct Row {
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub source_type: String,
    pub provider: String,
    pub client_id: String,
    /// `None` where the provider does not say who it was.
    pub account_id: Option<String>,
    pub sealed: Vec<u8>,
    /// A person must sign in again.
    pub ended: bool,
    /// Until then a source may be made with it.
    pub open_until: OffsetDateTime,
}

/// Keeps a new one, and forgets those that no source took, or has any more, and that have waited long to be given back.
pub async fn insert(conn: &mut PgConnection, row: &Row) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM engine.oauth_grants AS g
         WHERE g.open_until < now() - interval '2 days'
           AND (g.left_at IS NULL OR g.left_at < now() - interval '2 days')
           AND NOT EXISTS (SELECT FROM engine.sources AS s WHERE s.grant_id = g.id)"
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO engine.oauth_grants (id, workspace_id, source_type, provider, client_id, account_id, sealed, ended, open_until)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        row.id,
        row.workspace_id,
        row.source_type,
        row.provider,
        row.client_id,
        row.account_id,
        row.sealed,
        row.ended,
        row.open_until,
    )
    .execute(conn)
    .await
    .map(drop)
}

pub async fn find(pool: &PgPool, id: Uuid) -> sqlx::Result<Option<Row>> {
    sqlx::query_as!(
        Row,
        "SELECT id, workspace_id, source_type, provider, client_id, account_id, sealed, ended, open_until
         FROM engine.oauth_grants
         WHERE id = $1",
        id,
    )
    .fetch_optional(pool)
    .await
}

/// All of them, for putting them under another key.
pub async fn all(conn: &mut PgConnection) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        "SELECT id, workspace_id, source_type, provider, client_id, account_id, sealed, ended, open_until
         FROM engine.oauth_grants
         FOR UPDATE"
    )
    .fetch_all(conn)
    .await
}

pub async fn put_sealed(conn: &mut PgConnection, id: Uuid, sealed: &[u8]) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE engine.oauth_grants SET sealed = $2 WHERE id = $1",
        id,
        sealed,
    )
    .execute(conn)
    .await
    .map(|done| tell_of_none(id, done.rows_affected()))
}

/// The provider does not renew it any more.
pub async fn end(pool: &PgPool, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE engine.oauth_grants SET ended = true WHERE id = $1",
        id
    )
    .execute(pool)
    .await
    .map(|done| tell_of_none(id, done.rows_affected()))
}

/// Its last source may be removed, and the grant given back, while its provider renews it.
fn tell_of_none(id: Uuid, changed: u64) {
    if changed == 0 {
        tracing::warn!(grant = %id, "a grant was forgotten while it was renewed");
    }
}

/// Waits until nobody else renews this grant, and keeps others waiting until the transaction ends. No row is held: what is
/// renewed is committed by another connection meanwhile, and removing a source waits for no provider.
pub async fn take_turn(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
        format!("engine.oauth_grants/{id}"),
    )
    .fetch_one(conn)
    .await
    .map(drop)
}

/// Those that a source, or the sources of a workspace, live by. Locked: of two sources that are removed at once, one is
/// the last.
pub async fn lock_below(conn: &mut PgConnection, owner: Uuid) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        "SELECT id, workspace_id, source_type, provider, client_id, account_id, sealed, ended, open_until
         FROM engine.oauth_grants
         WHERE id IN (SELECT grant_id FROM engine.sources WHERE id = $1 OR workspace_id = $1)
         ORDER BY id
         FOR UPDATE",
        owner,
    )
    .fetch_all(conn)
    .await
}

/// A source that was removed, or lives by something else now, with what it held in the end.
pub struct Held {
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub config: Vec<u8>,
    pub grant_id: Uuid,
}

/// Removes this source, or those of this workspace, where somebody signed in for them.
pub async fn remove_sources(conn: &mut PgConnection, owner: Uuid) -> sqlx::Result<Vec<Held>> {
    sqlx::query_as!(
        Held,
        r#"DELETE FROM engine.sources
           WHERE (id = $1 OR workspace_id = $1)
             AND grant_id IS NOT NULL
           RETURNING id, workspace_id, config, grant_id AS "grant_id!""#,
        owner,
    )
    .fetch_all(conn)
    .await
}

/// The one that a source lives by, while it is to live by another one. Both are locked, in the order that everybody keeps.
pub async fn lock_replaced(
    conn: &mut PgConnection,
    id: Uuid,
    by: Option<Uuid>,
) -> sqlx::Result<Option<Row>> {
    let locked = sqlx::query_as!(
        Row,
        "SELECT id, workspace_id, source_type, provider, client_id, account_id, sealed, ended, open_until
         FROM engine.oauth_grants
         WHERE id = $1 OR id = $2
         ORDER BY id
         FOR UPDATE",
        id,
        by,
    )
    .fetch_all(conn)
    .await?;
    Ok(locked.into_iter().find(|row| row.id == id))
}

/// One that no source was ever made with, as far as can be seen.
pub async fn lock_unused(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Row>> {
    sqlx::query_as!(
        Row,
        "SELECT id, workspace_id, source_type, provider, client_id, account_id, sealed, ended, open_until
         FROM engine.oauth_grants
         WHERE id = $1
           AND left_at IS NULL
           AND NOT EXISTS (SELECT FROM engine.sources WHERE grant_id = $1)
         FOR UPDATE",
        id,
    )
    .fetch_optional(conn)
    .await
}

/// Keeps what is to be given back, and tells from when on; `None` where another source lives by it.
pub async fn leave(
    conn: &mut PgConnection,
    id: Uuid,
    sealed: &[u8],
) -> sqlx::Result<Option<OffsetDateTime>> {
    sqlx::query_scalar!(
        "UPDATE engine.oauth_grants
         SET sealed = $2, left_at = now()
         WHERE id = $1
           AND NOT EXISTS (SELECT FROM engine.sources WHERE grant_id = $1)
         RETURNING open_until",
        id,
        sealed,
    )
    .fetch_optional(conn)
    .await
}

/// Whether a source was made with it after its last one was removed; it goes on then.
pub async fn goes_on(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE engine.oauth_grants
         SET left_at = NULL
         WHERE id = $1
           AND EXISTS (SELECT FROM engine.sources WHERE grant_id = $1)",
        id,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Others that somebody may live by, and that may be of the same account and are of the same client. Where it is not known
/// whose a sign-in is, it might be the same one's.
pub async fn beside(pool: &PgPool, row: &Row) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        "SELECT g.id, g.workspace_id, g.source_type, g.provider, g.client_id, g.account_id, g.sealed, g.ended, g.open_until
         FROM engine.oauth_grants AS g
         WHERE g.provider = $2
           AND g.client_id = $3
           AND g.id <> $1
           AND COALESCE(g.account_id = $4, true)
           AND (g.open_until > now() OR EXISTS (SELECT FROM engine.sources AS s WHERE s.grant_id = g.id))",
        row.id,
        row.provider,
        row.client_id,
        row.account_id,
    )
    .fetch_all(pool)
    .await
}

/// Sources of a connector that nobody signed in for by the engine's own API: the hub did it, or somebody typed keys.
pub async fn others(pool: &PgPool, definition: Uuid) -> sqlx::Result<Vec<Config>> {
    sqlx::query_as!(
        Config,
        "SELECT id, workspace_id, config
         FROM engine.sources
         WHERE definition_id = $1
           AND grant_id IS NULL",
        definition,
    )
    .fetch_all(pool)
    .await
}

/// It was given back, or cannot be.
pub async fn forget(pool: &PgPool, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM engine.oauth_grants
         WHERE id = $1
           AND NOT EXISTS (SELECT FROM engine.sources WHERE grant_id = $1)",
        id,
    )
    .execute(pool)
    .await
    .map(drop)
}
