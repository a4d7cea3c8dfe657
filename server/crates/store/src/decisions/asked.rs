//! Jobs that an Airbyte elsewhere was asked for and that nobody knows yet: noted before the question, so that they are
//! found whatever happens to its answer.

use model::{ConnectionId, RunId, TenantId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{Error, error::one_row, ids::Id};

/// A question whose answer is not known.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Of which try.
    pub n: i32,
    /// The newest job that there was before; 0 where there was none.
    pub after: i64,
    pub at: OffsetDateTime,
}

/// The job of a try is about to be asked for.
pub async fn note(
    conn: &mut PgConnection,
    tenant: TenantId,
    run: RunId,
    asked: Asked,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE run_decisions
         SET asked_after = $4,
             started_at = $5
         WHERE tenant_id = $1
           AND run_id = $2
           AND n = $3",
        tenant.uuid(),
        run.uuid(),
        asked.n,
        asked.after,
        asked.at,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// Nothing came of it.
pub async fn forget(
    conn: &mut PgConnection,
    tenant: TenantId,
    run: RunId,
    n: i32,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE run_decisions
         SET asked_after = NULL
         WHERE tenant_id = $1
           AND run_id = $2
           AND n = $3",
        tenant.uuid(),
        run.uuid(),
        n,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// This job came of it.
pub async fn found(
    conn: &mut PgConnection,
    tenant: TenantId,
    run: RunId,
    n: i32,
    job: i64,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE run_decisions
         SET engine_job = $4
         WHERE tenant_id = $1
           AND run_id = $2
           AND n = $3",
        tenant.uuid(),
        run.uuid(),
        n,
        job,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// What a run asked for last without knowing what came of it.
pub async fn find(
    conn: &mut PgConnection,
    tenant: TenantId,
    run: RunId,
) -> Result<Option<Asked>, Error> {
    Ok(sqlx::query_as!(
        Asked,
        r#"SELECT n, asked_after AS "after!", started_at AS "at!"
           FROM run_decisions
           WHERE tenant_id = $1
             AND run_id = $2
             AND asked_after IS NOT NULL
             AND started_at IS NOT NULL
             AND engine_job IS NULL
           ORDER BY n DESC
           LIMIT 1"#,
        tenant.uuid(),
        run.uuid(),
    )
    .fetch_optional(conn)
    .await?)
}

/// Whose a job of a connection may be besides the run that looks for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// No other run's.
    Nobodys,
    /// Another run has it.
    Anothers,
    /// Another run that goes on has just asked for one.
    Unknown,
}

pub async fn whose(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    but: RunId,
    job: i64,
) -> Result<Whose, Error> {
    let others = sqlx::query!(
        r#"SELECT COALESCE(bool_or(d.engine_job = $4), false) AS "have!",
                  COALESCE(bool_or(d.engine_job IS NULL), false) AS "ask!"
           FROM runs r
           JOIN run_decisions d ON d.tenant_id = r.tenant_id AND d.run_id = r.id
           WHERE r.tenant_id = $1
             AND r.connection_id = $2
             AND r.id <> $3
             AND d.route = 'airbyte'
             AND (d.engine_job = $4
               OR (d.engine_job IS NULL AND d.asked_after < $4 AND d.finished_at IS NULL))"#,
        tenant.uuid(),
        connection.uuid(),
        but.uuid(),
        job,
    )
    .fetch_one(conn)
    .await?;
    Ok(match (others.have, others.ask) {
        (true, _) => Whose::Anothers,
        (false, true) => Whose::Unknown,
        (false, false) => Whose::Nobodys,
    })
}

/// May a run that was stopped have asked for this job, without knowing it yet?
pub async fn may_be_left(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    job: i64,
) -> Result<bool, Error> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT
               FROM runs r
               JOIN run_decisions d ON d.tenant_id = r.tenant_id AND d.run_id = r.id
               WHERE r.tenant_id = $1
                 AND r.connection_id = $2
                 AND r.state = 'cancelled'
                 AND d.engine_job IS NULL
                 AND d.asked_after < $3
                 AND d.route = 'airbyte'
           ) AS "may_be!""#,
        tenant.uuid(),
        connection.uuid(),
        job,
    )
    .fetch_one(conn)
    .await?)
}
