//! From events to rows: whose turn it is to write, with which fence, and what is late and why.

use model::{ConnectionId, TenantId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{Error, error::one_row, ids::Id};

/// Lets others enqueue the next job: this one's is over. With the row locked.
pub async fn next_turn(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    problem: Option<&str>,
) -> Result<i64, Error> {
    Ok(sqlx::query_scalar!(
        "UPDATE webhooks
         SET turn = turn + 1,
             problem = $3
         WHERE tenant_id = $1
           AND connection_id = $2
         RETURNING turn",
        tenant.uuid(),
        connection.uuid(),
        problem,
    )
    .fetch_one(conn)
    .await?)
}

/// Says why rows are late.
pub async fn set_problem(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    problem: &str,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE webhooks
         SET problem = $3
         WHERE tenant_id = $1
           AND connection_id = $2",
        tenant.uuid(),
        connection.uuid(),
        problem,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// A number for a writer that is greater than those of all before it.
pub async fn raise_fence(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<i64, Error> {
    Ok(sqlx::query_scalar!(
        "UPDATE webhooks
         SET fence = fence + 1
         WHERE tenant_id = $1
           AND connection_id = $2
         RETURNING fence",
        tenant.uuid(),
        connection.uuid(),
    )
    .fetch_one(conn)
    .await?)
}

/// Rows have arrived in its table.
pub async fn landed(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    at: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE webhooks
         SET landed_at = $3
         WHERE tenant_id = $1
           AND connection_id = $2",
        tenant.uuid(),
        connection.uuid(),
        at,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// Endpoints of usable tenants whose events have waited since before then, with their turns: in a platform transaction.
pub async fn late(
    conn: &mut PgConnection,
    before: OffsetDateTime,
) -> Result<Vec<(TenantId, ConnectionId, i64)>, Error> {
    let rows = sqlx::query!(
        "SELECT w.tenant_id, w.connection_id, w.turn
         FROM webhooks w
         JOIN tenants t ON t.id = w.tenant_id
         WHERE t.state = 'active'
           AND EXISTS (
               SELECT FROM webhook_events e
               WHERE e.tenant_id = w.tenant_id
                 AND e.connection_id = w.connection_id
                 AND e.payload IS NOT NULL
                 AND e.received_at < $1)",
        before,
    )
    .fetch_all(conn)
    .await?;
    let late = rows.into_iter().map(|row| {
        (
            TenantId::from_uuid(row.tenant_id),
            ConnectionId::from_uuid(row.connection_id),
            row.turn,
        )
    });
    Ok(late.collect())
}
