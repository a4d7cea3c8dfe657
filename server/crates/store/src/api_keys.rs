//! Keys of programs: the public half to find them by, a hash of the secret half.

use model::{ApiKeyId, Scope, TenantId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, error::one_row, ids::Id};

/// A key as stored.
#[derive(Debug, Clone)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub tenant: TenantId,
    pub key_id: String,
    pub secret_hash: Vec<u8>,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub created_by: Option<UserId>,
    pub created_at: OffsetDateTime,
    pub expires_at: Option<OffsetDateTime>,
    pub last_used_at: Option<OffsetDateTime>,
    pub revoked_at: Option<OffsetDateTime>,
}

struct Row {
    id: Uuid,
    tenant_id: Uuid,
    key_id: String,
    secret_hash: Vec<u8>,
    name: String,
    scopes: Vec<String>,
    created_by: Option<Uuid>,
    created_at: OffsetDateTime,
    expires_at: Option<OffsetDateTime>,
    last_used_at: Option<OffsetDateTime>,
    revoked_at: Option<OffsetDateTime>,
}

impl Row {
    fn read(self) -> Result<ApiKey, Error> {
        let id = ApiKeyId::from_uuid(self.id);
        let scopes: Option<Vec<Scope>> =
            self.scopes.iter().map(|name| Scope::parse(name)).collect();
        Ok(ApiKey {
            id,
            tenant: TenantId::from_uuid(self.tenant_id),
            key_id: self.key_id,
            secret_hash: self.secret_hash,
            name: self.name,
            scopes: scopes.ok_or_else(|| Error::Corrupt {
                table: "api_keys",
                column: "scopes",
                id: id.to_string(),
            })?,
            created_by: self.created_by.map(UserId::from_uuid),
            created_at: self.created_at,
            expires_at: self.expires_at,
            last_used_at: self.last_used_at,
            revoked_at: self.revoked_at,
        })
    }
}

pub async fn insert(conn: &mut PgConnection, key: &ApiKey) -> Result<(), Error> {
    let scopes: Vec<String> = key
        .scopes
        .iter()
        .map(|scope| scope.name().to_owned())
        .collect();
    sqlx::query!(
        "INSERT INTO api_keys (tenant_id, id, key_id, secret_hash, name, scopes, created_by, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        key.tenant.uuid(),
        key.id.uuid(),
        key.key_id,
        key.secret_hash,
        key.name,
        &scopes,
        key.created_by.map(Id::uuid),
        key.created_at,
        key.expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// By the public half, of whatever tenant: in a platform transaction.
pub async fn find(conn: &mut PgConnection, key_id: &str) -> Result<Option<ApiKey>, Error> {
    sqlx::query_as!(
        Row,
        "SELECT id, tenant_id, key_id, secret_hash, name, scopes, created_by, created_at, expires_at, last_used_at,
                revoked_at
         FROM api_keys
         WHERE key_id = $1",
        key_id,
    )
    .fetch_optional(conn)
    .await?
    .map(Row::read)
    .transpose()
}

pub async fn list(conn: &mut PgConnection, tenant: TenantId) -> Result<Vec<ApiKey>, Error> {
    sqlx::query_as!(
        Row,
        "SELECT id, tenant_id, key_id, secret_hash, name, scopes, created_by, created_at, expires_at, last_used_at,
                revoked_at
         FROM api_keys
         WHERE tenant_id = $1
         ORDER BY created_at DESC, id DESC",
        tenant.uuid(),
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Row::read)
    .collect()
}

/// Notes the use, at most once a minute, so that a busy key is not a busy row.
pub async fn touch(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: ApiKeyId,
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE api_keys
         SET last_used_at = $3
         WHERE tenant_id = $1
           AND id = $2
           AND (last_used_at IS NULL OR last_used_at < $3::timestamptz - INTERVAL '1 minute')",
        tenant.uuid(),
        id.uuid(),
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn revoke(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: ApiKeyId,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE api_keys
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
