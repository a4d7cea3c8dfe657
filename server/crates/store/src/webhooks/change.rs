//! Changes of an endpoint: turned on and off, another kind of sender, another secret, another address.

use model::{ConnectionId, TenantId, WebhookScheme};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{Error, error::one_row, ids::Id};

/// What turning one on needs.
#[derive(Debug, Clone)]
pub struct New<'a> {
    pub connection: ConnectionId,
    pub token_hash: &'a [u8],
    pub scheme: WebhookScheme,
    /// Sealed.
    pub secret: Option<&'a [u8]>,
    pub table: &'a str,
    pub created_by: &'a str,
    pub at: OffsetDateTime,
}

/// Turns it on. One that was off before starts anew, but its events keep their table.
pub async fn turn_on(
    conn: &mut PgConnection,
    tenant: TenantId,
    new: &New<'_>,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO webhooks (tenant_id, connection_id, token_hash, scheme, secret, secret_set_at, table_name, created_by, created_at,
                               address_made_at)
         VALUES ($1, $2, $3, $4, $5, CASE WHEN $5::bytea IS NULL THEN NULL ELSE $8::timestamptz END, $6, $7, $8, $8)
         ON CONFLICT ON CONSTRAINT webhooks_pkey DO UPDATE
         SET token_hash = excluded.token_hash,
             scheme = excluded.scheme,
             secret = excluded.secret,
             secret_set_at = excluded.secret_set_at,
             created_by = excluded.created_by,
             created_at = excluded.created_at,
             address_made_at = excluded.address_made_at",
        tenant.uuid(),
        new.connection.uuid(),
        new.token_hash,
        new.scheme.name(),
        new.secret,
        new.table,
        new.created_by,
        new.at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Another kind of sender: what was signed in the old way is not believed any more.
pub async fn set_scheme(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    scheme: WebhookScheme,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE webhooks
         SET scheme = $3,
             secret = NULL,
             secret_set_at = NULL,
             old_secret = NULL,
             old_secret_until = NULL
         WHERE tenant_id = $1
           AND connection_id = $2
           AND token_hash IS NOT NULL",
        tenant.uuid(),
        connection.uuid(),
        scheme.name(),
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// Gives it a sealed secret; the one before is good until then, or no longer.
pub async fn set_secret(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    secret: &[u8],
    old: Option<(&[u8], OffsetDateTime)>,
    at: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE webhooks
         SET secret = $3,
             secret_set_at = $4,
             old_secret = $5,
             old_secret_until = $6
         WHERE tenant_id = $1
           AND connection_id = $2
           AND token_hash IS NOT NULL",
        tenant.uuid(),
        connection.uuid(),
        secret,
        at,
        old.map(|(secret, _)| secret),
        old.map(|(_, until)| until),
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// Gives it another address.
pub async fn set_token(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    token_hash: &[u8],
    at: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE webhooks
         SET token_hash = $3,
             address_made_at = $4
         WHERE tenant_id = $1
           AND connection_id = $2
           AND token_hash IS NOT NULL",
        tenant.uuid(),
        connection.uuid(),
        token_hash,
        at,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// Ends address and secrets. What was taken in still becomes rows.
pub async fn turn_off(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE webhooks
         SET token_hash = NULL,
             secret = NULL,
             secret_set_at = NULL,
             old_secret = NULL,
             old_secret_until = NULL,
             last_refusal = NULL,
             last_refusal_at = NULL
         WHERE tenant_id = $1
           AND connection_id = $2
           AND token_hash IS NOT NULL",
        tenant.uuid(),
        connection.uuid(),
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}
