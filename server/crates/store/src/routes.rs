//! Routes of connections: how their runs choose, and what this hub's own engine holds for the direct way beside an Airbyte
//! elsewhere.

use model::{ConnectionId, Route, RoutePolicy, TenantId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, ids::Id};

/// How a connection's runs choose; the usual way where nobody said otherwise.
pub async fn policy(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<RoutePolicy, Error> {
    let found = sqlx::query!(
        "SELECT first, fallback, attempts, fallback_minutes
         FROM route_policies
         WHERE tenant_id = $1
           AND connection_id = $2",
        tenant.uuid(),
        connection.uuid(),
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = found else {
        return Ok(RoutePolicy::default());
    };
    let corrupt = |column| Error::Corrupt {
        table: "route_policies",
        column,
        id: connection.to_string(),
    };
    Ok(RoutePolicy {
        first: Route::parse(&row.first).ok_or_else(|| corrupt("first"))?,
        fallback: row.fallback,
        attempts: u8::try_from(row.attempts).map_err(|_| corrupt("attempts"))?,
        fallback_minutes: u16::try_from(row.fallback_minutes)
            .map_err(|_| corrupt("fallback_minutes"))?,
    })
}

pub async fn set_policy(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    policy: RoutePolicy,
    at: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO route_policies (tenant_id, connection_id, first, fallback, attempts, fallback_minutes, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT ON CONSTRAINT route_policies_pkey DO UPDATE
         SET first = excluded.first, fallback = excluded.fallback, attempts = excluded.attempts,
             fallback_minutes = excluded.fallback_minutes, updated_at = excluded.updated_at",
        tenant.uuid(),
        connection.uuid(),
        policy.first.name(),
        policy.fallback,
        i32::from(policy.attempts),
        i32::from(policy.fallback_minutes),
        at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What this hub's own engine holds for a connection that an Airbyte elsewhere has tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beside {
    pub source: Uuid,
    pub connection: Uuid,
    /// The connection's version that the engine was told.
    pub pushed_version: i64,
}

/// `None`: the direct way was never taken.
pub async fn beside(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<Option<Beside>, Error> {
    let found = sqlx::query_as!(
        Beside,
        "SELECT engine_source AS source, engine_connection AS connection, pushed_version
         FROM direct_connections
         WHERE tenant_id = $1
           AND connection_id = $2",
        tenant.uuid(),
        connection.uuid(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(found)
}

pub async fn set_beside(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    beside: Beside,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO direct_connections (tenant_id, connection_id, engine_source, engine_connection, pushed_version)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT ON CONSTRAINT direct_connections_pkey DO UPDATE
         SET engine_source = excluded.engine_source, engine_connection = excluded.engine_connection,
             pushed_version = excluded.pushed_version",
        tenant.uuid(),
        connection.uuid(),
        beside.source,
        beside.connection,
        beside.pushed_version,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The tenant's workspace and destination on this hub's own engine, where an Airbyte elsewhere moves the data.
pub async fn direct_place(
    conn: &mut PgConnection,
    tenant: TenantId,
) -> Result<Option<(Uuid, Uuid)>, Error> {
    let found = sqlx::query!(
        "SELECT workspace, destination
         FROM direct_places
         WHERE tenant_id = $1",
        tenant.uuid(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.map(|row| (row.workspace, row.destination)))
}

pub async fn set_direct_place(
    conn: &mut PgConnection,
    tenant: TenantId,
    workspace: Uuid,
    destination: Uuid,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO direct_places (tenant_id, workspace, destination)
         VALUES ($1, $2, $3)
         ON CONFLICT ON CONSTRAINT direct_places_pkey DO UPDATE
         SET workspace = excluded.workspace, destination = excluded.destination",
        tenant.uuid(),
        workspace,
        destination,
    )
    .execute(conn)
    .await?;
    Ok(())
}
