//! Clearing away what was only kept for a while, for all tenants at once.

use model::{ConnectionId, TenantId, TestId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{Error, ids::Id};

/// A connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    pub tenant: TenantId,
    pub connection: ConnectionId,
}

/// Sets connections to be removed that exist only for a first test which did not pass until `before`. Returns all that are
/// set so: of some, the removal may have failed.
pub async fn removing(conn: &mut PgConnection, before: OffsetDateTime) -> Result<Vec<Gone>, Error> {
    sqlx::query!(
        "UPDATE connections
         SET stage = 'removing'
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
    let rows = sqlx::query!("SELECT tenant_id, id FROM connections WHERE stage = 'removing'")
        .fetch_all(conn)
        .await?;
    let gone = rows.into_iter().map(|row| Gone {
        tenant: TenantId::from_uuid(row.tenant_id),
        connection: ConnectionId::from_uuid(row.id),
    });
    Ok(gone.collect())
}

/// A sign-in that waits with a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    pub tenant: TenantId,
    pub connection: ConnectionId,
    pub test: TestId,
}

/// Sign-ins that wait with tests which ended before then, of connections that stay.
pub async fn waiting(
    conn: &mut PgConnection,
    before: OffsetDateTime,
) -> Result<Vec<Waiting>, Error> {
    let rows = sqlx::query!(
        "SELECT tests.tenant_id, tests.connection_id, tests.id
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
        test: TestId::from_uuid(row.id),
    });
    Ok(waiting.collect())
}

/// Forgets the sealed settings of tests that ended before then, and what was granted for them.
pub async fn tried(conn: &mut PgConnection, before: OffsetDateTime) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE connection_tests
         SET candidate = NULL,
             granted = NULL,
             granted_provider = NULL,
             granted_account = NULL,
             granted_own_client = NULL
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
    Ok(())
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
