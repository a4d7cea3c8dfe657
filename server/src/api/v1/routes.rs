//! Routes of a connection: which ways are open, how its runs choose, and what other rules would have come to.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use hub::Hub;
use model::{Replay, RoutePolicy, Routes};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{caller::Caller, error::Problem, input::Body, path},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(get, set))
        .routes(routes!(what_if))
}

/// The ways to a connection's rows: which are open and why one is not, how its runs choose, and how often each worked.
#[utoipa::path(
    get, path = "/connections/{connection}/routes", tag = "connections", security(("key" = ["read"])),
    params(("connection" = String, Path)),
    responses((status = 200, body = Routes), (status = 401, body = Problem), (status = 404, body = Problem))
)]
async fn get(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(connection): Path<String>,
) -> Result<Json<Routes>, Problem> {
    Ok(Json(
        hub::routes::get(&hub, &scope, path::id(&connection)?).await?,
    ))
}

/// Set how a connection's runs choose, from the next run on.
#[utoipa::path(
    put, path = "/connections/{connection}/routes", tag = "connections", security(("key" = ["manage"])),
    params(("connection" = String, Path)), request_body = RoutePolicy,
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem))
)]
async fn set(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(connection): Path<String>,
    Body(policy): Body<RoutePolicy>,
) -> Result<StatusCode, Problem> {
    hub::routes::set(&hub, &scope, path::id(&connection)?, policy).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Try another policy on the runs of the last 30 days. Nothing is changed.
#[utoipa::path(
    post, path = "/connections/{connection}/routes/replay", tag = "connections", security(("key" = ["read"])),
    params(("connection" = String, Path)), request_body = RoutePolicy,
    responses((status = 200, body = Replay), (status = 401, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem))
)]
async fn what_if(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(connection): Path<String>,
    Body(policy): Body<RoutePolicy>,
) -> Result<Json<Replay>, Problem> {
    Ok(Json(
        hub::routes::what_if(&hub, &scope, path::id(&connection)?, policy).await?,
    ))
}
