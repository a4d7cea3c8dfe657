//! Schedules of connections: when their runs start by themselves.

use model::{ConnectionId, TenantId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{Error, ids::Id};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// As it was written.
    pub text: String,
    /// `None`: never again.
    pub next_at: Option<OffsetDateTime>,
}

/// `None` where somebody starts the runs.
pub async fn find(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<Option<Schedule>, Error> {
    let found = sqlx::query_as!(
        Schedule,
        "SELECT text, next_at
         FROM schedules
         WHERE tenant_id = $1
           AND connection_id = $2",
        tenant.uuid(),
        connection.uuid(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(found)
}

pub async fn put(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    schedule: &Schedule,
    at: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO schedules (tenant_id, connection_id, text, next_at, updated_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT ON CONSTRAINT schedules_pkey DO UPDATE
         SET text = excluded.text, next_at = excluded.next_at, updated_at = excluded.updated_at",
        tenant.uuid(),
        connection.uuid(),
        schedule.text,
        schedule.next_at,
        at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Somebody starts the runs from now on.
pub async fn remove(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<(), Error> {
    sqlx::query!(
        "DELETE FROM schedules
         WHERE tenant_id = $1
           AND connection_id = $2",
        tenant.uuid(),
        connection.uuid(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes the next time, unless somebody has set another schedule meanwhile.
pub async fn move_on(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    schedule: &Schedule,
    next_at: Option<OffsetDateTime>,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE schedules
         SET next_at = $5
         WHERE tenant_id = $1
           AND connection_id = $2
           AND text = $3
           AND next_at IS NOT DISTINCT FROM $4",
        tenant.uuid(),
        connection.uuid(),
        schedule.text,
        schedule.next_at,
        next_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}
