//! The tenant behind the key: its state and the steps that prepared it.

use axum::{Json, extract::State};
use hub::Hub;
use model::TenantView;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{caller::Caller, error::Problem},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get))
}

/// The tenant with its preparation, step by step.
#[utoipa::path(
    get, path = "/tenant", tag = "tenant", security(("key" = ["read"])),
    responses((status = 200, body = TenantView), (status = 401, body = Problem))
)]
async fn get(State(hub): State<Hub>, Caller(scope): Caller) -> Result<Json<TenantView>, Problem> {
    Ok(Json(hub::tenants::view(&hub, &scope).await?))
}
