//! Starting a test: settings and what was granted for them are sealed, and a job is enqueued.

use model::{ConnectionId, TestId};
use serde_json::Value;
use store::{
    TenantTx,
    ids::Id,
    secrets::TenantKeys,
    tests::{self, NewGrant, Test},
};

use super::sealed;
use crate::{Error, Hub, Scope, acts, consent::Granted};

/// What a test tries.
pub(crate) struct Candidate<'a> {
    pub config: &'a Value,
    pub granted: Option<Granted>,
    /// Keys stand where an older sign-in had filled something: if they pass, it is over.
    pub replaces_grant: bool,
    pub form_token: Option<&'a str>,
}

/// Seals the settings into a test that waits, and enqueues it. A test that is on its way with the very same settings
/// is joined.
pub(crate) async fn start(
    hub: &Hub,
    mut tx: TenantTx,
    scope: &Scope,
    connection: ConnectionId,
    candidate: Candidate<'_>,
) -> Result<TestId, Error> {
    let tenant = tx.tenant();
    if let Some(link) = scope.link() {
        store::links::set_connection(&mut tx, tenant, link, connection).await?;
    }
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    if let Some(last) = tests::last(&mut tx, tenant, connection)
        .await?
        .filter(|test| !test.state.is_over())
    {
        if candidate.granted.is_none() || last.granted.is_some() {
            return join(&keys, &last, &candidate);
        }
        // What was granted exists once; the test can be had again.
        let why = "A new sign-in took its place.";
        crate::tests::call_off(&mut tx, tenant, last.id, why, hub.clock().now()).await?;
    }
    let id = TestId::fresh();
    let who = acts::who(&mut tx, scope).await?;
    let new = tests::New {
        id,
        connection,
        form_token: candidate.form_token,
        candidate: sealed::seal_candidate(&keys, id, candidate.config),
        granted: candidate.granted.as_ref().map(|granted| NewGrant {
            sealed: granted.seal(&keys, id),
            by: granted.by(),
        }),
        replaces_grant: candidate.replaces_grant,
        started_by: &who,
        at: hub.clock().now(),
    };
    tests::forget_candidates(&mut tx, tenant, connection).await?;
    tests::insert(&mut tx, tenant, &new).await?;
    crate::tests::enqueue(&mut tx, tenant, id).await?;
    acts::note(
        hub,
        &mut tx,
        scope,
        "connection.test",
        &connection.to_string(),
        "Started a test.",
    )
    .await?;
    tx.commit().await?;
    Ok(id)
}

fn join(keys: &TenantKeys, last: &Test, candidate: &Candidate<'_>) -> Result<TestId, Error> {
    let running = sealed::open_candidate(keys, last)?;
    if candidate.granted.is_none() && running.as_ref() == Some(candidate.config) {
        return Ok(last.id);
    }
    Err(Error::Conflict(
        "This connection is being tested with other settings right now. Wait until that is done, then send these.".to_owned(),
    ))
}
