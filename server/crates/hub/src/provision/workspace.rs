//! The tenant's workspace on the engine: one of its own, or the only one that an Airbyte lets us have.
//!
//! One of its own is found by the tenant's suffix before it is made, because a crash may have kept its id from being
//! recorded. Names are free to everybody there, so what is found is taken only while nothing of others is in it.

use airbyte::api::{WorkspaceCreate, WorkspaceResponse};
use model::{ConnectionId, StepName, TenantId};
use store::{connections, steps};
use uuid::Uuid;

use super::{
    Made,
    destination::{engine_refused, recorded_id, removed},
};
use crate::{Engine, Error, Hub, engine};

pub(super) async fn make(hub: &Hub, tenant: TenantId) -> Result<Made, Error> {
    let airbyte = hub.airbyte();
    let workspace = match hub.only_workspace() {
        Some(given) => given_to(hub, tenant, given).await?,
        None => match own(hub, tenant).await?.into_iter().next() {
            Some(found) => found.workspace_id,
            None => {
                let new = WorkspaceCreate::named(tenant.suffix());
                let made = airbyte.create_workspace(&new).await;
                let made = made.map_err(engine_refused)?.workspace_id;
                without_twins(hub, tenant, made).await?
            }
        },
    };
    let detail = format!("Workspace {workspace} at {}", airbyte.base());
    Ok(Made::done(workspace.to_string(), detail))
}

/// What is between us and an Airbyte elsewhere may deliver a call twice: of two new workspaces the first stays.
async fn without_twins(hub: &Hub, tenant: TenantId, made: Uuid) -> Result<Uuid, Error> {
    if hub.engine() == Engine::Embedded {
        return Ok(made);
    }
    let all = own(hub, tenant).await?;
    let mut ids: Vec<Uuid> = all.iter().map(|found| found.workspace_id).collect();
    ids.sort_unstable();
    let Some((first, twins)) = ids.split_first() else {
        return Ok(made);
    };
    for twin in twins {
        removed(hub.airbyte().delete_workspace(*twin).await)?;
    }
    Ok(*first)
}

/// Goes by what is there and not by the settings, which may be others than when it was made: only a workspace of the
/// tenant's name is removed, and only when it is recorded or holds nothing of others. Another that is recorded was given.
pub(super) async fn undo(hub: &Hub, tenant: TenantId) -> Result<String, Error> {
    let airbyte = hub.airbyte();
    let recorded = recorded_id(hub, tenant, StepName::Workspace).await?;
    let (mut removed_count, mut stays) = (0, "");
    for found in airbyte.workspaces().await.map_err(engine_refused)? {
        let id = found.workspace_id;
        let is_recorded = recorded == Some(id);
        // By name too: a crash may have kept the id from being recorded.
        let is_named = found.name == tenant.suffix();
        if is_named && (is_recorded || !ours(hub, tenant, id).await?.shared) {
            removed(airbyte.delete_workspace(id).await)?;
            removed_count += 1;
        } else if is_recorded {
            empty(hub, tenant, id).await?;
            stays = "; one that was given stays, without what was made in it";
        }
    }
    if hub.engine() == Engine::Remote {
        removed(engine::forget_place(hub, tenant).await)?;
    }
    Ok(format!("workspaces removed: {removed_count}{stays}"))
}

/// The tenant's connections at the engine: all in a workspace of its own, whoever made them; in one that was given, ours.
pub(super) async fn connections_in(
    hub: &Hub,
    tenant: TenantId,
    workspace: Uuid,
) -> Result<Vec<Uuid>, Error> {
    let found = match hub.airbyte().workspace(workspace).await {
        Err(airbyte::Error::NotFound { .. }) => return Ok(Vec::new()),
        other => other.map_err(engine_refused)?,
    };
    if found.name != tenant.suffix() {
        return Ok(ours(hub, tenant, workspace).await?.connections);
    }
    let all = there(hub.airbyte().connections(workspace).await)?;
    Ok(all.iter().map(|one| one.connection_id).collect())
}

/// What a workspace holds for this tenant, by our own names.
struct Ours {
    connections: Vec<Uuid>,
    sources: Vec<Uuid>,
    /// Is anything else in it?
    shared: bool,
}

/// Nothing where the workspace is gone.
async fn ours(hub: &Hub, tenant: TenantId, workspace: Uuid) -> Result<Ours, Error> {
    let ids = connection_ids(hub, tenant).await?;
    let is_ours = |name: &str| ids.iter().any(|id| engine::is_ours(*id, name));
    let airbyte = hub.airbyte();
    let connections = there(airbyte.connections(workspace).await)?;
    let sources = there(airbyte.sources(workspace).await)?;
    let destinations = there(airbyte.destinations(workspace).await)?;
    let shared = !connections.iter().all(|one| is_ours(&one.name))
        || !sources.iter().all(|one| is_ours(&one.name))
        || destinations.iter().any(|one| one.name != tenant.suffix());
    Ok(Ours {
        connections: connections
            .iter()
            .filter(|one| is_ours(&one.name))
            .map(|one| one.connection_id)
            .collect(),
        sources: sources
            .iter()
            .filter(|one| is_ours(&one.name))
            .map(|one| one.source_id)
            .collect(),
        shared,
    })
}

async fn connection_ids(hub: &Hub, tenant: TenantId) -> Result<Vec<ConnectionId>, Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    Ok(connections::ids(&mut tx, tenant).await?)
}

/// Workspaces of the tenant's name that hold nothing of others.
async fn own(hub: &Hub, tenant: TenantId) -> Result<Vec<WorkspaceResponse>, Error> {
    let name = tenant.suffix();
    let all = hub.airbyte().workspaces().await.map_err(engine_refused)?;
    let mut own = Vec::new();
    for found in all.into_iter().filter(|found| found.name == name) {
        if ours(hub, tenant, found.workspace_id).await?.shared {
            tracing::warn!(workspace = %found.workspace_id, %tenant, "a workspace of a tenant's name holds what is not ours: it is left alone");
        } else {
            own.push(found);
        }
    }
    Ok(own)
}

/// The workspace that the operator names, for one tenant and no other.
async fn given_to(hub: &Hub, tenant: TenantId, given: Uuid) -> Result<Uuid, Error> {
    let id = given.to_string();
    let mut tx = hub.store().platform().await?;
    let other = steps::other_tenant_with(&mut tx, tenant, StepName::Workspace, &id).await?;
    tx.commit().await?;
    if let Some(other) = other {
        return Err(Error::Conflict(format!(
            "The Airbyte of this installation has one workspace, and {other} works in it. A second tenant needs an Airbyte that allows several workspaces: take AIRBYTE_WORKSPACE_ID away then."
        )));
    }
    let all = hub.airbyte().workspaces().await.map_err(engine_refused)?;
    if all.iter().any(|found| found.workspace_id == given) {
        return Ok(given);
    }
    Err(Error::Conflict(format!(
        "AIRBYTE_WORKSPACE_ID names {given}, which the credentials do not see at {}.",
        hub.airbyte().base()
    )))
}

/// Takes out what was made for the tenant, and nothing else.
async fn empty(hub: &Hub, tenant: TenantId, workspace: Uuid) -> Result<(), Error> {
    let ours = ours(hub, tenant, workspace).await?;
    for connection in ours.connections {
        removed(hub.airbyte().delete_connection(connection).await)?;
    }
    for source in ours.sources {
        removed(hub.airbyte().delete_source(source).await)?;
    }
    Ok(())
}

fn there<T>(listed: Result<Vec<T>, airbyte::Error>) -> Result<Vec<T>, Error> {
    match listed {
        Err(airbyte::Error::NotFound { .. }) => Ok(Vec::new()),
        other => other.map_err(engine_refused),
    }
}
