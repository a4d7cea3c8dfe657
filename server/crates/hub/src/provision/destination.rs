//! The destination in the tenant's workspace on the engine. It is found by the tenant's suffix before it is made: names
//! need not be unique there, so a repeated step must look first.

use airbyte::{
    Client,
    api::{DestinationCreate, DestinationPatch},
};
use model::{StepName, TenantId};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use store::{logins::Purpose, steps};
use uuid::Uuid;

use super::{Made, given, reach};
use crate::{
    Engine, Error, Hub,
    tenant_db::{Address, schema_name},
    tenants,
};

/// Airbyte's Postgres destination, the same id everywhere.
pub(crate) const POSTGRES_DESTINATION: Uuid =
    Uuid::from_u128(0x25c5_221d_dce2_4163_ade9_739e_f790_f503);

pub(super) async fn make_destination(hub: &Hub, tenant: TenantId) -> Result<Made, Error> {
    let engine = hub.airbyte();
    let workspace = id_of(hub, tenant, StepName::Workspace)
        .await?
        .ok_or_else(|| Error::conflict("The workspace must be made first."))?;
    if let Some(given) = hub.only_destination() {
        return given::make(hub, tenant, workspace, given).await;
    }
    let name = tenant.suffix();
    let configuration = configuration(hub, tenant).await?;
    let known = engine
        .destinations(workspace)
        .await
        .map_err(engine_refused)?
        .into_iter()
        .find(|destination| destination.name == name);
    let destination = match known {
        // The password may be another one since it was made.
        Some(found) => {
            let patch = DestinationPatch {
                configuration: Some(configuration),
                ..DestinationPatch::default()
            };
            engine
                .update_destination(found.destination_id, &patch)
                .await
        }
        None => {
            let new = DestinationCreate {
                name,
                workspace_id: workspace,
                definition_id: Some(POSTGRES_DESTINATION),
                configuration,
            };
            engine.create_destination(&new).await
        }
    }
    .map_err(engine_refused)?;
    let lands = format!("Rows land in schema {}.", schema_name(tenant));
    let id = destination.destination_id;
    match hub.engine() {
        Engine::Embedded => Ok(Made::done(id.to_string(), lands)),
        Engine::Remote => {
            let id = without_twins(engine, workspace, &tenant.suffix(), id).await?;
            Ok(reach::ask(hub, id).await?.made(id, &lands))
        }
    }
}

/// What is between us and an Airbyte elsewhere may deliver a call twice: of two destinations the first stays.
async fn without_twins(
    airbyte: &Client,
    workspace: Uuid,
    name: &str,
    made: Uuid,
) -> Result<Uuid, Error> {
    let all = airbyte
        .destinations(workspace)
        .await
        .map_err(engine_refused)?;
    let named = all.iter().filter(|found| found.name == name);
    let mut ids: Vec<Uuid> = named.map(|found| found.destination_id).collect();
    ids.sort_unstable();
    let Some((first, twins)) = ids.split_first() else {
        return Ok(made);
    };
    for twin in twins {
        removed(airbyte.delete_destination(*twin).await)?;
    }
    Ok(*first)
}

/// Where the engine finds the tenant database.
pub(super) fn address(hub: &Hub) -> &Address {
    match hub.engine() {
        Engine::Embedded => hub.tenant_db().internal(),
        Engine::Remote => hub.tenant_db().external(),
    }
}

async fn configuration(hub: &Hub, tenant: TenantId) -> Result<Value, Error> {
    destination(hub, tenant, address(hub)).await
}

/// How an engine reaches the tenant's schema.
pub(crate) async fn destination(
    hub: &Hub,
    tenant: TenantId,
    address: &Address,
) -> Result<Value, Error> {
    let login = tenants::stored_login(hub, tenant, Purpose::Load).await?;
    Ok(json!({
        "destinationType": "postgres",
        "host": address.host,
        "port": address.port,
        "database": address.database,
        "schema": schema_name(tenant),
        "username": login.login,
        "password": login.password.expose_secret(),
        "ssl_mode": { "mode": address.ssl_mode },
        "tunnel_method": { "tunnel_method": "NO_TUNNEL" },
    }))
}

/// Goes by what is there and not by the settings, as with workspaces: only one of the tenant's name was made for it.
pub(super) async fn undo_destination(hub: &Hub, tenant: TenantId) -> Result<String, Error> {
    let Some(id) = recorded_id(hub, tenant, StepName::Destination).await? else {
        return Ok("destination removed".to_owned());
    };
    match hub.airbyte().destination(id).await {
        Err(airbyte::Error::NotFound { .. }) => {}
        Ok(found) if found.name != tenant.suffix() => {
            return Ok("a destination that was given stays".to_owned());
        }
        found => {
            found.map_err(engine_refused)?;
            removed(hub.airbyte().delete_destination(id).await)?;
        }
    }
    Ok("destination removed".to_owned())
}

/// What a done step recorded.
pub(super) async fn id_of(
    hub: &Hub,
    tenant: TenantId,
    step: StepName,
) -> Result<Option<Uuid>, Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let id = steps::external_id(&mut tx, tenant, step).await?;
    Ok(id.and_then(|id| id.parse().ok()))
}

/// What a step recorded in whatever state it is now.
pub(super) async fn recorded_id(
    hub: &Hub,
    tenant: TenantId,
    step: StepName,
) -> Result<Option<Uuid>, Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let steps = steps::list(&mut tx, tenant).await?;
    let found = steps.into_iter().find(|found| found.name == step);
    Ok(found.and_then(|step| step.external_id?.parse().ok()))
}

/// Gone already is as good as removed.
pub(super) fn removed(outcome: Result<(), airbyte::Error>) -> Result<(), Error> {
    match outcome {
        Ok(()) | Err(airbyte::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(engine_refused(error)),
    }
}

pub(super) fn engine_refused(error: airbyte::Error) -> Error {
    match error {
        airbyte::Error::Unreachable(_)
        | airbyte::Error::Interrupted(_)
        | airbyte::Error::Resting { .. }
        | airbyte::Error::RateLimited { .. }
        | airbyte::Error::Upstream { .. }
        | airbyte::Error::Unreadable { .. } => {
            Error::Upstream(format!("The engine does not answer: {error}."))
        }
        other => Error::Conflict(format!("The engine refused: {other}.")),
    }
}
