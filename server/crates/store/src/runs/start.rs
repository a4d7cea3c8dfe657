//! Starting a run, once.

use model::{ConnectionId, Method, RunId, TenantId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::active;
use crate::{Error, ids::Id};

/// What a new one needs.
#[derive(Debug, Clone)]
pub struct New<'a> {
    pub id: RunId,
    pub connection: ConnectionId,
    pub started_by: &'a str,
    pub method: Method,
    /// A rehearsal: the direct way is left out.
    pub forced_fallback: bool,
    /// With a detailed log.
    pub debug: bool,
    pub at: OffsetDateTime,
}

/// Adds one, or finds the one that is on its way: starting twice is starting once.
pub async fn start(
    conn: &mut PgConnection,
    tenant: TenantId,
    new: &New<'_>,
) -> Result<(RunId, bool), Error> {
    let added = sqlx::query_scalar!(
        "INSERT INTO runs (tenant_id, id, connection_id, state, started_by, method, forced_fallback, debug, created_at)
         VALUES ($1, $2, $3, 'queued', $4, $5, $6, $7, $8)
         ON CONFLICT (tenant_id, connection_id) WHERE state IN ('queued', 'running', 'cancelling') DO NOTHING
         RETURNING id",
        tenant.uuid(),
        new.id.uuid(),
        new.connection.uuid(),
        new.started_by,
        new.method.name(),
        new.forced_fallback,
        new.debug,
        new.at,
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(id) = added {
        return Ok((RunId::from_uuid(id), true));
    }
    let running = active(conn, tenant, new.connection)
        .await?
        .ok_or(Error::Stale)?;
    Ok((running, false))
}

/// Somebody asks for a run that another, a schedule for instance, has started: it counts as theirs from now on.
pub async fn wanted(
    conn: &mut PgConnection,
    tenant: TenantId,
    run: RunId,
    from: &str,
    by: &str,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE runs
         SET started_by = $4
         WHERE tenant_id = $1
           AND id = $2
           AND started_by = $3",
        tenant.uuid(),
        run.uuid(),
        from,
        by,
    )
    .execute(conn)
    .await?;
    Ok(())
}
