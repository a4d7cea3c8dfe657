//! Small changes of a connection: its name, pausing and resuming.

use model::{ConnectionId, FieldError, TenantId};
use store::connections::{self, Stage};

use super::submit::{check_name, name_taken};
use crate::{Error, Hub, Permission, Scope, acts};

pub async fn rename(hub: &Hub, scope: &Scope, id: ConnectionId, name: &str) -> Result<(), Error> {
    scope.require(Permission::Manage)?;
    let tenant = scope.tenant();
    let name = check_name(name).map_err(at_name)?;
    let mut tx = hub.store().tenant(tenant).await?;
    let before = connections::lock(&mut tx, tenant, id).await?;
    match connections::find_by_name(&mut tx, tenant, &name).await? {
        Some(other) if other != id => return Err(at_name(name_taken(&name))),
        _ => connections::rename(&mut tx, tenant, id, &name, hub.clock().now()).await?,
    }
    let detail = format!("From {} to {name}.", before.name);
    acts::note(
        hub,
        &mut tx,
        scope,
        "connection.rename",
        &id.to_string(),
        &detail,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// This form has one field, and calls it simply that.
fn at_name(error: FieldError) -> Error {
    Error::field("name", error.detail)
}

/// Stops it from being run; a run on its way goes on to its end.
pub async fn pause(hub: &Hub, scope: &Scope, id: ConnectionId) -> Result<(), Error> {
    turn(
        hub,
        scope,
        id,
        Stage::Active,
        Stage::Paused,
        "connection.pause",
    )
    .await
}

pub async fn resume(hub: &Hub, scope: &Scope, id: ConnectionId) -> Result<(), Error> {
    turn(
        hub,
        scope,
        id,
        Stage::Paused,
        Stage::Active,
        "connection.resume",
    )
    .await
}

async fn turn(
    hub: &Hub,
    scope: &Scope,
    id: ConnectionId,
    from: Stage,
    to: Stage,
    action: &str,
) -> Result<(), Error> {
    scope.require(Permission::Manage)?;
    let tenant: TenantId = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let connection = connections::lock(&mut tx, tenant, id).await?;
    if connection.stage == to {
        return Ok(());
    }
    if connection.stage != from {
        return Err(Error::Conflict(
            "This connection is not finished yet. Test it first.".to_owned(),
        ));
    }
    connections::set_stage(&mut tx, tenant, id, &[from], to, hub.clock().now()).await?;
    acts::note(
        hub,
        &mut tx,
        scope,
        action,
        &id.to_string(),
        &connection.name,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}
