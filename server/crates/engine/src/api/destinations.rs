//! Destinations: PostgreSQL databases that streams are written to.

use airbyte::api::{
    DestinationCreate, DestinationPatch, DestinationPut, DestinationResponse, Page,
};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use sync::load::Target;
use time::OffsetDateTime;
use uuid::Uuid;

use super::jobs::stop_all;
use super::request::{Body, Params};
use super::workspaces;
use crate::Engine;
use crate::auth::Caller;
use crate::definitions::{POSTGRES_DESTINATION, POSTGRES_DESTINATION_TYPE};
use crate::problem::{ApiError, ApiResult};
use crate::secrets::{Place, masked, merged, unmasked};
use crate::tables::destinations::{self, Row};

pub async fn list(
    State(engine): State<Engine>,
    caller: Caller,
    params: Params,
) -> ApiResult<Json<Page<DestinationResponse>>> {
    let workspaces = params.uuids("workspaceIds")?;
    let rows = destinations::list(
        &engine.config.pool,
        caller.scope(),
        &workspaces,
        params.limit()?,
        params.offset()?,
    )
    .await?;
    let data: ApiResult<Vec<_>> = rows.into_iter().map(|row| response(&engine, row)).collect();
    Ok(Json(params.page(data?)?))
}

pub async fn get(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> ApiResult<Json<DestinationResponse>> {
    let row = find(&engine, caller, id).await?;
    response(&engine, row).map(Json)
}

pub async fn create(
    State(engine): State<Engine>,
    caller: Caller,
    Body(new): Body<DestinationCreate>,
) -> ApiResult<Json<DestinationResponse>> {
    caller.enter(new.workspace_id)?;
    workspaces::find(&engine, caller, new.workspace_id).await?;
    check_kind(new.definition_id, &new.configuration)?;
    let config = stripped(new.configuration);
    validate(&config)?;
    let id = Uuid::now_v7();
    let row = Row {
        id,
        workspace_id: new.workspace_id,
        definition_id: POSTGRES_DESTINATION,
        name: new.name,
        config: engine.seal_config(Place::Destination, new.workspace_id, id, &config),
        created_at: OffsetDateTime::now_utc(),
    };
    destinations::insert(&engine.config.pool, &row).await?;
    response(&engine, row).map(Json)
}

pub async fn patch(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Body(patch): Body<DestinationPatch>,
) -> ApiResult<Json<DestinationResponse>> {
    let row = find(&engine, caller, id).await?;
    let stored = engine.open_config(Place::Destination, row.workspace_id, row.id, &row.config)?;
    let config = match patch.configuration {
        Some(new) => merged(&stored, &unmasked(&stripped(new), &stored)),
        None => stored,
    };
    save(&engine, row, patch.name, &config).await.map(Json)
}

pub async fn put(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Body(put): Body<DestinationPut>,
) -> ApiResult<Json<DestinationResponse>> {
    let row = find(&engine, caller, id).await?;
    let stored = engine.open_config(Place::Destination, row.workspace_id, row.id, &row.config)?;
    let config = unmasked(&stripped(put.configuration), &stored);
    save(&engine, row, Some(put.name), &config).await.map(Json)
}

async fn save(
    engine: &Engine,
    row: Row,
    name: Option<String>,
    config: &Value,
) -> ApiResult<DestinationResponse> {
    validate(config)?;
    let sealed = engine.seal_config(Place::Destination, row.workspace_id, row.id, config);
    let row = Row {
        name: name.unwrap_or(row.name),
        config: sealed,
        ..row
    };
    if destinations::update(&engine.config.pool, row.id, &row.name, &row.config).await? != 1 {
        return Err(ApiError::not_found("destination", row.id));
    }
    response(engine, row)
}

pub async fn delete(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> ApiResult<StatusCode> {
    find(&engine, caller, id).await?;
    stop_all(&engine, id).await?;
    destinations::delete(&engine.config.pool, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A destination the caller may see.
pub async fn find(engine: &Engine, caller: Caller, id: Uuid) -> ApiResult<Row> {
    let row = destinations::find(&engine.config.pool, caller.scope(), id).await?;
    row.ok_or_else(|| ApiError::not_found("destination", id))
}

fn check_kind(id: Option<Uuid>, config: &Value) -> ApiResult<()> {
    let named = config.get("destinationType").and_then(Value::as_str);
    match (id, named) {
        (Some(POSTGRES_DESTINATION), _) | (None, Some(POSTGRES_DESTINATION_TYPE)) => Ok(()),
        (Some(id), _) => Err(ApiError::value_not_found(&id.to_string())),
        (None, Some(named)) => Err(ApiError::value_not_found(named)),
        (None, None) => Err(ApiError::unprocessable(
            "One of destinationType or definitionId must be given.",
        )),
    }
}

/// The loader reads its configuration itself; what it refuses is refused here.
fn validate(config: &Value) -> ApiResult<()> {
    Target::from_config(config)
        .map(drop)
        .map_err(|fault| ApiError::unprocessable(&fault.message))
}

fn stripped(mut config: Value) -> Value {
    if let Some(fields) = config.as_object_mut() {
        fields.remove("destinationType");
    }
    config
}

/// What is secret in a destination's configuration, besides what tells by its name.
fn schema() -> Value {
    let secret = json!({ "type": "string", "airbyte_secret": true });
    json!({ "properties": { "password": secret, "ssl_mode": { "properties": { "client_key": secret, "client_key_password": secret } } } })
}

/// The type stands inside the configuration, too: Airbyte's own client tells destinations apart by it.
fn named(mut config: Value) -> Value {
    if let Some(fields) = config.as_object_mut() {
        fields.insert(
            "destinationType".to_owned(),
            POSTGRES_DESTINATION_TYPE.into(),
        );
    }
    config
}

fn response(engine: &Engine, row: Row) -> ApiResult<DestinationResponse> {
    let config = engine.open_config(Place::Destination, row.workspace_id, row.id, &row.config)?;
    Ok(DestinationResponse {
        destination_id: row.id,
        name: row.name,
        destination_type: Some(POSTGRES_DESTINATION_TYPE.to_owned()),
        definition_id: Some(row.definition_id),
        workspace_id: row.workspace_id,
        configuration: named(masked(&config, &schema())),
        created_at: row.created_at.unix_timestamp(),
    })
}
