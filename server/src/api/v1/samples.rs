//! Sample rows: read through the connector, shown, never stored as data.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use hub::{Hub, samples::Reveal};
use model::SampleView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{caller::Caller, error::Problem, input::Body, path},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(start))
        .routes(routes!(get))
}

/// Which streams to look at; none means all.
#[derive(Debug, Default, Deserialize, ToSchema)]
struct Wanted {
    #[serde(default)]
    #[schema(example = json!(["orders"]))]
    streams: Vec<String>,
}

/// The look that was started.
#[derive(Debug, Serialize, ToSchema)]
struct StartedSample {
    sample: model::SampleId,
}

/// Read up to 20 rows of each stream. Personal data comes masked.
#[utoipa::path(
    post, path = "/connections/{connection}/samples", tag = "connections", security(("key" = ["sample"])),
    params(("connection" = String, Path)), request_body = Wanted,
    responses((status = 202, body = StartedSample), (status = 401, body = Problem), (status = 404, body = Problem))
)]
async fn start(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(connection): Path<String>,
    wanted: Option<Body<Wanted>>,
) -> Result<(StatusCode, Json<StartedSample>), Problem> {
    let streams = wanted
        .map(|Body(wanted)| wanted.streams)
        .unwrap_or_default();
    let sample = hub::samples::start(
        &hub,
        &scope,
        path::id(&connection)?,
        streams,
        Reveal::Masked,
    )
    .await?;
    Ok((StatusCode::ACCEPTED, Json(StartedSample { sample })))
}

/// One look with its rows; kept sealed for 15 minutes.
#[utoipa::path(
    get, path = "/samples/{sample}", tag = "connections", security(("key" = ["sample"])), params(("sample" = String, Path)),
    responses((status = 200, body = SampleView), (status = 401, body = Problem), (status = 404, body = Problem))
)]
async fn get(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(sample): Path<String>,
) -> Result<Json<SampleView>, Problem> {
    Ok(Json(
        hub::samples::get(&hub, &scope, path::id(&sample)?).await?,
    ))
}
