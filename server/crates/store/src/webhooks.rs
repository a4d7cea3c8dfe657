//! Webhooks in: the endpoint of a connection. What it has taken in is in [`events`].

pub mod events;

use model::{ConnectionId, TenantId, TenantState, WebhookRefusal, WebhookScheme};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, connections::Stage, error::one_row, ids::Id};

/// An endpoint as stored.
#[derive(Debug, Clone)]
pub struct Webhook {
    pub tenant: TenantId,
    pub connection: ConnectionId,
    /// Turned off ones stay for what they have taken in.
    pub is_on: bool,
    pub scheme: WebhookScheme,
    /// Sealed, as the other.
    pub secret: Option<Vec<u8>>,
    pub secret_set_at: Option<OffsetDateTime>,
    pub old_secret: Option<Vec<u8>>,
    pub old_secret_until: Option<OffsetDateTime>,
    pub table: String,
    pub created_at: OffsetDateTime,
    pub last_refusal: Option<(WebhookRefusal, OffsetDateTime)>,
    pub problem: Option<String>,
    pub landed_at: Option<OffsetDateTime>,
    pub turn: i64,
}

struct Row {
    tenant_id: Uuid,
    connection_id: Uuid,
    is_on: bool,
    scheme: String,
    secret: Option<Vec<u8>>,
    secret_set_at: Option<OffsetDateTime>,
    old_secret: Option<Vec<u8>>,
    old_secret_until: Option<OffsetDateTime>,
    table_name: String,
    created_at: OffsetDateTime,
    last_refusal: Option<String>,
    last_refusal_at: Option<OffsetDateTime>,
    problem: Option<String>,
    landed_at: Option<OffsetDateTime>,
    turn: i64,
}

impl Row {
    fn read(self) -> Result<Webhook, Error> {
        let corrupt = |column| Error::Corrupt {
            table: "webhooks",
            column,
            id: self.connection_id.to_string(),
        };
        let refusal = match &self.last_refusal {
            None => None,
            Some(name) => Some(WebhookRefusal::parse(name).ok_or_else(|| corrupt("last_refusal"))?),
        };
        Ok(Webhook {
            tenant: TenantId::from_uuid(self.tenant_id),
            scheme: WebhookScheme::parse(&self.scheme).ok_or_else(|| corrupt("scheme"))?,
            connection: ConnectionId::from_uuid(self.connection_id),
            is_on: self.is_on,
            secret: self.secret,
            secret_set_at: self.secret_set_at,
            old_secret: self.old_secret,
            old_secret_until: self.old_secret_until,
            table: self.table_name,
            created_at: self.created_at,
            last_refusal: refusal.zip(self.last_refusal_at),
            problem: self.problem,
            landed_at: self.landed_at,
            turn: self.turn,
        })
    }
}

/// Whose address it is, and whether anything may come in there now.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub tenant: TenantId,
    pub tenant_state: TenantState,
    pub connection: ConnectionId,
    pub stage: Stage,
}

/// By what stands in the address, of whatever tenant: in a platform transaction.
pub async fn find(conn: &mut PgConnection, token_hash: &[u8]) -> Result<Option<Place>, Error> {
    let row = sqlx::query!(
        "SELECT w.tenant_id, w.connection_id, t.state, c.stage
         FROM webhooks w
         JOIN tenants t ON t.id = w.tenant_id
         JOIN connections c ON c.tenant_id = w.tenant_id AND c.id = w.connection_id
         WHERE w.token_hash = $1",
        token_hash,
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let corrupt = |table, column| Error::Corrupt {
        table,
        column,
        id: row.connection_id.to_string(),
    };
    Ok(Some(Place {
        tenant: TenantId::from_uuid(row.tenant_id),
        tenant_state: TenantState::parse(&row.state).ok_or_else(|| corrupt("tenants", "state"))?,
        connection: ConnectionId::from_uuid(row.connection_id),
        stage: Stage::parse(&row.stage).ok_or_else(|| corrupt("connections", "stage"))?,
    }))
}

pub async fn get(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<Option<Webhook>, Error> {
    sqlx::query_as!(
        Row,
        r#"SELECT tenant_id, connection_id, token_hash IS NOT NULL AS "is_on!", scheme, secret, secret_set_at, old_secret,
                  old_secret_until, table_name, created_at, last_refusal, last_refusal_at, problem, landed_at, turn
           FROM webhooks
           WHERE tenant_id = $1
             AND connection_id = $2"#,
        tenant.uuid(),
        connection.uuid(),
    )
    .fetch_optional(conn)
    .await?
    .map(Row::read)
    .transpose()
}

/// The same with nobody taking anything in until the transaction ends.
pub async fn lock(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<Option<Webhook>, Error> {
    sqlx::query!(
        "SELECT connection_id FROM webhooks WHERE tenant_id = $1 AND connection_id = $2 FOR UPDATE",
        tenant.uuid(),
        connection.uuid(),
    )
    .fetch_optional(&mut *conn)
    .await?;
    get(conn, tenant, connection).await
}

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
        "INSERT INTO webhooks (tenant_id, connection_id, token_hash, scheme, secret, secret_set_at, table_name, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, CASE WHEN $5::bytea IS NULL THEN NULL ELSE $8::timestamptz END, $6, $7, $8)
         ON CONFLICT ON CONSTRAINT webhooks_pkey DO UPDATE
         SET token_hash = excluded.token_hash,
             scheme = excluded.scheme,
             secret = excluded.secret,
             secret_set_at = excluded.secret_set_at,
             created_by = excluded.created_by,
             created_at = excluded.created_at",
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
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE webhooks
         SET token_hash = $3
         WHERE tenant_id = $1
           AND connection_id = $2
           AND token_hash IS NOT NULL",
        tenant.uuid(),
        connection.uuid(),
        token_hash,
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

/// Notes why something was refused; the same again soon after is noted already.
pub async fn refused(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    why: WebhookRefusal,
    at: OffsetDateTime,
    again_after: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE webhooks
         SET last_refusal = $3,
             last_refusal_at = $4
         WHERE tenant_id = $1
           AND connection_id = $2
           AND (last_refusal IS DISTINCT FROM $3 OR last_refusal_at < $5)",
        tenant.uuid(),
        connection.uuid(),
        why.name(),
        at,
        again_after,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets others enqueue the next job: this one's is over. With the row locked.
pub async fn next_turn(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    problem: Option<&str>,
) -> Result<i64, Error> {
    Ok(sqlx::query_scalar!(
        "UPDATE webhooks
         SET turn = turn + 1,
             problem = $3
         WHERE tenant_id = $1
           AND connection_id = $2
         RETURNING turn",
        tenant.uuid(),
        connection.uuid(),
        problem,
    )
    .fetch_one(conn)
    .await?)
}

/// Says why rows are late.
pub async fn set_problem(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    problem: &str,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE webhooks
         SET problem = $3
         WHERE tenant_id = $1
           AND connection_id = $2",
        tenant.uuid(),
        connection.uuid(),
        problem,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// A number for a writer that is greater than those of all before it.
pub async fn raise_fence(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<i64, Error> {
    Ok(sqlx::query_scalar!(
        "UPDATE webhooks
         SET fence = fence + 1
         WHERE tenant_id = $1
           AND connection_id = $2
         RETURNING fence",
        tenant.uuid(),
        connection.uuid(),
    )
    .fetch_one(conn)
    .await?)
}

/// Rows have arrived in its table.
pub async fn landed(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    at: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE webhooks
         SET landed_at = $3
         WHERE tenant_id = $1
           AND connection_id = $2",
        tenant.uuid(),
        connection.uuid(),
        at,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// Endpoints of usable tenants whose events have waited since before then, with their turns: in a platform transaction.
pub async fn late(
    conn: &mut PgConnection,
    before: OffsetDateTime,
) -> Result<Vec<(TenantId, ConnectionId, i64)>, Error> {
    let rows = sqlx::query!(
        "SELECT w.tenant_id, w.connection_id, w.turn
         FROM webhooks w
         JOIN tenants t ON t.id = w.tenant_id
         WHERE t.state = 'active'
           AND EXISTS (
               SELECT FROM webhook_events e
               WHERE e.tenant_id = w.tenant_id
                 AND e.connection_id = w.connection_id
                 AND e.payload IS NOT NULL
                 AND e.received_at < $1)",
        before,
    )
    .fetch_all(conn)
    .await?;
    let late = rows.into_iter().map(|row| {
        (
            TenantId::from_uuid(row.tenant_id),
            ConnectionId::from_uuid(row.connection_id),
            row.turn,
        )
    });
    Ok(late.collect())
}
