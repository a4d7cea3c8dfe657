//! Apps: register one, choose its tables, end its access. Bundles hold passwords and are handed to people only.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use hub::Hub;
use model::{AppRow, AppView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{caller::Caller, error::Problem, input::Body, path},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, revoke))
        .routes(routes!(set_tables))
}

/// A new app and the tables it may read.
#[derive(Debug, Deserialize, ToSchema)]
struct NewApp {
    #[schema(example = "Invoices")]
    name: String,
    /// Table names as the app sees them; access to a table that does not exist yet starts with its first run.
    #[serde(default)]
    #[schema(example = json!(["orders"]))]
    tables: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Created {
    app: model::AppId,
}

#[derive(Debug, Deserialize, ToSchema)]
struct Tables {
    #[schema(example = json!(["orders", "customers"]))]
    tables: Vec<String>,
}

/// Every app of the tenant.
#[utoipa::path(
    get, path = "/apps", tag = "apps", security(("key" = ["read"])),
    responses((status = 200, body = Vec<AppRow>), (status = 401, body = Problem))
)]
async fn list(State(hub): State<Hub>, Caller(scope): Caller) -> Result<Json<Vec<AppRow>>, Problem> {
    Ok(Json(hub::apps::list(&hub, &scope).await?))
}

/// Register an app. It gets a read-only database login limited to its tables.
#[utoipa::path(
    post, path = "/apps", tag = "apps", security(("key" = ["manage"])), request_body = NewApp,
    responses((status = 201, body = Created), (status = 401, body = Problem), (status = 422, body = Problem))
)]
async fn create(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Body(new): Body<NewApp>,
) -> Result<(StatusCode, Json<Created>), Problem> {
    let app = hub::apps::create(&hub, &scope, &new.name, new.tables).await?;
    Ok((StatusCode::CREATED, Json(Created { app })))
}

/// One app: its tables and its bundle with secrets masked.
#[utoipa::path(
    get, path = "/apps/{app}", tag = "apps", security(("key" = ["read"])), params(("app" = String, Path)),
    responses((status = 200, body = AppView), (status = 401, body = Problem), (status = 404, body = Problem))
)]
async fn get(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(app): Path<String>,
) -> Result<Json<AppView>, Problem> {
    Ok(Json(hub::apps::get(&hub, &scope, path::id(&app)?).await?))
}

/// End an app's access at once: its login is removed and its sessions are closed.
#[utoipa::path(
    delete, path = "/apps/{app}", tag = "apps", security(("key" = ["manage"])), params(("app" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem))
)]
async fn revoke(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(app): Path<String>,
) -> Result<StatusCode, Problem> {
    hub::apps::revoke(&hub, &scope, path::id(&app)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Choose the tables an app may read; takes effect at once.
#[utoipa::path(
    put, path = "/apps/{app}/tables", tag = "apps", security(("key" = ["manage"])),
    params(("app" = String, Path)), request_body = Tables,
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem))
)]
async fn set_tables(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(app): Path<String>,
    Body(wanted): Body<Tables>,
) -> Result<StatusCode, Problem> {
    hub::apps::set_tables(&hub, &scope, path::id(&app)?, wanted.tables).await?;
    Ok(StatusCode::NO_CONTENT)
}
