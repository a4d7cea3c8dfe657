//! `POST /x/discover`: streams with their whole schemas.

use airbyte::Cache;
use airbyte::extension::{DiscoverRequest, DiscoverResponse};
use axum::Json;
use axum::extract::State;
use tokio_util::sync::CancellationToken;

use super::ask::{Named, Subject, misfit};
use crate::Engine;
use crate::api::Body;
use crate::auth::Caller;
use crate::problem::ApiResult;

pub async fn discover(
    State(engine): State<Engine>,
    caller: Caller,
    Body(asked): Body<DiscoverRequest>,
) -> ApiResult<Json<DiscoverResponse>> {
    let named = Named {
        source: asked.source_id,
        definition: asked.definition_id,
        manifest: None,
        workspace: asked.workspace_id,
        configuration: asked.configuration,
    };
    let subject = Subject::find(&engine, caller, named).await?;
    let _permit = engine.operation_permit().await?;
    if let Some(source) = subject.saved() {
        let cache = if asked.ignore_cache {
            Cache::Ignore
        } else {
            Cache::Use
        };
        let catalog = engine.discover_source(source, cache).await?;
        return Ok(Json(DiscoverResponse { catalog }));
    }
    let cancel = CancellationToken::new();
    let _ended = cancel.clone().drop_guard();
    let config = subject.current(&engine).await?;
    let prepared = engine
        .prepare(&subject.definition, config, &cancel, |_| {})
        .await?;
    let schema = engine.known_schema(&subject.definition).await?;
    if let Some(fault) = misfit(&schema, &prepared.config) {
        return Err(fault.into());
    }
    let catalog = engine
        .discover_prepared(&prepared, None, subject.workspace, &cancel)
        .await?;
    Ok(Json(DiscoverResponse { catalog }))
}
