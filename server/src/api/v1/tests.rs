//! Tests of a connection: start one, read its named steps.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use hub::Hub;
use model::TestView;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{caller::Caller, error::Problem, path},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(start))
        .routes(routes!(get))
}

/// The test that was started.
#[derive(Debug, Serialize, ToSchema)]
struct StartedTest {
    test: model::TestId,
}

/// Test a connection: check the credentials, then discover its streams.
#[utoipa::path(
    post, path = "/connections/{connection}/tests", tag = "connections", security(("key" = ["sync"])),
    params(("connection" = String, Path)),
    responses((status = 202, body = StartedTest), (status = 401, body = Problem), (status = 404, body = Problem))
)]
async fn start(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(connection): Path<String>,
) -> Result<(StatusCode, Json<StartedTest>), Problem> {
    let test = hub::tests::start(&hub, &scope, path::id(&connection)?).await?;
    Ok((StatusCode::ACCEPTED, Json(StartedTest { test })))
}

/// One test with its steps; follow it until `state` is `passed` or `failed`.
#[utoipa::path(
    get, path = "/tests/{test}", tag = "connections", security(("key" = ["read"])), params(("test" = String, Path)),
    responses((status = 200, body = TestView), (status = 401, body = Problem), (status = 404, body = Problem))
)]
async fn get(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(test): Path<String>,
) -> Result<Json<TestView>, Problem> {
    Ok(Json(hub::tests::get(&hub, &scope, path::id(&test)?).await?))
}
