//! The named steps that prepare a tenant: the truth that pages, jobs and operators share.

use model::{ProvisionStep, StepName, StepState, TenantId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{Error, error::one_row, ids::Id, times};

/// One step with what it made.
#[derive(Debug, Clone)]
pub struct Step {
    pub name: StepName,
    pub state: StepState,
    pub external_id: Option<String>,
    pub detail: String,
    pub attempts: i32,
    pub started_at: Option<OffsetDateTime>,
    pub finished_at: Option<OffsetDateTime>,
}

impl Step {
    /// Need it not run (again)?
    pub fn is_settled(&self) -> bool {
        matches!(self.state, StepState::Done | StepState::NotConfigured)
    }
}

impl From<Step> for ProvisionStep {
    fn from(step: Step) -> Self {
        Self {
            name: step.name,
            state: step.state,
            detail: step.detail,
            attempts: step.attempts,
            // A step that was taken back began when it was made, which says nothing of how long that took.
            millis: Some(step.state)
                .filter(|state| !matches!(state, StepState::Undone | StepState::Stuck))
                .and(step.started_at)
                .zip(step.finished_at)
                .map(|(from, to)| times::millis(from, to)),
            finished_at: times::maybe(step.finished_at),
        }
    }
}

/// Lists every step as waiting, once.
pub async fn plan(conn: &mut PgConnection, tenant: TenantId) -> Result<(), Error> {
    let names: Vec<String> = StepName::ALL
        .iter()
        .map(|step| step.name().to_owned())
        .collect();
    sqlx::query!(
        "INSERT INTO provision_steps (tenant_id, name, position)
         SELECT $1, name, position::smallint
         FROM unnest($2::text[]) WITH ORDINALITY AS step (name, position)
         ON CONFLICT (tenant_id, name) DO NOTHING",
        tenant.uuid(),
        &names,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// In the order they run.
pub async fn list(conn: &mut PgConnection, tenant: TenantId) -> Result<Vec<Step>, Error> {
    let rows = sqlx::query!(
        "SELECT name, state, external_id, detail, attempts, started_at, finished_at
         FROM provision_steps
         WHERE tenant_id = $1
         ORDER BY position",
        tenant.uuid(),
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let corrupt = |column| Error::Corrupt {
                table: "provision_steps",
                column,
                id: tenant.to_string(),
            };
            Ok(Step {
                name: StepName::parse(&row.name).ok_or_else(|| corrupt("name"))?,
                state: StepState::parse(&row.state).ok_or_else(|| corrupt("state"))?,
                external_id: row.external_id,
                detail: row.detail,
                attempts: row.attempts,
                started_at: row.started_at,
                finished_at: row.finished_at,
            })
        })
        .collect()
}

/// What one step made elsewhere, once it is done.
pub async fn external_id(
    conn: &mut PgConnection,
    tenant: TenantId,
    step: StepName,
) -> Result<Option<String>, Error> {
    Ok(sqlx::query_scalar!(
        "SELECT external_id
         FROM provision_steps
         WHERE tenant_id = $1
           AND name = $2
           AND state = 'done'",
        tenant.uuid(),
        step.name(),
    )
    .fetch_optional(conn)
    .await?
    .flatten())
}

/// Why what a done step made is of no use yet.
pub async fn refusal(
    conn: &mut PgConnection,
    tenant: TenantId,
    step: StepName,
) -> Result<Option<String>, Error> {
    Ok(sqlx::query_scalar!(
        "SELECT refusal
         FROM provision_steps
         WHERE tenant_id = $1
           AND name = $2
           AND state = 'done'",
        tenant.uuid(),
        step.name(),
    )
    .fetch_optional(conn)
    .await?
    .flatten())
}

/// Another tenant whose step is done and made the same.
pub async fn other_tenant_with(
    conn: &mut PgConnection,
    tenant: TenantId,
    step: StepName,
    external_id: &str,
) -> Result<Option<TenantId>, Error> {
    let found = sqlx::query_scalar!(
        "SELECT tenant_id
         FROM provision_steps
         WHERE tenant_id <> $1
           AND name = $2
           AND state = 'done'
           AND external_id = $3",
        tenant.uuid(),
        step.name(),
        external_id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.map(TenantId::from_uuid))
}

pub async fn start(
    conn: &mut PgConnection,
    tenant: TenantId,
    step: StepName,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE provision_steps
         SET state = 'running', attempts = attempts + 1, started_at = $3, finished_at = NULL
         WHERE tenant_id = $1
           AND name = $2",
        tenant.uuid(),
        step.name(),
        now,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// How a step ended, in words and with the name of what it made.
#[derive(Debug, Clone)]
pub struct Ended<'a> {
    pub state: StepState,
    pub external_id: Option<&'a str>,
    pub detail: &'a str,
    /// Why what it made is of no use yet, although it is done.
    pub refusal: Option<&'a str>,
}

pub async fn end(
    conn: &mut PgConnection,
    tenant: TenantId,
    step: StepName,
    ended: Ended<'_>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE provision_steps
         SET state = $3, external_id = $4, detail = $5, finished_at = $6, refusal = $7
         WHERE tenant_id = $1
           AND name = $2",
        tenant.uuid(),
        step.name(),
        ended.state.name(),
        ended.external_id,
        ended.detail,
        now,
        ended.refusal,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// Back to waiting, so that the next attempt runs it again.
pub async fn reset(conn: &mut PgConnection, tenant: TenantId, step: StepName) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE provision_steps
         SET state = 'waiting', attempts = 0, started_at = NULL, finished_at = NULL
         WHERE tenant_id = $1
           AND name = $2",
        tenant.uuid(),
        step.name(),
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}
