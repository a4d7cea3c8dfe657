//! Links that let somebody without an account connect one integration.

use model::{ConnectionId, LinkId, TenantId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, error::one_row, ids::Id};

/// A link as stored.
#[derive(Debug, Clone)]
pub struct Link {
    pub id: LinkId,
    pub tenant: TenantId,
    pub integration: String,
    pub connection: Option<ConnectionId>,
    /// For a connection that exists.
    pub renews: bool,
    pub name: String,
    pub sent_to: String,
    pub created_by: String,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
    pub opened_at: Option<OffsetDateTime>,
    pub finished_at: Option<OffsetDateTime>,
    pub revoked_at: Option<OffsetDateTime>,
}

struct Row {
    id: Uuid,
    tenant_id: Uuid,
    integration: String,
    connection_id: Option<Uuid>,
    renews: bool,
    name: String,
    sent_to: String,
    created_by: String,
    created_at: OffsetDateTime,
    expires_at: OffsetDateTime,
    opened_at: Option<OffsetDateTime>,
    finished_at: Option<OffsetDateTime>,
    revoked_at: Option<OffsetDateTime>,
}

impl From<Row> for Link {
    fn from(row: Row) -> Self {
        Self {
            id: LinkId::from_uuid(row.id),
            tenant: TenantId::from_uuid(row.tenant_id),
            integration: row.integration,
            connection: row.connection_id.map(ConnectionId::from_uuid),
            renews: row.renews,
            name: row.name,
            sent_to: row.sent_to,
            created_by: row.created_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            opened_at: row.opened_at,
            finished_at: row.finished_at,
            revoked_at: row.revoked_at,
        }
    }
}

pub async fn insert(conn: &mut PgConnection, link: &Link, token_hash: &[u8]) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO connect_links (tenant_id, id, token_hash, integration, connection_id, renews, name, sent_to,
                                    created_by, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        link.tenant.uuid(),
        link.id.uuid(),
        token_hash,
        link.integration,
        link.connection.map(Id::uuid),
        link.renews,
        link.name,
        link.sent_to,
        link.created_by,
        link.created_at,
        link.expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// By what stands in it, of whatever tenant: in a platform transaction.
pub async fn find(conn: &mut PgConnection, token_hash: &[u8]) -> Result<Option<Link>, Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, tenant_id, integration, connection_id, renews, name, sent_to, created_by, created_at, expires_at,
                opened_at, finished_at, revoked_at
         FROM connect_links
         WHERE token_hash = $1",
        token_hash,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Link::from))
}

pub async fn get(conn: &mut PgConnection, tenant: TenantId, id: LinkId) -> Result<Link, Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, tenant_id, integration, connection_id, renews, name, sent_to, created_by, created_at, expires_at,
                opened_at, finished_at, revoked_at
         FROM connect_links
         WHERE tenant_id = $1
           AND id = $2",
        tenant.uuid(),
        id.uuid(),
    )
    .fetch_one(conn)
    .await?;
    Ok(row.into())
}

/// The newest ones of an integration, or of one connection.
pub async fn list(
    conn: &mut PgConnection,
    tenant: TenantId,
    integration: &str,
    connection: Option<ConnectionId>,
    limit: i64,
) -> Result<Vec<Link>, Error> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT id, tenant_id, integration, connection_id, renews, name, sent_to, created_by, created_at, expires_at,
                opened_at, finished_at, revoked_at
         FROM connect_links
         WHERE tenant_id = $1
           AND integration = $2
           AND ($3::uuid IS NULL OR connection_id = $3)
         ORDER BY created_at DESC, id DESC
         LIMIT $4",
        tenant.uuid(),
        integration,
        connection.map(Id::uuid),
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Link::from).collect())
}

/// Takes it for one browser; `false` when another one was first.
pub async fn open(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: LinkId,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    let changed = sqlx::query!(
        "UPDATE connect_links
         SET opened_at = $3
         WHERE tenant_id = $1
           AND id = $2
           AND opened_at IS NULL",
        tenant.uuid(),
        id.uuid(),
        now,
    )
    .execute(conn)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// Notes the connection that its form made.
pub async fn set_connection(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: LinkId,
    connection: ConnectionId,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE connect_links
         SET connection_id = $3
         WHERE tenant_id = $1
           AND id = $2",
        tenant.uuid(),
        id.uuid(),
        connection.uuid(),
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// Ends the links of a connection that somebody has opened: its test passed. They may do nothing more.
pub async fn finish(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE connect_links
         SET finished_at = $3
         WHERE tenant_id = $1
           AND connection_id = $2
           AND opened_at IS NOT NULL
           AND finished_at IS NULL
           AND revoked_at IS NULL",
        tenant.uuid(),
        connection.uuid(),
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends it by its owner's wish; `NotFound` when it is not this tenant's.
pub async fn revoke(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: LinkId,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE connect_links
         SET revoked_at = COALESCE(revoked_at, $3)
         WHERE tenant_id = $1
           AND id = $2",
        tenant.uuid(),
        id.uuid(),
        now,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// Removes those of all tenants that ended before then. Returns how many.
pub async fn forget(conn: &mut PgConnection, before: OffsetDateTime) -> Result<u64, Error> {
    let gone = sqlx::query!("DELETE FROM connect_links WHERE expires_at < $1", before)
        .execute(conn)
        .await?;
    Ok(gone.rows_affected())
}
