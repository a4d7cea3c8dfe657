//! Where an Airbyte elsewhere moves the data: the tenant's place on this hub's own engine, for the direct way. Made when it
//! is first needed, found by the tenant's suffix before it is made.

use airbyte::{
    Client,
    api::{DestinationCreate, DestinationPatch, WorkspaceCreate},
};
use model::TenantId;
use store::routes;
use uuid::Uuid;

use super::{Place, gone};
use crate::{Error, Hub, provision};

/// The place, with the login that loads rows as it is now.
pub(super) async fn place(hub: &Hub, tenant: TenantId) -> Result<Place, Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let known = routes::direct_place(&mut tx, tenant).await?;
    tx.commit().await?;
    let client = hub.direct();
    let configuration = provision::destination(hub, tenant, hub.tenant_db().internal()).await?;
    if let Some((workspace, destination)) = known {
        let patch = DestinationPatch {
            configuration: Some(configuration),
            ..DestinationPatch::default()
        };
        client.update_destination(destination, &patch).await?;
        return Ok(Place {
            workspace,
            destination,
        });
    }
    let workspace = workspace(client, tenant).await?;
    let name = tenant.suffix();
    let there = client.destinations(workspace).await?;
    let destination = match there.into_iter().find(|found| found.name == name) {
        Some(found) => found,
        None => {
            let new = DestinationCreate {
                name,
                workspace_id: workspace,
                definition_id: Some(provision::POSTGRES_DESTINATION),
                configuration,
            };
            client.create_destination(&new).await?
        }
    };
    let place = Place {
        workspace,
        destination: destination.destination_id,
    };
    let mut tx = hub.store().tenant(tenant).await?;
    routes::set_direct_place(&mut tx, tenant, place.workspace, place.destination).await?;
    tx.commit().await?;
    Ok(place)
}

/// The tenant's workspace alone.
pub(crate) async fn workspace(client: &Client, tenant: TenantId) -> Result<Uuid, airbyte::Error> {
    let name = tenant.suffix();
    let known = client.workspaces().await?;
    if let Some(found) = known.into_iter().find(|found| found.name == name) {
        return Ok(found.workspace_id);
    }
    let made = client
        .create_workspace(&WorkspaceCreate::named(name))
        .await?;
    Ok(made.workspace_id)
}

/// Removes the place with everything in it; gone already is as good.
pub(crate) async fn forget_place(hub: &Hub, tenant: TenantId) -> Result<(), airbyte::Error> {
    let name = tenant.suffix();
    let known = hub.direct().workspaces().await?;
    for found in known.iter().filter(|found| found.name == name) {
        gone(hub.direct().delete_workspace(found.workspace_id).await)?;
    }
    Ok(())
}
