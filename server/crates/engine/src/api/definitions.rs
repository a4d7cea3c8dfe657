//! Connectors as the public API lists them.

use airbyte::api::{
    ConnectorDefinition, ConnectorDefinitionType, ConnectorDefinitions, DefinitionResponse, Page,
};
use axum::Json;
use axum::extract::{Path, State};
use uuid::Uuid;

use super::request::Params;
use super::workspaces;
use crate::Engine;
use crate::auth::Caller;
use crate::definitions::{Definition, POSTGRES_DESTINATION};
use crate::problem::{ApiError, ApiResult};
use crate::tables::manifests;

const DESTINATION_NAME: &str = "PostgreSQL";

pub async fn connectors(
    State(engine): State<Engine>,
    caller: Caller,
    params: Params,
) -> ApiResult<Json<ConnectorDefinitions>> {
    let mut own = Vec::new();
    if let Some(workspace) = params.uuid("workspaceId")? {
        caller.enter(workspace)?;
        workspaces::find(&engine, caller, workspace).await?;
        let rows = manifests::list(&engine.config.pool, workspace).await?;
        own.extend(rows.into_iter().map(Definition::from));
    }
    let data = match params.get("type") {
        Some("source") => engine
            .definitions
            .allowed()
            .chain(&own)
            .map(source)
            .collect(),
        Some("destination") => vec![ConnectorDefinition {
            id: POSTGRES_DESTINATION,
            name: DESTINATION_NAME.to_owned(),
            connector_definition_type: ConnectorDefinitionType::Destination,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }],
        _ => {
            return Err(ApiError::bad_request(
                "The query parameter type must be source or destination.",
            ));
        }
    };
    Ok(Json(ConnectorDefinitions { data }))
}

fn source(definition: &Definition) -> ConnectorDefinition {
    ConnectorDefinition {
        id: definition.id,
        name: definition.name.clone(),
        connector_definition_type: ConnectorDefinitionType::Source,
        version: definition.version().to_owned(),
    }
}

pub async fn list(
    State(engine): State<Engine>,
    caller: Caller,
    Path((workspace, kind)): Path<(Uuid, String)>,
) -> ApiResult<Json<Page<DefinitionResponse>>> {
    let data = all(&engine, caller, workspace, &kind).await?;
    Ok(Json(Page {
        previous: String::new(),
        next: String::new(),
        data,
    }))
}

pub async fn get(
    State(engine): State<Engine>,
    caller: Caller,
    Path((workspace, kind, id)): Path<(Uuid, String, Uuid)>,
) -> ApiResult<Json<DefinitionResponse>> {
    let found = all(&engine, caller, workspace, &kind)
        .await?
        .into_iter()
        .find(|definition| definition.id == id);
    found
        .map(Json)
        .ok_or_else(|| ApiError::not_found("definition", id))
}

/// The list ships with the server; an operator adds programs in its settings.
pub async fn change(State(_): State<Engine>, _: Caller) -> ApiError {
    ApiError::not_offered(
        "Connectors of the embedded engine are chosen by the operator of this server.",
    )
}

pub async fn change_one(
    state: State<Engine>,
    caller: Caller,
    Path(_): Path<(Uuid, String, Uuid)>,
) -> ApiError {
    change(state, caller).await
}

async fn all(
    engine: &Engine,
    caller: Caller,
    workspace: Uuid,
    kind: &str,
) -> ApiResult<Vec<DefinitionResponse>> {
    caller.enter(workspace)?;
    workspaces::find(engine, caller, workspace).await?;
    match kind {
        "sources" => Ok(engine.definitions.allowed().map(response).collect()),
        "destinations" => Ok(vec![destination()]),
        _ => Err(ApiError::not_found("definitions", kind)),
    }
}

fn response(definition: &Definition) -> DefinitionResponse {
    DefinitionResponse {
        id: definition.id,
        name: definition.name.clone(),
        docker_repository: definition.repository(),
        docker_image_tag: definition.version().to_owned(),
        documentation_url: definition.docs_url.clone(),
    }
}

fn destination() -> DefinitionResponse {
    DefinitionResponse {
        id: POSTGRES_DESTINATION,
        name: DESTINATION_NAME.to_owned(),
        docker_repository: "builtin/destination-postgres".to_owned(),
        docker_image_tag: env!("CARGO_PKG_VERSION").to_owned(),
        documentation_url: None,
    }
}
