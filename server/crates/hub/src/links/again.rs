//! A guest's test once more, with what was sent by their link: never with what the tenant keeps.

use model::TestId;
use sqlx::PgConnection;
use store::{
    connections::{self, Stage},
    links::{self as rows, Link},
    tests::{self, Test},
};
use time::OffsetDateTime;

use super::live;
use crate::{
    Error, Hub, Permission, Scope, acts,
    connections::{Candidate, sealed, start_test},
    consent::Granted,
};

/// Tests again what was sent by the caller's link last. `Conflict` when the link has ended, or nothing of it is kept.
pub async fn test_again(hub: &Hub, scope: &Scope) -> Result<TestId, Error> {
    scope.require(Permission::Manage)?;
    super::count_test(hub, scope).await?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    // Whoever takes the link back holds this, too.
    store::tenants::lock(&mut tx, tenant).await?;
    let id = scope.link().ok_or(Error::NotFound)?;
    let link = rows::get(&mut tx, tenant, id).await?;
    live(&link, hub.clock().now())?;
    let (Some(id), Some(opened)) = (link.connection, link.opened_at) else {
        return Err(nothing_kept());
    };
    let connection = connections::lock(&mut tx, tenant, id).await?;
    if connection.stage == Stage::Removing {
        return Err(Error::NotFound);
    }
    // A test of somebody else may hold secrets that are not the guest's to use.
    let by = acts::by_link(&link);
    let last = tests::last(&mut tx, tenant, id)
        .await?
        .filter(|test| test.started_by == by && test.created_at >= opened)
        .ok_or_else(nothing_kept)?;
    if has_namesake(&mut tx, &link, &last).await? {
        return Err(nothing_kept());
    }
    if !last.state.is_over() {
        return Ok(last.id);
    }
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    let config = sealed::open_candidate(&keys, &last)?.ok_or_else(nothing_kept)?;
    let candidate = Candidate {
        config: &config,
        granted: Granted::open(&keys, &last)?,
        replaces_grant: last.replaces_grant,
        form_token: None,
    };
    start_test(hub, tx, scope, id, candidate).await
}

/// Tests are signed with whom a link was sent to, so another link to the same name may have started this one.
async fn has_namesake(conn: &mut PgConnection, link: &Link, test: &Test) -> Result<bool, Error> {
    let slug = &link.integration;
    let links = rows::list(conn, link.tenant, slug, link.connection, i64::MAX).await?;
    Ok(links.iter().any(|other| {
        let is_namesake = other.id != link.id && other.sent_to == link.sent_to;
        is_namesake && worked_at(other, test.created_at)
    }))
}

/// Somebody had opened it by then, and it had not ended.
fn worked_at(link: &Link, at: OffsetDateTime) -> bool {
    let ends = [Some(link.expires_at), link.finished_at, link.revoked_at];
    let was_open = link.opened_at.is_some_and(|opened| opened <= at);
    was_open && ends.into_iter().flatten().all(|end| end >= at)
}

fn nothing_kept() -> Error {
    Error::conflict("What you sent is not kept any more. Fill in the form again.")
}
