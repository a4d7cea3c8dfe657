//! The changes that a connection goes through: its stage, its name, what is wrong with it, what an engine knows of it.

use model::{ConnectionId, TenantId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Stage;
use crate::{Error, error::one_row, ids::Id};

/// Moves it from one of `from` to `to`; `Stale` when it is in another stage.
pub async fn set_stage(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
    from: &[Stage],
    to: Stage,
    at: OffsetDateTime,
) -> Result<(), Error> {
    let from: Vec<String> = from.iter().map(|stage| stage.name().to_owned()).collect();
    let changed = sqlx::query!(
        "UPDATE connections
         SET stage = $4,
             updated_at = $5
         WHERE tenant_id = $1
           AND id = $2
           AND stage = ANY($3)",
        tenant.uuid(),
        id.uuid(),
        &from,
        to.name(),
        at,
    )
    .execute(conn)
    .await?;
    one_row(&changed).map_err(|_| Error::Stale)
}

/// Gives it another name. `Conflict` when the name is taken.
pub async fn rename(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
    name: &str,
    at: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE connections
         SET name = $3,
             version = version + 1,
             updated_at = $4
         WHERE tenant_id = $1
           AND id = $2",
        tenant.uuid(),
        id.uuid(),
        name,
        at,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// Sets or clears why a person is needed or the last run failed.
pub async fn set_problem(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
    problem: Option<(&str, &str)>,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE connections
         SET problem_kind = $3,
             problem = $4
         WHERE tenant_id = $1
           AND id = $2",
        tenant.uuid(),
        id.uuid(),
        problem.map(|(kind, _)| kind),
        problem.map(|(_, text)| text),
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// Remembers what the engine calls it.
pub async fn set_source(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
    source: Uuid,
    prefix: &str,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE connections
         SET engine_source = $3,
             table_prefix = $4
         WHERE tenant_id = $1
           AND id = $2",
        tenant.uuid(),
        id.uuid(),
        source,
        prefix,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// Remembers that the engine has seen `version`.
pub async fn set_pushed(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
    engine: Uuid,
    version: i64,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE connections
         SET engine_connection = $3,
             pushed_version = greatest(pushed_version, $4)
         WHERE tenant_id = $1
           AND id = $2",
        tenant.uuid(),
        id.uuid(),
        engine,
        version,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// Says that streams changed, so that the engine is told.
pub async fn bump(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
    at: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE connections
         SET version = version + 1,
             updated_at = $3
         WHERE tenant_id = $1
           AND id = $2",
        tenant.uuid(),
        id.uuid(),
        at,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

pub async fn delete(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "DELETE FROM connections WHERE tenant_id = $1 AND id = $2",
        tenant.uuid(),
        id.uuid()
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}
