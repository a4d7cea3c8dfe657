//! The catalogue, what to connect first, and integrations that a tenant describes itself.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use hub::Hub;
use model::{Applied, Category, IntegrationCard, Reading, Recommendation};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        caller::Caller,
        error::Problem,
        input::{Body, Query},
    },
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, apply))
        .routes(routes!(explain))
        .routes(routes!(remove))
        .routes(routes!(recommendations))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
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

/// An integration YAML.
#[derive(Deserialize, ToSchema)]
struct Document {
    #[schema(
        example = "apis:\n  integrations:\n    - name: Harbour\n      type: rest\n      base_url: https://api.example.com/v1\n      authentication: { type: bearer, secret_name: harbour_token }\n      endpoints: [{ name: ships, path: /ships, primary_key: id }]\n"
    )]
    document: String,
}

/// What an integration YAML says: every mistake with its place, or each integration with what it becomes. Changes nothing.
#[utoipa::path(
    post, path = "/integrations/explain", tag = "integrations", security(("key" = ["manage"])), request_body = Document,
    responses((status = 200, body = Reading), (status = 401, body = Problem), (status = 422, body = Problem))
)]
async fn explain(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Body(new): Body<Document>,
) -> Result<Json<Reading>, Problem> {
    Ok(Json(hub::own::explain(&hub, &scope, &new.document).await?))
}

/// Add what an integration YAML describes: HTTP APIs to the catalogue, databases and files as connections that wait for
/// their secrets. Sent again it changes what is different. A document with mistakes changes nothing.
#[utoipa::path(
    post, path = "/integrations", tag = "integrations", security(("key" = ["manage"])), request_body = Document,
    responses((status = 200, body = Vec<Applied>), (status = 401, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn apply(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Body(new): Body<Document>,
) -> Result<Json<Vec<Applied>>, Problem> {
    Ok(Json(hub::own::apply(&hub, &scope, &new.document).await?))
}

/// Take an integration of the tenant's own out of its catalogue. Its connections must be gone.
#[utoipa::path(
    delete, path = "/integrations/{slug}", tag = "integrations", security(("key" = ["manage"])), params(("slug" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem))
)]
async fn remove(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(slug): Path<String>,
) -> Result<StatusCode, Problem> {
    hub::own::remove(&hub, &scope, &slug).await?;
    Ok(StatusCode::NO_CONTENT)
}
