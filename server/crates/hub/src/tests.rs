//! Tests of connections: named checks as they happen, then what the source offers; what passes is stored.

mod job;
mod steps;

use model::{ConnectionId, TenantId, TestId, TestView};
use queue::NewJob;
use serde_json::json;
use sqlx::PgConnection;
use store::{
    connections::{self, Stage},
    ids::Id,
};

use crate::{
    Error, Hub, Permission, Scope,
    connections::{sealed, start_test},
    consent,
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
    let tried = match store::tests::last(&mut tx, tenant, id).await? {
        Some(test) if connection.stage == Stage::Unchecked => sealed::open_candidate(&keys, &test)?,
        _ => None,
    };
    let config = match tried {
        Some(config) => config,
        None if connection.stage == Stage::Unchecked => {
            return Err(Error::Conflict(
                "These settings are not kept any more. Fill in the form again.".to_owned(),
            ));
        }
        None => sealed::open(&keys, &connection)?,
    };
    start_test(hub, tx, scope, id, &config, None).await
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
