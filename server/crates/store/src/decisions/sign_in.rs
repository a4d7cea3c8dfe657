//! What the direct way has said about a connection's sign-in.

use model::{ConnectionId, RunId, TenantId};
use sqlx::PgConnection;

use crate::{Error, ids::Id};

/// Did the direct way refuse the sign-in when it last said anything about it, in runs other than this one? Tries that
/// failed for another reason say nothing, and a test that passed since then has shown that the sign-in is accepted.
pub async fn refused_directly(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    but: RunId,
) -> Result<bool, Error> {
    let refused = sqlx::query_scalar!(
        r#"SELECT d.class IS NOT NULL
                  AND NOT EXISTS (SELECT 1
                                  FROM connection_tests t
                                  WHERE t.tenant_id = r.tenant_id
                                    AND t.connection_id = r.connection_id
                                    AND t.state = 'passed'
                                    AND t.finished_at >= d.finished_at) AS "refused!"
           FROM run_decisions d
           JOIN runs r ON r.tenant_id = d.tenant_id AND r.id = d.run_id
           WHERE d.tenant_id = $1
             AND r.connection_id = $2
             AND r.id <> $3
             AND d.route = 'direct'
             AND d.finished_at IS NOT NULL
             AND (d.class = 'auth' OR (d.class IS NULL AND r.state <> 'cancelled'))
           ORDER BY r.created_at DESC, r.id DESC, d.n DESC
           LIMIT 1"#,
        tenant.uuid(),
        connection.uuid(),
        but.uuid(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(refused.unwrap_or(false))
}
