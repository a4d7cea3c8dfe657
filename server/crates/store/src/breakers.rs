//! Breakers: sources that failed several times in a row, or asked for a pause, are left alone for a while. One for each
//! tenant and upstream, for all processes.

use model::TenantId;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{Error, ids::Id};

/// One as it stands.
#[derive(Debug, Clone, Copy, Default)]
pub struct Breaker {
    /// Failures in a row since it was last left alone.
    pub failures: i32,
    /// How often in a row it was left alone.
    pub trips: i32,
    pub open_until: Option<OffsetDateTime>,
}

/// As it stands; an upstream that never failed has none.
pub async fn find(
    conn: &mut PgConnection,
    tenant: TenantId,
    upstream: &str,
) -> Result<Breaker, Error> {
    let found = sqlx::query_as!(
        Breaker,
        "SELECT failures, trips, open_until
         FROM breakers
         WHERE tenant_id = $1
           AND upstream = $2",
        tenant.uuid(),
        upstream,
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.unwrap_or_default())
}

/// One more failure: counts it and answers how it stands. The row stays locked until the transaction ends.
pub async fn failed(
    conn: &mut PgConnection,
    tenant: TenantId,
    upstream: &str,
    at: OffsetDateTime,
) -> Result<Breaker, Error> {
    let now = sqlx::query_as!(
        Breaker,
        "INSERT INTO breakers AS b (tenant_id, upstream, failures, updated_at)
         VALUES ($1, $2, 1, $3)
         ON CONFLICT ON CONSTRAINT breakers_pkey DO UPDATE
         SET failures = b.failures + 1, updated_at = excluded.updated_at
         RETURNING failures, trips, open_until",
        tenant.uuid(),
        upstream,
        at,
    )
    .fetch_one(conn)
    .await?;
    Ok(now)
}

/// Leaves it alone until then.
pub async fn open(
    conn: &mut PgConnection,
    tenant: TenantId,
    upstream: &str,
    until: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE breakers
         SET failures = 0, trips = trips + 1, open_until = $3
         WHERE tenant_id = $1
           AND upstream = $2",
        tenant.uuid(),
        upstream,
        until,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// It asked to be left alone until then: no failure, so the next rest is no longer for it.
pub async fn pause(
    conn: &mut PgConnection,
    tenant: TenantId,
    upstream: &str,
    until: OffsetDateTime,
    at: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO breakers AS b (tenant_id, upstream, open_until, updated_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT ON CONSTRAINT breakers_pkey DO UPDATE
         SET open_until = GREATEST(b.open_until, excluded.open_until), updated_at = excluded.updated_at",
        tenant.uuid(),
        upstream,
        until,
        at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// It answers again.
pub async fn close(conn: &mut PgConnection, tenant: TenantId, upstream: &str) -> Result<(), Error> {
    sqlx::query!(
        "DELETE FROM breakers
         WHERE tenant_id = $1
           AND upstream = $2",
        tenant.uuid(),
        upstream,
    )
    .execute(conn)
    .await?;
    Ok(())
}
