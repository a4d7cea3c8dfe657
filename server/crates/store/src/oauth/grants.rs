//! What people granted to connections: by whom, at which provider, and whether it still counts.

use model::{ConnectionId, TenantId, TestId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, error::one_row, ids::Id};

/// One connection's grant.
#[derive(Debug, Clone)]
pub struct Grant {
    pub connection: ConnectionId,
    pub provider: String,
    /// Granted to the tenant's own client rather than to the platform's.
    pub own_client: bool,
    pub account_id: Option<String>,
    pub account_name: Option<String>,
    pub scopes: Vec<String>,
    pub tokens: Option<Vec<u8>>,
    pub expires_at: Option<OffsetDateTime>,
    /// A person must sign in again.
    pub must_renew: bool,
    pub granted_at: OffsetDateTime,
}

struct Row {
    connection_id: Uuid,
    provider: String,
    own_client: bool,
    account_id: Option<String>,
    account_name: Option<String>,
    scopes: Vec<String>,
    tokens: Option<Vec<u8>>,
    expires_at: Option<OffsetDateTime>,
    must_renew: bool,
    granted_at: OffsetDateTime,
}

impl From<Row> for Grant {
    fn from(row: Row) -> Self {
        Self {
            connection: ConnectionId::from_uuid(row.connection_id),
            provider: row.provider,
            own_client: row.own_client,
            account_id: row.account_id,
            account_name: row.account_name,
            scopes: row.scopes,
            tokens: row.tokens,
            expires_at: row.expires_at,
            must_renew: row.must_renew,
            granted_at: row.granted_at,
        }
    }
}

pub async fn find(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<Option<Grant>, Error> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT connection_id, provider, own_client, account_id, account_name, scopes, tokens, expires_at,
                  state = 'renew' AS "must_renew!", granted_at
           FROM oauth_grants
           WHERE tenant_id = $1
             AND connection_id = $2"#,
        tenant.uuid(),
        connection.uuid(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Grant::from))
}

/// The tenant's connections that somebody signed in for, those whose test has not passed included.
pub async fn connections(
    conn: &mut PgConnection,
    tenant: TenantId,
) -> Result<Vec<ConnectionId>, Error> {
    let found = sqlx::query_scalar!(
        r#"SELECT connection_id AS "connection_id!"
           FROM oauth_grants
           WHERE tenant_id = $1
           UNION
           SELECT connection_id
           FROM connection_tests
           WHERE tenant_id = $1
             AND granted IS NOT NULL"#,
        tenant.uuid(),
    )
    .fetch_all(conn)
    .await?;
    Ok(found.into_iter().map(ConnectionId::from_uuid).collect())
}

/// An account and the client that it granted something to.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    pub provider: &'a str,
    pub account_id: Option<&'a str>,
    pub own_client: bool,
}

impl Grant {
    pub fn by(&self) -> By<'_> {
        By {
            provider: &self.provider,
            account_id: self.account_id.as_deref(),
            own_client: self.own_client,
        }
    }
}

/// Who leaves a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    Connection(TenantId, ConnectionId),
    /// All of its connections.
    Tenant(TenantId),
}

/// Does anybody else live by what the same account granted to the same client? The platform's client is one for all
/// tenants, so this looks at all of them.
pub async fn is_shared(
    conn: &mut PgConnection,
    by: By<'_>,
    leaving: Leaving,
) -> Result<bool, Error> {
    let (tenant, but) = match leaving {
        Leaving::Connection(tenant, connection) => (tenant, But::Connection(connection)),
        Leaving::Tenant(tenant) => (tenant, But::Tenant),
    };
    is_lived_by(conn, by, tenant, but).await
}

/// Might anybody live by what this account granted to this client, but for the test that is asked about?
pub async fn may_be_used(
    conn: &mut PgConnection,
    by: By<'_>,
    tenant: TenantId,
    but: Option<TestId>,
) -> Result<bool, Error> {
    is_lived_by(conn, by, tenant, But::Test(but)).await
}

/// What of the tenant keeps no grant.
#[derive(Debug, Clone, Copy)]
enum But {
    Connection(ConnectionId),
    /// All of its connections.
    Tenant,
    Test(Option<TestId>),
}

/// An account that is not known may be any. Of a sign-in that waits with a test since older versions nothing is known.
async fn is_lived_by(
    conn: &mut PgConnection,
    by: By<'_>,
    tenant: TenantId,
    but: But,
) -> Result<bool, Error> {
    let (connection, test) = match but {
        But::Connection(connection) => (Some(connection), None),
        But::Tenant => (None, None),
        But::Test(test) => (None, test),
    };
    let lives = sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM oauth_grants
               WHERE provider = $1
                 AND COALESCE(account_id = $2, true)
                 AND own_client = $3
                 AND (NOT $3 OR tenant_id = $4)
                 AND NOT (tenant_id = $4 AND COALESCE(connection_id = $6, $5))
           ) OR EXISTS (
               SELECT FROM connection_tests
               WHERE granted IS NOT NULL
                 AND COALESCE(granted_provider = $1, true)
                 AND COALESCE(granted_account = $2, true)
                 AND COALESCE(granted_own_client = $3, true)
                 AND id IS DISTINCT FROM $7
                 AND (NOT $3 OR tenant_id = $4)
                 AND NOT (tenant_id = $4 AND COALESCE(connection_id = $6, $5))
           ) AS "lives!""#,
        by.provider,
        by.account_id,
        by.own_client,
        tenant.uuid(),
        matches!(but, But::Tenant),
        connection.map(Id::uuid),
        test.map(Id::uuid),
    )
    .fetch_one(conn)
    .await?;
    Ok(lives)
}

/// The tenant's other connections that live by what the same account may have granted to the same client, or will once their
/// test has passed.
pub async fn beside(
    conn: &mut PgConnection,
    tenant: TenantId,
    by: By<'_>,
    connection: ConnectionId,
) -> Result<Vec<ConnectionId>, Error> {
    let found = sqlx::query_scalar!(
        r#"SELECT connection_id AS "connection_id!"
           FROM oauth_grants
           WHERE tenant_id = $1
             AND connection_id <> $2
             AND provider = $3
             AND COALESCE(account_id = $4, true)
             AND own_client = $5
           UNION
           SELECT connection_id
           FROM connection_tests
           WHERE tenant_id = $1
             AND connection_id <> $2
             AND granted IS NOT NULL
             AND COALESCE(granted_provider = $3, true)
             AND COALESCE(granted_account = $4, true)
             AND COALESCE(granted_own_client = $5, true)"#,
        tenant.uuid(),
        connection.uuid(),
        by.provider,
        by.account_id,
        by.own_client,
    )
    .fetch_all(conn)
    .await?;
    Ok(found.into_iter().map(ConnectionId::from_uuid).collect())
}

/// Waits until nobody else renews this grant, and keeps others waiting until the transaction ends. No row is held: what is
/// renewed is committed by another transaction meanwhile.
pub async fn take_turn(conn: &mut PgConnection, connection: ConnectionId) -> Result<(), Error> {
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
        format!("oauth_grants/{connection}"),
    )
    .fetch_one(conn)
    .await?;
    Ok(())
}

/// Stores it, in the place of an older one.
pub async fn put(conn: &mut PgConnection, tenant: TenantId, grant: &Grant) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO oauth_grants (tenant_id, connection_id, provider, own_client, account_id, account_name, scopes, tokens,
                                   expires_at, state, granted_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'active', $10)
         ON CONFLICT (tenant_id, connection_id) DO UPDATE
         SET provider = EXCLUDED.provider, own_client = EXCLUDED.own_client, account_id = EXCLUDED.account_id,
             account_name = EXCLUDED.account_name, scopes = EXCLUDED.scopes, tokens = EXCLUDED.tokens,
             expires_at = EXCLUDED.expires_at, state = 'active', granted_at = EXCLUDED.granted_at",
        tenant.uuid(),
        grant.connection.uuid(),
        grant.provider,
        grant.own_client,
        grant.account_id,
        grant.account_name,
        &grant.scopes,
        grant.tokens,
        grant.expires_at,
        grant.granted_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes it out of force; whoever knows its tokens may give them back.
pub async fn remove(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<(), Error> {
    sqlx::query!(
        "DELETE FROM oauth_grants WHERE tenant_id = $1 AND connection_id = $2",
        tenant.uuid(),
        connection.uuid(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Tokens that were renewed.
pub async fn set_tokens(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    tokens: &[u8],
    expires_at: Option<OffsetDateTime>,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE oauth_grants
         SET tokens = $3, expires_at = $4
         WHERE tenant_id = $1
           AND connection_id = $2",
        tenant.uuid(),
        connection.uuid(),
        tokens,
        expires_at,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// The provider takes it no longer.
pub async fn must_renew(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE oauth_grants
         SET state = 'renew'
         WHERE tenant_id = $1
           AND connection_id = $2",
        tenant.uuid(),
        connection.uuid(),
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}
