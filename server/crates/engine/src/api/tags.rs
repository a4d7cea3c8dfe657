//! Tags: coloured names that sort the connections of a workspace.

use airbyte::api::{TagCreate, TagPatch, TagResponse, check_tag};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use uuid::Uuid;

use super::request::{Body, Params};
use super::workspaces;
use crate::Engine;
use crate::auth::Caller;
use crate::problem::{ApiError, ApiResult};
use crate::tables::tags;

/// Tags of one workspace.
const MOST: usize = 100;

/// A list that is given whole.
#[derive(Serialize)]
pub struct All {
    data: Vec<TagResponse>,
}

pub async fn list(
    State(engine): State<Engine>,
    caller: Caller,
    params: Params,
) -> ApiResult<Json<All>> {
    let workspaces = params.uuids("workspaceIds")?;
    let data = tags::list(&engine.config.pool, caller.scope(), &workspaces).await?;
    Ok(Json(All { data }))
}

pub async fn get(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> ApiResult<Json<TagResponse>> {
    find(&engine, caller, id).await.map(Json)
}

pub async fn create(
    State(engine): State<Engine>,
    caller: Caller,
    Body(new): Body<TagCreate>,
) -> ApiResult<Json<TagResponse>> {
    let workspace = workspaces::find(&engine, caller, new.workspace_id).await?;
    check(&new.name, &new.color)?;
    let pool = &engine.config.pool;
    let tag = TagResponse {
        tag_id: Uuid::now_v7(),
        workspace_id: workspace.id,
        name: new.name,
        color: new.color,
    };
    if tags::insert(pool, &tag, i64::try_from(MOST).unwrap_or(i64::MAX)).await? {
        return Ok(Json(tag));
    }
    let all = tags::list(pool, None, &[workspace.id]).await?;
    if all.iter().any(|other| other.name == tag.name) {
        return Err(ApiError::tag_exists(&tag.name));
    }
    Err(ApiError::too_many_tags(MOST))
}

pub async fn patch(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Body(patch): Body<TagPatch>,
) -> ApiResult<Json<TagResponse>> {
    let before = find(&engine, caller, id).await?;
    check(&patch.name, &patch.color)?;
    let tag = TagResponse {
        name: patch.name,
        color: patch.color,
        ..before
    };
    if tags::update(&engine.config.pool, &tag).await? {
        return Ok(Json(tag));
    }
    Err(ApiError::tag_exists(&tag.name))
}

/// Connections that carried it go on without.
pub async fn delete(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> ApiResult<StatusCode> {
    find(&engine, caller, id).await?;
    tags::delete(&engine.config.pool, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn find(engine: &Engine, caller: Caller, id: Uuid) -> ApiResult<TagResponse> {
    let found = tags::find(&engine.config.pool, caller.scope(), id).await?;
    found.ok_or_else(|| ApiError::not_found("tag", id))
}

fn check(name: &str, color: &str) -> ApiResult<()> {
    if name.trim().is_empty() {
        return Err(ApiError::bad_request("A tag has a name."));
    }
    check_tag(name, color).map_err(|error| ApiError::bad_request(&error.to_string()))
}
