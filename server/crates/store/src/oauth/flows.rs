//! People on their way to a provider and back: one row a trip, used once.

use model::{ConnectionId, FlowId, LinkId, TenantId, UserId};
use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, error::one_row, ids::Id};

/// A trip.
#[derive(Debug, Clone)]
pub struct Flow {
    pub id: FlowId,
    pub state_hash: Vec<u8>,
    pub session_hash: Vec<u8>,
    /// `None`: somebody with a link.
    pub user: Option<UserId>,
    pub link: Option<LinkId>,
    pub integration: String,
    pub connection: Option<ConnectionId>,
    pub name: String,
    pub own_window: bool,
    pub sealed: Vec<u8>,
    pub outcome: Option<Value>,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
    pub used_at: Option<OffsetDateTime>,
}

struct Row {
    id: Uuid,
    state_hash: Vec<u8>,
    session_hash: Vec<u8>,
    user_id: Option<Uuid>,
    link_id: Option<Uuid>,
    integration: String,
    connection_id: Option<Uuid>,
    name: String,
    own_window: bool,
    sealed: Vec<u8>,
    outcome: Option<Value>,
    created_at: OffsetDateTime,
    expires_at: OffsetDateTime,
    used_at: Option<OffsetDateTime>,
}

impl From<Row> for Flow {
    fn from(row: Row) -> Self {
        Self {
            id: FlowId::from_uuid(row.id),
            state_hash: row.state_hash,
            session_hash: row.session_hash,
            user: row.user_id.map(UserId::from_uuid),
            link: row.link_id.map(LinkId::from_uuid),
            integration: row.integration,
            connection: row.connection_id.map(ConnectionId::from_uuid),
            name: row.name,
            own_window: row.own_window,
            sealed: row.sealed,
            outcome: row.outcome,
            created_at: row.created_at,
            expires_at: row.expires_at,
            used_at: row.used_at,
        }
    }
}

pub async fn insert(conn: &mut PgConnection, tenant: TenantId, flow: &Flow) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO oauth_flows (tenant_id, id, state_hash, session_hash, user_id, link_id, integration, connection_id, name,
                                  own_window, sealed, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        tenant.uuid(),
        flow.id.uuid(),
        flow.state_hash,
        flow.session_hash,
        flow.user.map(Id::uuid),
        flow.link.map(Id::uuid),
        flow.integration,
        flow.connection.map(Id::uuid),
        flow.name,
        flow.own_window,
        flow.sealed,
        flow.created_at,
        flow.expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn get(conn: &mut PgConnection, tenant: TenantId, id: FlowId) -> Result<Flow, Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, state_hash, session_hash, user_id, link_id, integration, connection_id, name, own_window, sealed, outcome,
                created_at, expires_at, used_at
         FROM oauth_flows
         WHERE tenant_id = $1
           AND id = $2",
        tenant.uuid(),
        id.uuid(),
    )
    .fetch_one(conn)
    .await?;
    Ok(row.into())
}

/// Whose trips are meant: of one session, as a person or by a link.
#[derive(Debug, Clone, Copy)]
pub struct Traveller<'a> {
    pub session_hash: &'a [u8],
    pub user: Option<UserId>,
    pub link: Option<LinkId>,
}

/// The newest trip for a new connection that nobody came back from and that can still be ended.
pub async fn unfinished(
    conn: &mut PgConnection,
    tenant: TenantId,
    whose: Traveller<'_>,
    integration: &str,
    now: OffsetDateTime,
) -> Result<Option<FlowId>, Error> {
    let id = sqlx::query_scalar!(
        "SELECT id
         FROM oauth_flows
         WHERE tenant_id = $1
           AND session_hash = $2
           AND user_id IS NOT DISTINCT FROM $3
           AND link_id IS NOT DISTINCT FROM $4
           AND integration = $5
           AND connection_id IS NULL
           AND used_at IS NULL
           AND expires_at > $6
         ORDER BY created_at DESC
         LIMIT 1",
        tenant.uuid(),
        whose.session_hash,
        whose.user.map(Id::uuid),
        whose.link.map(Id::uuid),
        integration,
        now,
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(FlowId::from_uuid))
}

/// Takes the trip that a callback's `state` names, once: only for the session that began it, as a person or by that link.
pub async fn take(
    conn: &mut PgConnection,
    tenant: TenantId,
    state_hash: &[u8],
    session_hash: &[u8],
    link: Option<LinkId>,
    now: OffsetDateTime,
) -> Result<Option<Flow>, Error> {
    let row = sqlx::query_as!(
        Row,
        "UPDATE oauth_flows
         SET used_at = $4
         WHERE tenant_id = $1
           AND state_hash = $2
           AND session_hash = $3
           AND link_id IS NOT DISTINCT FROM $5
           AND used_at IS NULL
         RETURNING id, state_hash, session_hash, user_id, link_id, integration, connection_id, name, own_window, sealed, outcome,
                   created_at, expires_at, used_at",
        tenant.uuid(),
        state_hash,
        session_hash,
        now,
        link.map(Id::uuid),
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Flow::from))
}

/// Says how it ended.
pub async fn end(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: FlowId,
    outcome: &Value,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE oauth_flows
         SET outcome = $3
         WHERE tenant_id = $1
           AND id = $2",
        tenant.uuid(),
        id.uuid(),
        outcome,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// Removes the trips of all tenants that began before then. Returns how many.
pub async fn forget(conn: &mut PgConnection, before: OffsetDateTime) -> Result<u64, Error> {
    let gone = sqlx::query!("DELETE FROM oauth_flows WHERE created_at < $1", before)
        .execute(conn)
        .await?;
    Ok(gone.rows_affected())
}
