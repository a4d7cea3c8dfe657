//! Clients registered at providers: the platform's, and each tenant's own.

use model::TenantId;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, ids::Id};

/// A client with its sealed secret.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Names the seal's place of a tenant's client; nil for the platform's.
    pub id: Uuid,
    pub provider: String,
    pub client_id: String,
    pub secret: Vec<u8>,
    pub set_by: String,
    pub set_at: OffsetDateTime,
}

pub async fn platform(conn: &mut PgConnection, provider: &str) -> Result<Option<Stored>, Error> {
    Ok(sqlx::query_as!(
        Stored,
        r#"SELECT '00000000-0000-0000-0000-000000000000'::uuid AS "id!", provider, client_id, secret, set_by, set_at
           FROM oauth_platform_clients
           WHERE provider = $1"#,
        provider,
    )
    .fetch_optional(conn)
    .await?)
}

pub async fn all_of_platform(conn: &mut PgConnection) -> Result<Vec<Stored>, Error> {
    Ok(sqlx::query_as!(
        Stored,
        r#"SELECT '00000000-0000-0000-0000-000000000000'::uuid AS "id!", provider, client_id, secret, set_by, set_at
           FROM oauth_platform_clients
           ORDER BY provider"#,
    )
    .fetch_all(conn)
    .await?)
}

pub async fn set_platform(conn: &mut PgConnection, new: &Stored) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO oauth_platform_clients (provider, client_id, secret, set_by, set_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (provider) DO UPDATE
         SET client_id = EXCLUDED.client_id, secret = EXCLUDED.secret, set_by = EXCLUDED.set_by, set_at = EXCLUDED.set_at",
        new.provider,
        new.client_id,
        new.secret,
        new.set_by,
        new.set_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether there was one.
pub async fn remove_platform(conn: &mut PgConnection, provider: &str) -> Result<bool, Error> {
    let gone = sqlx::query!(
        "DELETE FROM oauth_platform_clients WHERE provider = $1",
        provider,
    )
    .execute(conn)
    .await?;
    Ok(gone.rows_affected() > 0)
}

pub async fn own(
    conn: &mut PgConnection,
    tenant: TenantId,
    provider: &str,
) -> Result<Option<Stored>, Error> {
    Ok(sqlx::query_as!(
        Stored,
        "SELECT id, provider, client_id, secret, set_by, set_at
         FROM oauth_clients
         WHERE tenant_id = $1
           AND provider = $2",
        tenant.uuid(),
        provider,
    )
    .fetch_optional(conn)
    .await?)
}

pub async fn all_own(conn: &mut PgConnection, tenant: TenantId) -> Result<Vec<Stored>, Error> {
    Ok(sqlx::query_as!(
        Stored,
        "SELECT id, provider, client_id, secret, set_by, set_at
         FROM oauth_clients
         WHERE tenant_id = $1
         ORDER BY provider",
        tenant.uuid(),
    )
    .fetch_all(conn)
    .await?)
}

/// Providers where the tenant or the platform has a client.
pub async fn providers(conn: &mut PgConnection, tenant: TenantId) -> Result<Vec<String>, Error> {
    Ok(sqlx::query_scalar!(
        r#"SELECT provider AS "provider!"
           FROM oauth_clients
           WHERE tenant_id = $1
           UNION
           SELECT provider
           FROM oauth_platform_clients"#,
        tenant.uuid(),
    )
    .fetch_all(conn)
    .await?)
}

pub async fn set_own(conn: &mut PgConnection, tenant: TenantId, new: &Stored) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO oauth_clients (tenant_id, provider, id, client_id, secret, set_by, set_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (tenant_id, provider) DO UPDATE
         SET id = EXCLUDED.id, client_id = EXCLUDED.client_id, secret = EXCLUDED.secret, set_by = EXCLUDED.set_by,
             set_at = EXCLUDED.set_at",
        tenant.uuid(),
        new.provider,
        new.id,
        new.client_id,
        new.secret,
        new.set_by,
        new.set_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether there was one.
pub async fn remove_own(
    conn: &mut PgConnection,
    tenant: TenantId,
    provider: &str,
) -> Result<bool, Error> {
    let gone = sqlx::query!(
        "DELETE FROM oauth_clients
         WHERE tenant_id = $1
           AND provider = $2",
        tenant.uuid(),
        provider,
    )
    .execute(conn)
    .await?;
    Ok(gone.rows_affected() > 0)
}
