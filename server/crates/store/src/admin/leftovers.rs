//! Clearing away what was only kept for a while, for all tenants at once.

use model::{ConnectionId, TenantId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{Error, ids::Id};

/// A sign-in that waits with a test which is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    pub tenant: TenantId,
    pub connection: ConnectionId,
}

/// Sets those of [`unchecked`] to be removed that somebody signed in for, and returns them: what was granted has to be given
/// back first.
pub async fn signed_in(
    conn: &mut PgConnection,
    before: OffsetDateTime,
) -> Result<Vec<Waiting>, Error> {
    let rows = sqlx::query!(
        "UPDATE connections
         SET stage = 'removing'
         WHERE stage = 'unchecked'
           AND updated_at < $1
           AND NOT EXISTS (
               SELECT FROM connection_tests
               WHERE connection_tests.tenant_id = connections.tenant_id
                 AND connection_tests.connection_id = connections.id
                 AND (connection_tests.state IN ('waiting', 'running') OR connection_tests.created_at >= $1))
           AND (EXISTS (
                   SELECT FROM connection_tests
                   WHERE connection_tests.tenant_id = connections.tenant_id
                     AND connection_tests.connection_id = connections.id
                     AND connection_tests.granted IS NOT NULL)
               OR EXISTS (
                   SELECT FROM oauth_grants
                   WHERE oauth_grants.tenant_id = connections.tenant_id
                     AND oauth_grants.connection_id = connections.id))
         RETURNING tenant_id, id",
        before,
    )
    .fetch_all(conn)
    .await?;
    let waiting = rows.into_iter().map(|row| Waiting {
        tenant: TenantId::from_uuid(row.tenant_id),
        connection: ConnectionId::from_uuid(row.id),
    });
    Ok(waiting.collect())
}

/// Sign-ins that wait with tests which ended before then, of connections that stay.
pub async fn waiting(
    conn: &mut PgConnection,
    before: OffsetDateTime,
) -> Result<Vec<Waiting>, Error> {
    let rows = sqlx::query!(
        "SELECT tests.tenant_id, tests.connection_id
         FROM connection_tests AS tests
         JOIN connections ON connections.tenant_id = tests.tenant_id
                         AND connections.id = tests.connection_id
         WHERE tests.candidate IS NOT NULL
           AND tests.granted IS NOT NULL
           AND tests.finished_at < $1
           AND connections.stage <> 'removing'",
        before,
    )
    .fetch_all(conn)
    .await?;
    let waiting = rows.into_iter().map(|row| Waiting {
        tenant: TenantId::from_uuid(row.tenant_id),
        connection: ConnectionId::from_uuid(row.connection_id),
    });
    Ok(waiting.collect())
}

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
           AND finished_at < $1
           AND NOT EXISTS (
               SELECT FROM connections
               WHERE connections.tenant_id = connection_tests.tenant_id
                 AND connections.id = connection_tests.connection_id
                 AND connections.stage = 'removing')",
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
