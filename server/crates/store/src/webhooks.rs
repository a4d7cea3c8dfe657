//! Webhooks in: what is stored of the endpoint of a connection. What its owner changes and how its rows arrive have files
//! of their own; what it has taken in is in [`events`].

mod change;
pub mod events;
mod landing;

use model::{ConnectionId, TenantId, TenantState, WebhookRefusal, WebhookScheme};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, connections::Stage, ids::Id};

pub use change::{New, set_scheme, set_secret, set_token, turn_off, turn_on};
pub use landing::{landed, late, next_turn, raise_fence, set_problem};

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
    pub address_made_at: OffsetDateTime,
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
    address_made_at: OffsetDateTime,
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
            address_made_at: self.address_made_at,
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
                  old_secret_until, table_name, created_at, address_made_at, last_refusal, last_refusal_at, problem, landed_at,
                  turn
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

/// Notes why something was refused; the same again soon after is noted already, unless something was taken in between.
pub async fn refused(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    why: WebhookRefusal,
    at: OffsetDateTime,
    again_after: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE webhooks w
         SET last_refusal = $3,
             last_refusal_at = $4
         WHERE w.tenant_id = $1
           AND w.connection_id = $2
           AND (w.last_refusal IS DISTINCT FROM $3
                OR w.last_refusal_at < $5
                OR EXISTS (
                    SELECT FROM webhook_events e
                    WHERE e.tenant_id = w.tenant_id
                      AND e.connection_id = w.connection_id
                      AND e.received_at >= w.last_refusal_at))",
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
