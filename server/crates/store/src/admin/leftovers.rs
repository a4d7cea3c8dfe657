//! Clearing away what was only kept for a while, for all tenants at once.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::Error;

/// Removes connections that exist only for a first test which did not pass until `before`, and sealed settings of tests
/// that ended before then. Returns how many connections went.
pub async fn unchecked(conn: &mut PgConnection, before: OffsetDateTime) -> Result<u64, Error> {
    let swept = sqlx::query!(
        "DELETE FROM connections
         WHERE stage = 'unchecked'
           AND updated_at < $1
           AND NOT EXISTS (
               SELECT FROM connection_tests
               WHERE connection_tests.tenant_id = connections.tenant_id
                 AND connection_tests.connection_id = connections.id
                 AND (connection_tests.state IN ('waiting', 'running') OR connection_tests.created_at >= $1))",
        before,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "UPDATE connection_tests
         SET candidate = NULL,
             granted = NULL
         WHERE candidate IS NOT NULL
           AND finished_at < $1",
        before,
    )
    .execute(conn)
    .await?;
    Ok(swept.rows_affected())
}

/// Removes the rows of samples that expired; that somebody looked stays known. Returns how many samples that were.
pub async fn expired_samples(conn: &mut PgConnection, now: OffsetDateTime) -> Result<u64, Error> {
    let swept = sqlx::query!(
        "UPDATE samples
         SET rows = NULL
         WHERE expires_at <= $1
           AND rows IS NOT NULL",
        now,
    )
    .execute(conn)
    .await?;
    Ok(swept.rows_affected())
}
