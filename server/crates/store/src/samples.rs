//! Looks at sample rows: sealed, short-lived.

use model::{ConnectionId, Progress, SampleId, TenantId};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{Error, error::one_row, ids::Id, tests::progress};

/// One stream that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    pub namespace: Option<String>,
    pub name: String,
}

/// One look as it is stored.
#[derive(Debug, Clone)]
pub struct Sample {
    pub id: SampleId,
    pub connection: ConnectionId,
    pub state: Progress,
    pub revealed: bool,
    pub wanted: Vec<Wanted>,
    /// Sealed.
    pub rows: Option<Vec<u8>>,
    pub problem: Option<String>,
}

/// What a new one needs.
#[derive(Debug, Clone)]
pub struct New<'a> {
    pub id: SampleId,
    pub connection: ConnectionId,
    pub revealed: bool,
    pub wanted: &'a [Wanted],
    pub at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

pub async fn insert(conn: &mut PgConnection, tenant: TenantId, new: &New<'_>) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO samples (tenant_id, id, connection_id, state, revealed, wanted, created_at, expires_at)
         VALUES ($1, $2, $3, 'waiting', $4, $5, $6, $7)",
        tenant.uuid(),
        new.id.uuid(),
        new.connection.uuid(),
        new.revealed,
        serde_json::to_value(new.wanted).unwrap_or_default(),
        new.at,
        new.expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// One that has not expired.
pub async fn get(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: SampleId,
    now: OffsetDateTime,
) -> Result<Sample, Error> {
    let row = sqlx::query!(
        "SELECT id, connection_id, state, revealed, wanted, rows, problem
         FROM samples
         WHERE tenant_id = $1
           AND id = $2
           AND expires_at > $3",
        tenant.uuid(),
        id.uuid(),
        now,
    )
    .fetch_one(conn)
    .await?;
    let wanted = serde_json::from_value(row.wanted).map_err(|_| Error::Corrupt {
        table: "samples",
        column: "wanted",
        id: row.id.to_string(),
    })?;
    Ok(Sample {
        id,
        connection: ConnectionId::from_uuid(row.connection_id),
        state: progress(&row.state, "samples", row.id)?,
        revealed: row.revealed,
        wanted,
        rows: row.rows,
        problem: row.problem,
    })
}

/// Writes where it stands with the rows so far. `Stale` when it is over.
pub async fn put(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: SampleId,
    state: Progress,
    rows: Option<&[u8]>,
    problem: Option<&str>,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE samples
         SET state = $3,
             rows = COALESCE($4, rows),
             problem = $5
         WHERE tenant_id = $1
           AND id = $2
           AND state IN ('waiting', 'running')",
        tenant.uuid(),
        id.uuid(),
        state.name(),
        rows,
        problem,
    )
    .execute(conn)
    .await?;
    one_row(&changed).map_err(|_| Error::Stale)
}

/// Has this connection ever shown rows? What expired is still known.
pub async fn any_passed(conn: &mut PgConnection, tenant: TenantId) -> Result<bool, Error> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM samples WHERE tenant_id = $1 AND state = 'passed') AS "any!""#,
        tenant.uuid(),
    )
    .fetch_one(conn)
    .await?)
}
