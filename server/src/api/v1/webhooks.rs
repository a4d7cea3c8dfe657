//! The endpoint of a connection that takes events in: turned on, changed, made anew, turned off. Events themselves come to
//! another door (`crate::webhooks`).

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use hub::Hub;
use model::{WebhookMade, WebhookRotation, WebhookSettings, WebhookStatus};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{caller::Caller, error::Problem, input::Body, path},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(get, set, turn_off))
        .routes(routes!(rotate))
}

/// Whether a connection takes events in, how many came, and why the last one that was refused was.
#[utoipa::path(
    get, path = "/connections/{connection}/webhook", tag = "connections", security(("key" = ["read"])),
    params(("connection" = String, Path)),
    responses((status = 200, body = WebhookStatus), (status = 401, body = Problem), (status = 404, body = Problem))
)]
async fn get(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(connection): Path<String>,
) -> Result<Json<WebhookStatus>, Problem> {
    let id = path::id(&connection)?;
    Ok(Json(hub::webhooks::status(&hub, &scope, id).await?))
}

/// Turn events in on, or change the kind of sender or its signing secret. A new address, and a secret made here, are told
/// in this answer and never again.
#[utoipa::path(
    put, path = "/connections/{connection}/webhook", tag = "connections", security(("key" = ["manage"])),
    params(("connection" = String, Path)), request_body = WebhookSettings,
    responses((status = 200, body = WebhookMade), (status = 401, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn set(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(connection): Path<String>,
    Body(settings): Body<WebhookSettings>,
) -> Result<Json<WebhookMade>, Problem> {
    let id = path::id(&connection)?;
    Ok(Json(hub::webhooks::set(&hub, &scope, id, settings).await?))
}

/// Make the address or the signing secret anew. The old address ends at once; the old secret is good for 24 hours more.
#[utoipa::path(
    post, path = "/connections/{connection}/webhook/rotate", tag = "connections", security(("key" = ["manage"])),
    params(("connection" = String, Path)), request_body = WebhookRotation,
    responses((status = 200, body = WebhookMade), (status = 401, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn rotate(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(connection): Path<String>,
    Body(rotation): Body<WebhookRotation>,
) -> Result<Json<WebhookMade>, Problem> {
    let id = path::id(&connection)?;
    let made = hub::webhooks::rotate(&hub, &scope, id, rotation).await?;
    Ok(Json(made))
}

/// Turn events in off. The address ends at once; the table of events stays.
#[utoipa::path(
    delete, path = "/connections/{connection}/webhook", tag = "connections", security(("key" = ["manage"])),
    params(("connection" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem))
)]
async fn turn_off(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(connection): Path<String>,
) -> Result<StatusCode, Problem> {
    hub::webhooks::turn_off(&hub, &scope, path::id(&connection)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
