//! The catalogue, and what to connect first.

use axum::{Json, extract::State};
use hub::Hub;
use model::{Category, IntegrationCard, Recommendation};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{caller::Caller, error::Problem, input::Query},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(recommendations))
}

#[derive(Debug, Deserialize, IntoParams)]
struct Search {
    /// Words to look for; typing errors are forgiven.
    #[serde(default)]
    q: String,
    /// Only this category, such as `crm_sales`.
    category: Option<String>,
}

/// The catalogue: what each integration takes, brings, and where it can run.
#[utoipa::path(
    get, path = "/integrations", tag = "integrations", security(("key" = ["read"])), params(Search),
    responses((status = 200, body = Vec<IntegrationCard>), (status = 401, body = Problem))
)]
async fn list(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Query(search): Query<Search>,
) -> Result<Json<Vec<IntegrationCard>>, Problem> {
    let category = match search.category.as_deref() {
        None => None,
        Some(name) => Some(
            Category::parse(name)
                .ok_or_else(|| Problem::field("category", "There is no such category."))?,
        ),
    };
    Ok(Json(
        hub::integrations::list(&hub, &scope, &search.q, category, None)
            .await?
            .hits,
    ))
}

/// What to connect first, with the reason and what it unlocks; from the tenant's business profile.
#[utoipa::path(
    get, path = "/recommendations", tag = "integrations", security(("key" = ["read"])),
    responses((status = 200, body = Vec<Recommendation>), (status = 401, body = Problem))
)]
async fn recommendations(
    State(hub): State<Hub>,
    Caller(scope): Caller,
) -> Result<Json<Vec<Recommendation>>, Problem> {
    Ok(Json(
        hub::integrations::recommendations(&hub, &scope).await?,
    ))
}
