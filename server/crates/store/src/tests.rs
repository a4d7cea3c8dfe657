//! Tests of connections: the sealed candidate, the steps as they happen, the outcome.

use model::{CheckStep, ConnectionId, Progress, TenantId, TestId, TestView};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, error::one_row, ids::Id, oauth::grants::By, times};

/// What a new one needs.
#[derive(Debug, Clone)]
pub struct New<'a> {
    pub id: TestId,
    pub connection: ConnectionId,
    pub form_token: Option<&'a str>,
    /// The configuration to try, sealed.
    pub candidate: Vec<u8>,
    pub granted: Option<NewGrant<'a>>,
    /// Keys stand where an older sign-in had filled something.
    pub replaces_grant: bool,
    pub started_by: &'a str,
    pub at: OffsetDateTime,
}

/// What somebody signed in for, and who that was.
#[derive(Debug, Clone)]
pub struct NewGrant<'a> {
    pub sealed: Vec<u8>,
    pub by: By<'a>,
}

/// What its job needs.
#[derive(Debug, Clone)]
pub struct Test {
    pub id: TestId,
    pub connection: ConnectionId,
    pub state: Progress,
    pub candidate: Option<Vec<u8>>,
    pub granted: Option<Vec<u8>>,
    pub replaces_grant: bool,
    pub started_by: String,
    pub created_at: OffsetDateTime,
}

/// How it ended.
#[derive(Debug, Clone, Default)]
pub struct Outcome<'a> {
    pub steps: &'a [CheckStep],
    pub streams_found: Option<i64>,
    pub problem: Option<&'a str>,
    pub problem_kind: Option<&'a str>,
    pub raw: Option<&'a str>,
}

/// Adds one that waits. `Conflict` when the connection is being tested or the form was sent before.
pub async fn insert(conn: &mut PgConnection, tenant: TenantId, new: &New<'_>) -> Result<(), Error> {
    let granted = new.granted.as_ref();
    let by = granted.map(|granted| granted.by);
    sqlx::query!(
        "INSERT INTO connection_tests (tenant_id, id, connection_id, form_token, state, candidate, granted, granted_provider,
                                       granted_account, granted_own_client, replaces_grant, started_by, created_at)
         VALUES ($1, $2, $3, $4, 'waiting', $5, $6, $7, $8, $9, $10, $11, $12)",
        tenant.uuid(),
        new.id.uuid(),
        new.connection.uuid(),
        new.form_token,
        new.candidate,
        granted.map(|granted| granted.sealed.as_slice()),
        by.map(|by| by.provider),
        by.and_then(|by| by.account_id),
        by.map(|by| by.own_client),
        new.replaces_grant,
        new.started_by,
        new.at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The test that this form started, if it was sent before.
pub async fn by_form(
    conn: &mut PgConnection,
    tenant: TenantId,
    token: &str,
) -> Result<Option<TestId>, Error> {
    let found = sqlx::query_scalar!(
        "SELECT id FROM connection_tests WHERE tenant_id = $1 AND form_token = $2",
        tenant.uuid(),
        token,
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.map(TestId::from_uuid))
}

struct TestRow {
    id: Uuid,
    connection_id: Uuid,
    state: String,
    candidate: Option<Vec<u8>>,
    granted: Option<Vec<u8>>,
    replaces_grant: bool,
    started_by: String,
    created_at: OffsetDateTime,
}

impl TestRow {
    fn read(self) -> Result<Test, Error> {
        Ok(Test {
            id: TestId::from_uuid(self.id),
            connection: ConnectionId::from_uuid(self.connection_id),
            state: progress(&self.state, "connection_tests", self.id)?,
            candidate: self.candidate,
            granted: self.granted,
            replaces_grant: self.replaces_grant,
            started_by: self.started_by,
            created_at: self.created_at,
        })
    }
}

pub async fn get(conn: &mut PgConnection, tenant: TenantId, id: TestId) -> Result<Test, Error> {
    sqlx::query_as!(
        TestRow,
        "SELECT id, connection_id, state, candidate, granted, replaces_grant, started_by, created_at
         FROM connection_tests
         WHERE tenant_id = $1
           AND id = $2",
        tenant.uuid(),
        id.uuid(),
    )
    .fetch_one(conn)
    .await?
    .read()
}

/// The newest one of a connection, kept from others until the transaction ends.
pub async fn last(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<Option<Test>, Error> {
    sqlx::query_as!(
        TestRow,
        "SELECT id, connection_id, state, candidate, granted, replaces_grant, started_by, created_at
         FROM connection_tests
         WHERE tenant_id = $1
           AND connection_id = $2
         ORDER BY created_at DESC, id DESC
         LIMIT 1",
        tenant.uuid(),
        connection.uuid(),
    )
    .fetch_optional(conn)
    .await?
    .map(TestRow::read)
    .transpose()
}

/// Marks it as running. `Stale` when it is over.
pub async fn begin(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: TestId,
    at: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE connection_tests
         SET state = 'running',
             started_at = COALESCE(started_at, $3),
             steps = '[]'
         WHERE tenant_id = $1
           AND id = $2
           AND state IN ('waiting', 'running')",
        tenant.uuid(),
        id.uuid(),
        at,
    )
    .execute(conn)
    .await?;
    one_row(&changed).map_err(|_| Error::Stale)
}

/// Keeps other settings, sealed, in the place of those that it tries: a token in them was renewed. A test that was called off
/// may be repeated, so it keeps them, too. `Stale` when nothing of it is kept any more.
pub async fn set_candidate(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: TestId,
    candidate: &[u8],
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE connection_tests
         SET candidate = $3
         WHERE tenant_id = $1
           AND id = $2
           AND candidate IS NOT NULL",
        tenant.uuid(),
        id.uuid(),
        candidate,
    )
    .execute(conn)
    .await?;
    one_row(&changed).map_err(|_| Error::Stale)
}

/// Writes the steps so far. `Stale` when it is over.
pub async fn set_steps(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: TestId,
    steps: &[CheckStep],
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE connection_tests
         SET steps = $3
         WHERE tenant_id = $1
           AND id = $2
           AND state = 'running'",
        tenant.uuid(),
        id.uuid(),
        serde_json::to_value(steps).unwrap_or_default(),
    )
    .execute(conn)
    .await?;
    one_row(&changed).map_err(|_| Error::Stale)
}

/// Ends it. Candidate and grant of a test that passed are gone: they are stored now. `Stale` when it is over already.
pub async fn finish(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: TestId,
    state: Progress,
    outcome: &Outcome<'_>,
    at: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE connection_tests
         SET state = $3,
             steps = $4,
             streams_found = $5,
             problem = $6,
             problem_kind = $7,
             raw = $8,
             candidate = CASE WHEN $3 = 'passed' THEN NULL ELSE candidate END,
             granted = CASE WHEN $3 = 'passed' THEN NULL ELSE granted END,
             granted_provider = CASE WHEN $3 = 'passed' THEN NULL ELSE granted_provider END,
             granted_account = CASE WHEN $3 = 'passed' THEN NULL ELSE granted_account END,
             granted_own_client = CASE WHEN $3 = 'passed' THEN NULL ELSE granted_own_client END,
             started_at = COALESCE(started_at, $9),
             finished_at = $9
         WHERE tenant_id = $1
           AND id = $2
           AND state IN ('waiting', 'running')",
        tenant.uuid(),
        id.uuid(),
        state.name(),
        serde_json::to_value(outcome.steps).unwrap_or_default(),
        outcome.streams_found,
        outcome.problem,
        outcome.problem_kind,
        outcome.raw,
        at,
    )
    .execute(conn)
    .await?;
    one_row(&changed).map_err(|_| Error::Stale)
}

/// What was granted for it is kept elsewhere now.
pub async fn forget_granted(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: TestId,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE connection_tests
         SET granted = NULL,
             granted_provider = NULL,
             granted_account = NULL,
             granted_own_client = NULL
         WHERE tenant_id = $1
           AND id = $2",
        tenant.uuid(),
        id.uuid(),
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// Forgets the candidates of a connection, with what was granted for them: they were stored or given up.
pub async fn forget_candidates(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE connection_tests
         SET candidate = NULL,
             granted = NULL,
             granted_provider = NULL,
             granted_account = NULL,
             granted_own_client = NULL
         WHERE tenant_id = $1
           AND connection_id = $2
           AND candidate IS NOT NULL
           AND state NOT IN ('waiting', 'running')",
        tenant.uuid(),
        connection.uuid(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

struct ViewRow {
    id: Uuid,
    connection_id: Uuid,
    state: String,
    steps: serde_json::Value,
    streams_found: Option<i64>,
    problem: Option<String>,
    raw: Option<String>,
    created_at: OffsetDateTime,
    started_at: Option<OffsetDateTime>,
    finished_at: Option<OffsetDateTime>,
}

impl ViewRow {
    fn read(self) -> Result<TestView, Error> {
        let steps = serde_json::from_value(self.steps).map_err(|_| Error::Corrupt {
            table: "connection_tests",
            column: "steps",
            id: self.id.to_string(),
        })?;
        Ok(TestView {
            id: TestId::from_uuid(self.id),
            connection: ConnectionId::from_uuid(self.connection_id),
            state: progress(&self.state, "connection_tests", self.id)?,
            steps,
            streams: self.streams_found,
            problem: self.problem,
            raw: self.raw,
            started_at: times::text(self.started_at.unwrap_or(self.created_at)),
            finished_at: times::maybe(self.finished_at),
        })
    }
}

pub async fn view(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: TestId,
) -> Result<TestView, Error> {
    sqlx::query_as!(
        ViewRow,
        "SELECT id, connection_id, state, steps, streams_found, problem, raw, created_at, started_at, finished_at
         FROM connection_tests
         WHERE tenant_id = $1
           AND id = $2",
        tenant.uuid(),
        id.uuid(),
    )
    .fetch_one(conn)
    .await?
    .read()
}

/// Reads a progress word from its column.
pub(crate) fn progress(text: &str, table: &'static str, id: Uuid) -> Result<Progress, Error> {
    Progress::parse(text).ok_or_else(|| Error::Corrupt {
        table,
        column: "state",
        id: id.to_string(),
    })
}
