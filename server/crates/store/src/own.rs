//! Integrations that a tenant describes itself.

use model::TenantId;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, error::one_row, ids::Id};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    pub slug: String,
    pub name: String,
    pub description: String,
    /// Names of its endpoints.
    pub tables: Vec<String>,
    /// The whole text it was read from.
    pub document: String,
    pub definition: Uuid,
}

/// A tenant's, by name.
pub async fn list(conn: &mut PgConnection, tenant: TenantId) -> Result<Vec<Own>, Error> {
    Ok(sqlx::query_as!(
        Own,
        "SELECT slug, name, description, tables, document, definition_id AS definition
         FROM own_integrations
         WHERE tenant_id = $1
         ORDER BY lower(name), slug",
        tenant.uuid(),
    )
    .fetch_all(conn)
    .await?)
}

pub async fn find(
    conn: &mut PgConnection,
    tenant: TenantId,
    slug: &str,
) -> Result<Option<Own>, Error> {
    Ok(sqlx::query_as!(
        Own,
        "SELECT slug, name, description, tables, document, definition_id AS definition
         FROM own_integrations
         WHERE tenant_id = $1
           AND slug = $2",
        tenant.uuid(),
        slug,
    )
    .fetch_optional(conn)
    .await?)
}

/// Adds one, or describes it anew.
pub async fn put(
    conn: &mut PgConnection,
    tenant: TenantId,
    own: &Own,
    by: &str,
    at: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO own_integrations (tenant_id, slug, name, description, tables, document, definition_id,
                                       created_by, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
         ON CONFLICT (tenant_id, slug) DO UPDATE
         SET name = EXCLUDED.name, description = EXCLUDED.description, tables = EXCLUDED.tables,
             document = EXCLUDED.document, definition_id = EXCLUDED.definition_id, updated_at = EXCLUDED.updated_at",
        tenant.uuid(),
        own.slug,
        own.name,
        own.description,
        &own.tables,
        own.document,
        own.definition,
        by,
        at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Does any connection use it?
pub async fn is_used(conn: &mut PgConnection, tenant: TenantId, slug: &str) -> Result<bool, Error> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM connections
               WHERE tenant_id = $1
                 AND integration = $2
           ) AS "used!""#,
        tenant.uuid(),
        slug,
    )
    .fetch_one(conn)
    .await?)
}

/// How many connections use it.
pub async fn count_uses(
    conn: &mut PgConnection,
    tenant: TenantId,
    slug: &str,
) -> Result<i64, Error> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!"
           FROM connections
           WHERE tenant_id = $1
             AND integration = $2"#,
        tenant.uuid(),
        slug,
    )
    .fetch_one(conn)
    .await?)
}

pub async fn remove(conn: &mut PgConnection, tenant: TenantId, slug: &str) -> Result<(), Error> {
    let removed = sqlx::query!(
        "DELETE FROM own_integrations WHERE tenant_id = $1 AND slug = $2",
        tenant.uuid(),
        slug,
    )
    .execute(conn)
    .await?;
    one_row(&removed)
}
