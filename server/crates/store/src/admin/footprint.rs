//! How many rows a tenant has in the control database, kind by kind: what a deletion would remove.

use model::TenantId;
use sqlx::PgConnection;

use crate::{Error, ids::Id};

/// So many of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// In the plural: "connections".
    pub what: &'static str,
    pub count: i64,
}

pub async fn of(conn: &mut PgConnection, tenant: TenantId) -> Result<Vec<Count>, Error> {
    let found = sqlx::query!(
        r#"SELECT (SELECT count(*) FROM connections WHERE tenant_id = $1) AS "connections!",
                  (SELECT count(*) FROM runs WHERE tenant_id = $1) AS "runs!",
                  (SELECT count(*) FROM apps WHERE tenant_id = $1) AS "apps!",
                  (SELECT count(*) FROM uploads WHERE tenant_id = $1) AS "uploads!",
                  (SELECT count(*) FROM api_keys WHERE tenant_id = $1) AS "api_keys!",
                  (SELECT count(*) FROM oauth_clients WHERE tenant_id = $1) AS "oauth_clients!",
                  (SELECT count(*) FROM memberships WHERE tenant_id = $1) AS "members!",
                  (SELECT count(*) FROM tenant_keys WHERE tenant_id = $1 AND wrapped IS NOT NULL) AS "keys!",
                  (SELECT count(*) FROM audit_lines WHERE chain_id = $1) AS "audit!""#,
        tenant.uuid(),
    )
    .fetch_one(conn)
    .await?;
    let count = |what, count| Count { what, count };
    Ok(vec![
        count(
            "connections with their settings and secrets",
            found.connections,
        ),
        count("runs with their receipts", found.runs),
        count("apps and their bundles", found.apps),
        count("uploaded files", found.uploads),
        count("API keys", found.api_keys),
        count("clients at providers", found.oauth_clients),
        count(
            "memberships (the people keep their accounts)",
            found.members,
        ),
        count("encryption keys", found.keys),
        count(
            "audit lines (they stay, their details are erased)",
            found.audit,
        ),
    ])
}
