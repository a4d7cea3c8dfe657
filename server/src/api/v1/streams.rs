//! Streams of a connection: what it offers, and what was chosen.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use hub::Hub;
use model::{StreamChoice, StreamView};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{caller::Caller, error::Problem, input::Body, path},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, choose))
}

/// Streams with typed fields, keys, cursors and the choice made for each.
#[utoipa::path(
    get, path = "/connections/{connection}/streams", tag = "connections", security(("key" = ["read"])),
    params(("connection" = String, Path)),
    responses((status = 200, body = Vec<StreamView>), (status = 401, body = Problem), (status = 404, body = Problem))
)]
async fn list(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(connection): Path<String>,
) -> Result<Json<Vec<StreamView>>, Problem> {
    Ok(Json(
        hub::connections::get(&hub, &scope, path::id(&connection)?)
            .await?
            .streams,
    ))
}

/// Choose streams, fields, modes, keys and cursors. Streams left out keep their choice.
#[utoipa::path(
    put, path = "/connections/{connection}/streams", tag = "connections", security(("key" = ["manage"])),
    params(("connection" = String, Path)), request_body = Vec<StreamChoice>,
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem))
)]
async fn choose(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(connection): Path<String>,
    Body(choices): Body<Vec<StreamChoice>>,
) -> Result<StatusCode, Problem> {
    hub::streams::choose(&hub, &scope, path::id(&connection)?, choices).await?;
    Ok(StatusCode::NO_CONTENT)
}
