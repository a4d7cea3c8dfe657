//! Workspaces.

use airbyte::api::{Page, WorkspaceCreate, WorkspacePatch, WorkspaceResponse};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::jobs::stop_all;
use super::request::{Body, Params};
use crate::Engine;
use crate::auth::Caller;
use crate::problem::{ApiError, ApiResult};
use crate::tables::workspaces::{self, Row};

/// One machine, one region.
const REGION: &str = "auto";
const LONGEST_NAME: usize = 255;

pub async fn list(
    State(engine): State<Engine>,
    caller: Caller,
    params: Params,
) -> ApiResult<Json<Page<WorkspaceResponse>>> {
    let ids = params.uuids("workspaceIds")?;
    let rows = workspaces::list(
        &engine.config.pool,
        caller.scope(),
        &ids,
        params.limit()?,
        params.offset()?,
    )
    .await?;
    Ok(Json(params.page(rows.into_iter().map(response).collect())?))
}

pub async fn get(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> ApiResult<Json<WorkspaceResponse>> {
    find(&engine, caller, id).await.map(response).map(Json)
}

pub async fn create(
    State(engine): State<Engine>,
    caller: Caller,
    Body(new): Body<WorkspaceCreate>,
) -> ApiResult<Json<WorkspaceResponse>> {
    caller.require_all()?;
    check_name(&new.name)?;
    let id = Uuid::now_v7();
    let notifications = new.notifications.unwrap_or_else(|| json!({}));
    workspaces::insert(&engine.config.pool, id, &new.name, &notifications).await?;
    find(&engine, caller, id).await.map(response).map(Json)
}

pub async fn update(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Body(patch): Body<WorkspacePatch>,
) -> ApiResult<Json<WorkspaceResponse>> {
    find(&engine, caller, id).await?;
    if let Some(name) = &patch.name {
        check_name(name)?;
    }
    workspaces::update(
        &engine.config.pool,
        id,
        patch.name.as_deref(),
        patch.notifications.as_ref(),
    )
    .await?;
    find(&engine, caller, id).await.map(response).map(Json)
}

pub async fn delete(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> ApiResult<StatusCode> {
    find(&engine, caller, id).await?;
    caller.require_all()?;
    stop_all(&engine, id).await?;
    let mut tx = queue::begin(&engine.config.pool).await?;
    engine.leave_grants(&mut tx, id).await?;
    workspaces::delete(&mut tx, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A workspace the caller may see.
pub async fn find(engine: &Engine, caller: Caller, id: Uuid) -> ApiResult<Row> {
    let row = workspaces::find(&engine.config.pool, caller.scope(), id).await?;
    row.ok_or_else(|| ApiError::not_found("workspace", id))
}

fn check_name(name: &str) -> ApiResult<()> {
    if name.trim().is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(ApiError::bad_request(&format!(
            "The name must have 1 to {LONGEST_NAME} characters."
        )));
    }
    Ok(())
}

fn response(row: Row) -> WorkspaceResponse {
    WorkspaceResponse {
        workspace_id: row.id,
        name: row.name,
        data_residency: Some(REGION.to_owned()),
        notifications: Some(row.notifications),
    }
}
