//! Sources: saved configurations of connectors. No call here asks the connector to log in.

use airbyte::api::{Page, SourceCreate, SourcePatch, SourcePut, SourceResponse};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::jobs::stop_all;
use super::request::{Body, Params};
use super::validate::validate;
use super::workspaces;
use crate::Engine;
use crate::auth::Caller;
use crate::definitions::Definition;
use crate::problem::{ApiError, ApiResult};
use crate::runtime::Readiness;
use crate::secrets::{Place, masked, merged, unmasked};
use crate::tables::sources::{self, Row};

pub async fn list(
    State(engine): State<Engine>,
    caller: Caller,
    params: Params,
) -> ApiResult<Json<Page<SourceResponse>>> {
    let workspaces = params.uuids("workspaceIds")?;
    let rows = sources::list(
        &engine.config.pool,
        caller.scope(),
        &workspaces,
        params.limit()?,
        params.offset()?,
    )
    .await?;
    let mut data = Vec::with_capacity(rows.len());
    for row in rows {
        data.push(response(&engine, row).await?);
    }
    Ok(Json(params.page(data)?))
}

pub async fn get(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> ApiResult<Json<SourceResponse>> {
    let row = find(&engine, caller, id).await?;
    response(&engine, row).await.map(Json)
}

pub async fn create(
    State(engine): State<Engine>,
    caller: Caller,
    Body(new): Body<SourceCreate>,
) -> ApiResult<Json<SourceResponse>> {
    caller.enter(new.workspace_id)?;
    workspaces::find(&engine, caller, new.workspace_id).await?;
    let definition = definition(&engine, &new).await?;
    let mut config = stripped(new.configuration);
    if let Some(id) = &new.secret_id {
        let part = engine
            .secret(new.workspace_id, &definition.source_type, id)
            .await?;
        config = merged(&config, &part);
    }
    let schema = schema(&engine, &definition).await?;
    validate(&schema, &config)?;
    let id = Uuid::now_v7();
    let row = Row {
        id,
        workspace_id: new.workspace_id,
        definition_id: definition.id,
        name: new.name,
        config: engine.seal_config(Place::Source, new.workspace_id, id, &config),
        rotates: has_refresh_token(&config),
        created_at: OffsetDateTime::now_utc(),
    };
    sources::insert(&engine.config.pool, &row).await?;
    response(&engine, row).await.map(Json)
}

pub async fn patch(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Body(patch): Body<SourcePatch>,
) -> ApiResult<Json<SourceResponse>> {
    let row = find(&engine, caller, id).await?;
    let stored = engine.open_config(Place::Source, row.workspace_id, row.id, &row.config)?;
    let mut config = match patch.configuration {
        Some(new) => merged(&stored, &unmasked(&stripped(new), &stored)),
        None => stored,
    };
    if let Some(id) = &patch.secret_id {
        let definition = engine.definition_of(&row).await?;
        let part = engine
            .secret(row.workspace_id, &definition.source_type, id)
            .await?;
        config = merged(&config, &part);
    }
    save(&engine, row, patch.name, config).await.map(Json)
}

pub async fn put(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Body(put): Body<SourcePut>,
) -> ApiResult<Json<SourceResponse>> {
    let row = find(&engine, caller, id).await?;
    let stored = engine.open_config(Place::Source, row.workspace_id, row.id, &row.config)?;
    let config = unmasked(&stripped(put.configuration), &stored);
    save(&engine, row, Some(put.name), config).await.map(Json)
}

async fn save(
    engine: &Engine,
    row: Row,
    name: Option<String>,
    config: Value,
) -> ApiResult<SourceResponse> {
    let definition = engine.definition_of(&row).await?;
    validate(&schema(engine, &definition).await?, &config)?;
    let sealed = engine.seal_config(Place::Source, row.workspace_id, row.id, &config);
    let row = Row {
        name: name.unwrap_or(row.name),
        config: sealed,
        ..row
    };
    if sources::update(&engine.config.pool, row.id, &row.name, &row.config).await? != 1 {
        return Err(ApiError::not_found("source", row.id));
    }
    response(engine, row).await
}

pub async fn delete(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> ApiResult<StatusCode> {
    find(&engine, caller, id).await?;
    stop_all(&engine, id).await?;
    sources::delete(&engine.config.pool, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A source the caller may see.
pub async fn find(engine: &Engine, caller: Caller, id: Uuid) -> ApiResult<Row> {
    let row = sources::find(&engine.config.pool, caller.scope(), id).await?;
    row.ok_or_else(|| ApiError::not_found("source", id))
}

/// By id, or by the type inside the configuration, the older way.
async fn definition(engine: &Engine, new: &SourceCreate) -> ApiResult<Definition> {
    if let Some(id) = new.definition_id {
        let found = engine.find_definition(Some(new.workspace_id), id).await?;
        return found.ok_or_else(|| ApiError::value_not_found(&id.to_string()));
    }
    let named = new.configuration.get("sourceType").and_then(Value::as_str);
    let Some(named) = named else {
        return Err(ApiError::unprocessable(
            "One of sourceType or definitionId must be given.",
        ));
    };
    engine
        .definitions
        .find_type(named)
        .cloned()
        .ok_or_else(|| ApiError::value_not_found(named))
}

/// The type is no setting of the connector.
fn stripped(mut config: Value) -> Value {
    if let Some(fields) = config.as_object_mut() {
        fields.remove("sourceType");
    }
    config
}

/// The connector's schema, asked for now when it has not been before.
async fn schema(engine: &Engine, definition: &Definition) -> ApiResult<Value> {
    let known = engine.known_schema(definition).await?;
    if !known.is_null() {
        return Ok(known);
    }
    match engine.teller(definition) {
        Readiness::Ready(connector) => Ok(engine
            .specification(definition, &connector)
            .await?
            .connection_specification),
        Readiness::Preparing(detail) => Err(ApiError::try_again_later(&detail)),
        Readiness::Failed(fault) => Err(fault.into()),
    }
}

/// Refresh tokens may work only once: operations of such a source wait for each other.
fn has_refresh_token(config: &Value) -> bool {
    match config {
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name == "refresh_token" || has_refresh_token(value)),
        Value::Array(items) => items.iter().any(has_refresh_token),
        _ => false,
    }
}

async fn response(engine: &Engine, row: Row) -> ApiResult<SourceResponse> {
    let definition = engine.known_definition(&row).await?;
    let schema = match &definition {
        Some(definition) => engine.known_schema(definition).await?,
        None => Value::Null,
    };
    let config = engine.open_config(Place::Source, row.workspace_id, row.id, &row.config)?;
    Ok(SourceResponse {
        source_id: row.id,
        name: row.name,
        source_type: definition.map(|definition| definition.source_type),
        definition_id: Some(row.definition_id),
        workspace_id: row.workspace_id,
        configuration: masked(&config, &schema),
        created_at: row.created_at.unix_timestamp(),
    })
}
