//! Sealed columns row by row, for putting them under another key. In the caller's transaction.

use sqlx::PgConnection;
use uuid::Uuid;

use super::clients::Stored;

/// A source's or destination's configuration.
#[expect(clippy::struct_field_names, reason = "named as its column")]
pub struct Config {
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub config: Vec<u8>,
}

pub async fn clients(conn: &mut PgConnection) -> sqlx::Result<Vec<Stored>> {
    sqlx::query_as!(
        Stored,
        "SELECT id, sealed_secret FROM engine.clients FOR UPDATE"
    )
    .fetch_all(conn)
    .await
}

pub async fn put_client(conn: &mut PgConnection, id: &str, secret: &[u8]) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE engine.clients SET sealed_secret = $2 WHERE id = $1",
        id,
        secret,
    )
    .execute(conn)
    .await
    .map(drop)
}

pub async fn sources(conn: &mut PgConnection) -> sqlx::Result<Vec<Config>> {
    sqlx::query_as!(
        Config,
        "SELECT id, workspace_id, config FROM engine.sources FOR UPDATE"
    )
    .fetch_all(conn)
    .await
}

pub async fn put_source(conn: &mut PgConnection, id: Uuid, config: &[u8]) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE engine.sources SET config = $2 WHERE id = $1",
        id,
        config,
    )
    .execute(conn)
    .await
    .map(drop)
}

pub async fn destinations(conn: &mut PgConnection) -> sqlx::Result<Vec<Config>> {
    sqlx::query_as!(
        Config,
        "SELECT id, workspace_id, config FROM engine.destinations FOR UPDATE"
    )
    .fetch_all(conn)
    .await
}

pub async fn put_destination(conn: &mut PgConnection, id: Uuid, config: &[u8]) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE engine.destinations SET config = $2 WHERE id = $1",
        id,
        config,
    )
    .execute(conn)
    .await
    .map(drop)
}
