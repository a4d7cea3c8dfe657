//! Sources: saved configurations of connectors. No call here asks the connector to log in.

use airbyte::api::{Page, SourceCreate, SourcePatch, SourcePut, SourceResponse};
use airbyte::holds_refresh_token;
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
use crate::consent::Granted;
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
    let mut grant_id = None;
    if let Some(id) = &new.secret_id {
        let granted = engine
            .secret(new.workspace_id, &definition.source_type, id)
            .await?;
        config = merged(&config, &granted.part);
        grant_id = granted.grant;
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
        rotates: holds_refresh_token(&config),
        grant_id,
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
    let mut granted = None;
    if let Some(secret) = &patch.secret_id {
        let row = find(&engine, caller, id).await?;
        let definition = engine.definition_of(&row).await?;
        let source_type = &definition.source_type;
        granted = Some(engine.secret(row.workspace_id, source_type, secret).await?);
    }
    let new = patch.configuration.map(stripped);
    let change = Change {
        name: patch.name,
        granted,
        config: |stored: &Value| match &new {
            Some(new) => merged(stored, &unmasked(new, stored)),
            None => stored.clone(),
        },
    };
    save(&engine, caller, id, change).await.map(Json)
}

pub async fn put(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Body(put): Body<SourcePut>,
) -> ApiResult<Json<SourceResponse>> {
    let new = stripped(put.configuration);
    let change = Change {
        name: Some(put.name),
        granted: None,
        config: |stored: &Value| unmasked(&new, stored),
    };
    save(&engine, caller, id, change).await.map(Json)
}

/// What becomes of a source.
struct Change<F> {
    name: Option<String>,
    /// What somebody has granted for it now.
    granted: Option<Granted>,
    config: F,
}

impl<F: Fn(&Value) -> Value> Change<F> {
    fn config(&self, stored: &Value) -> Value {
        let config = (self.config)(stored);
        match &self.granted {
            Some(granted) => merged(&config, &granted.part),
            None => config,
        }
    }
}

/// Changes what is stored. Where a connector renews its tokens in this moment, the change is made to what it left.
async fn save(
    engine: &Engine,
    caller: Caller,
    id: Uuid,
    change: Change<impl Fn(&Value) -> Value>,
) -> ApiResult<SourceResponse> {
    loop {
        let found = find(engine, caller, id).await?;
        let stored = engine.open_config(Place::Source, found.workspace_id, id, &found.config)?;
        let config = change.config(&stored);
        let definition = engine.definition_of(&found).await?;
        validate(&schema(engine, &definition).await?, &config)?;
        let grant_id = match &change.granted {
            Some(granted) => granted.grant,
            None => engine.still_granted(&found, &definition.source_type, &stored, &config),
        };
        let new = Row {
            name: change.name.clone().unwrap_or_else(|| found.name.clone()),
            config: engine.seal_config(Place::Source, found.workspace_id, id, &config),
            rotates: holds_refresh_token(&config),
            grant_id,
            ..found.clone()
        };
        if engine.change_source(&found, &new).await? {
            return response(engine, new).await;
        }
    }
}

pub async fn delete(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> ApiResult<StatusCode> {
    find(&engine, caller, id).await?;
    stop_all(&engine, id).await?;
    let mut tx = queue::begin(&engine.config.pool).await?;
    engine.leave_grants(&mut tx, id).await?;
    sources::delete(&mut tx, id).await?;
    tx.commit().await?;
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
