//! Tests of connections: named checks as they happen, then what the source offers; what passes is stored.

mod job;
mod steps;

use model::{ConnectionId, Progress, TenantId, TestId, TestView};
use queue::NewJob;
use serde_json::{Value, json};
use sqlx::PgConnection;
use store::{
    TenantTx,
    connections::{self, Stage},
    ids::Id,
    secrets::TenantKeys,
    tests::Outcome,
};
use time::OffsetDateTime;

use crate::{
    Error, Hub, Permission, Scope,
    connections::{Candidate, sealed, start_test},
    consent::{self, Granted},
};

pub(crate) use job::{give_up, run};

pub(crate) const JOB: &str = "test_connection";
/// The checks talk to other people's servers: a few tries, no more.
const ATTEMPTS: i32 = 3;

/// Tests a connection with the settings it has.
pub async fn start(hub: &Hub, scope: &Scope, id: ConnectionId) -> Result<TestId, Error> {
    scope.require(Permission::Sync)?;
    let tenant = scope.tenant();
    // A token that has ended is renewed first. Where that is refused, the test says so in its own words.
    if let Err(error) = consent::fresh(hub, tenant, id).await {
        tracing::info!(%error, connection = %id, "the token was not renewed before a test");
    }
    let mut tx = hub.store().tenant(tenant).await?;
    let connection = connections::lock(&mut tx, tenant, id).await?;
    if connection.stage == Stage::Removing {
        return Err(Error::NotFound);
    }
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    let (config, granted) = match connection.stage {
        Stage::Unchecked => tried(&mut tx, &keys, id).await?,
        _ => (sealed::open(&keys, &connection)?, None),
    };
    let candidate = Candidate {
        config: &config,
        granted,
        replaces_grant: false,
        form_token: None,
    };
    start_test(hub, tx, scope, id, candidate).await
}

/// Ends a test that is not over: it says why, and its job stops by itself.
pub(crate) async fn call_off(
    conn: &mut PgConnection,
    tenant: TenantId,
    test: TestId,
    why: &str,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let outcome = Outcome {
        problem: Some(why),
        problem_kind: Some("cancelled"),
        ..Outcome::default()
    };
    store::tests::finish(conn, tenant, test, Progress::Failed, &outcome, now).await?;
    Ok(())
}

/// What the last test of a connection tried that no test has passed yet.
async fn tried(
    tx: &mut TenantTx,
    keys: &TenantKeys,
    id: ConnectionId,
) -> Result<(Value, Option<Granted>), Error> {
    let tenant = tx.tenant();
    if let Some(test) = store::tests::last(tx, tenant, id).await?
        && let Some(config) = sealed::open_candidate(keys, &test)?
    {
        return Ok((config, Granted::open(keys, &test)?));
    }
    Err(Error::Conflict(
        "These settings are not kept any more. Fill in the form again.".to_owned(),
    ))
}

pub async fn get(hub: &Hub, scope: &Scope, id: TestId) -> Result<TestView, Error> {
    scope.require(Permission::Read)?;
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    Ok(store::tests::view(&mut tx, scope.tenant(), id).await?)
}

pub(crate) async fn enqueue(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: TestId,
) -> Result<(), Error> {
    let mut job = NewJob::new(JOB, json!({"tenant": tenant, "test": id}))
        .tenant(tenant.uuid())
        .dedup(id.to_string());
    job.max_attempts = ATTEMPTS;
    queue::enqueue(conn, job).await?;
    Ok(())
}
