//! What is due by its schedule, for all tenants at once.

use model::{ConnectionId, TenantId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{Error, ids::Id, schedules::Schedule};

/// A connection whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub tenant: TenantId,
    pub connection: ConnectionId,
    pub schedule: Schedule,
}

/// Those that have waited longest first.
pub async fn list(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    most: i64,
) -> Result<Vec<Due>, Error> {
    let rows = sqlx::query!(
        "SELECT tenant_id, connection_id, text, next_at
         FROM schedules
         WHERE next_at <= $1
         ORDER BY next_at
         LIMIT $2",
        now,
        most,
    )
    .fetch_all(conn)
    .await?;
    let due = rows.into_iter().map(|row| Due {
        tenant: TenantId::from_uuid(row.tenant_id),
        connection: ConnectionId::from_uuid(row.connection_id),
        schedule: Schedule {
            text: row.text,
            next_at: row.next_at,
        },
    });
    Ok(due.collect())
}
