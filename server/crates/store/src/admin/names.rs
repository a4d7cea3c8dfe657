//! Connections of all tenants by their names.

use model::{ConnectionId, NamedConnection, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Error, ids::Id};

struct Row {
    tenant_id: Uuid,
    tenant_name: String,
    id: Uuid,
    name: String,
    integration: String,
}

/// Those whose name is LIKE this, letters in either case, by tenant and name. In a platform transaction. Which letters have two
/// cases depends on the database's locale, so it makes both sides lower case.
pub async fn like(
    conn: &mut PgConnection,
    pattern: &str,
    tenant: Option<TenantId>,
    limit: i64,
) -> Result<Vec<NamedConnection>, Error> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT c.tenant_id, t.name AS tenant_name, c.id, c.name, c.integration
         FROM connections AS c
         JOIN tenants AS t ON t.id = c.tenant_id
         WHERE lower(c.name) LIKE lower($1)
           AND c.stage <> 'removing'
           AND ($2::uuid IS NULL OR c.tenant_id = $2)
         ORDER BY t.name, c.tenant_id, lower(c.name)
         LIMIT $3",
        pattern,
        tenant.map(Id::uuid),
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| NamedConnection {
            tenant: TenantId::from_uuid(row.tenant_id),
            tenant_name: row.tenant_name,
            connection: ConnectionId::from_uuid(row.id),
            name: row.name,
            integration: row.integration,
        })
        .collect())
}
