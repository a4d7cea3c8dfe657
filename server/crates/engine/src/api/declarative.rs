//! Sources of a workspace's own: manifests given, replaced and taken back through the API.

use airbyte::api::{
    DeclarativeDefinitionCreate, DeclarativeDefinitionPut, DeclarativeDefinitionResponse, Page,
};
use axum::Json;
use axum::extract::{Path, State};
use uuid::Uuid;

use super::request::Body;
use super::workspaces;
use crate::Engine;
use crate::auth::Caller;
use crate::own;
use crate::problem::{ApiError, ApiResult};
use crate::tables::manifests::{self, Row};

const LONGEST_NAME: usize = 200;

type Answer = ApiResult<Json<DeclarativeDefinitionResponse>>;

pub async fn list(
    State(engine): State<Engine>,
    caller: Caller,
    Path(workspace): Path<Uuid>,
) -> ApiResult<Json<Page<DeclarativeDefinitionResponse>>> {
    enter(&engine, caller, workspace).await?;
    let rows = manifests::list(&engine.config.pool, workspace).await?;
    Ok(Json(Page {
        previous: String::new(),
        next: String::new(),
        data: rows.into_iter().map(response).collect(),
    }))
}

pub async fn create(
    State(engine): State<Engine>,
    caller: Caller,
    Path(workspace): Path<Uuid>,
    Body(new): Body<DeclarativeDefinitionCreate>,
) -> Answer {
    enter(&engine, caller, workspace).await?;
    let name = new.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(ApiError::unprocessable(&format!(
            "The name must have 1 to {LONGEST_NAME} characters."
        )));
    }
    own::accept(&new.manifest)?;
    let row = Row {
        id: Uuid::now_v7(),
        name,
        manifest: new.manifest,
        version: 1,
    };
    manifests::insert(&engine.config.pool, workspace, &row).await?;
    Ok(Json(response(row)))
}

pub async fn get(
    State(engine): State<Engine>,
    caller: Caller,
    Path((workspace, id)): Path<(Uuid, Uuid)>,
) -> Answer {
    enter(&engine, caller, workspace).await?;
    let row = manifests::find(&engine.config.pool, Some(workspace), id).await?;
    found(row, id)
}

pub async fn put(
    State(engine): State<Engine>,
    caller: Caller,
    Path((workspace, id)): Path<(Uuid, Uuid)>,
    Body(put): Body<DeclarativeDefinitionPut>,
) -> Answer {
    enter(&engine, caller, workspace).await?;
    own::accept(&put.manifest)?;
    let row = manifests::replace(&engine.config.pool, workspace, id, &put.manifest).await?;
    found(row, id)
}

/// One that sources still use stays: they would have no connector.
pub async fn delete(
    State(engine): State<Engine>,
    caller: Caller,
    Path((workspace, id)): Path<(Uuid, Uuid)>,
) -> Answer {
    enter(&engine, caller, workspace).await?;
    let pool = &engine.config.pool;
    if let Some(row) = manifests::delete(pool, workspace, id).await? {
        return Ok(Json(response(row)));
    }
    match manifests::find(pool, Some(workspace), id).await? {
        Some(_) => Err(ApiError::state_conflict(
            "Sources use this definition. Delete them first.",
        )),
        None => Err(ApiError::not_found("definition", id)),
    }
}

async fn enter(engine: &Engine, caller: Caller, workspace: Uuid) -> ApiResult<()> {
    caller.enter(workspace)?;
    workspaces::find(engine, caller, workspace).await.map(drop)
}

fn found(row: Option<Row>, id: Uuid) -> Answer {
    row.map(|row| Json(response(row)))
        .ok_or_else(|| ApiError::not_found("definition", id))
}

fn response(row: Row) -> DeclarativeDefinitionResponse {
    DeclarativeDefinitionResponse {
        id: row.id,
        name: row.name,
        manifest: row.manifest,
        version: Some(row.version),
    }
}
