//! `GET /streams`: what a source has, from memory or asked anew.

use airbyte::Cache;
use airbyte::api::StreamProperties;
use axum::Json;
use axum::extract::State;

use super::request::Params;
use super::{destinations, sources};
use crate::Engine;
use crate::auth::Caller;
use crate::problem::ApiResult;
use crate::streams::{offered_modes, properties};

pub async fn list(
    State(engine): State<Engine>,
    caller: Caller,
    params: Params,
) -> ApiResult<Json<Vec<StreamProperties>>> {
    let source = sources::find(&engine, caller, params.required_uuid("sourceId")?).await?;
    let destination = params.uuid("destinationId")?;
    if let Some(destination) = destination {
        destinations::find(&engine, caller, destination).await?;
    }
    let cache = if params.get("ignoreCache") == Some("true") {
        Cache::Ignore
    } else {
        Cache::Use
    };
    let catalog = engine.discover_source(&source, cache).await?;
    // Modes are those of the pair; without a destination there are none to name.
    let list = catalog
        .streams
        .iter()
        .map(|stream| properties(stream, destination.map(|_| offered_modes(stream))));
    Ok(Json(list.collect()))
}
