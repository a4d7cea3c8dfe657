//! Connections: submit, list, look, rename, pause, resume, remove.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use hub::{
    Hub,
    connections::{Input, Target},
};
use model::{ConnectionPage, ConnectionRow, ConnectionView, Page};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        caller::Caller,
        error::Problem,
        input::{Body, Query},
        path,
    },
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, submit))
        .routes(routes!(get, change, remove))
        .routes(routes!(set_schedule))
        .routes(routes!(pause))
        .routes(routes!(resume))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Part of the name.
    q: Option<String>,
    /// Slug of the catalogue, such as `stripe`.
    integration: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Connections, newest first.
#[utoipa::path(
    get, path = "/connections", tag = "connections", security(("key" = ["read"])), params(Wanted),
    responses((status = 200, body = Page<ConnectionRow>), (status = 401, body = Problem))
)]
async fn list(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<ConnectionPage>, Problem> {
    let after = wanted.after.as_deref().map(path::id).transpose()?;
    let filter = hub::connections::Filter {
        q: wanted.q,
        integration: wanted.integration,
        state: None,
    };
    Ok(Json(
        hub::connections::list(&hub, &scope, &filter, after).await?,
    ))
}

/// What to connect, under which name, with which settings.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({
    "integration": "postgresql",
    "name": "Shop",
    "configuration": {
        "host": "db.example.com", "port": 5432, "database": "shop", "username": "reader", "password": "…"
    }
}))]
struct Submission {
    /// Slug of the catalogue.
    integration: String,
    name: String,
    /// As the connector's specification wants it. Secrets are sealed and never given back.
    #[schema(value_type = Object)]
    configuration: Value,
}

/// The test that decides whether the connection is kept.
#[derive(Debug, Serialize, ToSchema)]
struct Submitted {
    test: model::TestId,
    connection: model::ConnectionId,
}

/// Submit settings. They are checked first: follow the test; the connection is there when it passed.
#[utoipa::path(
    post, path = "/connections", tag = "connections", security(("key" = ["manage"])), request_body = Submission,
    responses((status = 202, body = Submitted), (status = 401, body = Problem), (status = 422, body = Problem))
)]
async fn submit(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Body(new): Body<Submission>,
) -> Result<(StatusCode, Json<Submitted>), Problem> {
    let target = Target::New {
        slug: new.integration,
        name: new.name,
    };
    let test = hub::connections::submit(&hub, &scope, target, Input::Json(&new.configuration))
        .await
        .map_err(Problem::of_settings)?;
    let connection = hub::tests::get(&hub, &scope, test).await?.connection;
    Ok((StatusCode::ACCEPTED, Json(Submitted { test, connection })))
}

/// One connection with its streams, last test and last run. Secrets are told as set or not, never shown.
#[utoipa::path(
    get, path = "/connections/{connection}", tag = "connections", security(("key" = ["read"])),
    params(("connection" = String, Path)),
    responses((status = 200, body = ConnectionView), (status = 401, body = Problem), (status = 404, body = Problem))
)]
async fn get(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(connection): Path<String>,
) -> Result<Json<ConnectionView>, Problem> {
    Ok(Json(
        hub::connections::get(&hub, &scope, path::id(&connection)?).await?,
    ))
}

/// A new name, new settings, or both. Secrets that are left out or sent as `**********` are kept, unless the settings now
/// lead to another address: then each is asked for again.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "name": "Web shop" }))]
struct Change {
    name: Option<String>,
    #[schema(value_type = Option<Object>)]
    configuration: Option<Value>,
}

/// Change a connection. New settings are tested before they replace the old ones.
#[utoipa::path(
    patch, path = "/connections/{connection}", tag = "connections", security(("key" = ["manage"])),
    params(("connection" = String, Path)), request_body = Change,
    responses((status = 202, body = Option<Submitted>), (status = 401, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem))
)]
async fn change(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(connection): Path<String>,
    Body(change): Body<Change>,
) -> Result<(StatusCode, Json<Option<Submitted>>), Problem> {
    let connection = path::id(&connection)?;
    match change.name {
        Some(name) => hub::connections::rename(&hub, &scope, connection, &name).await?,
        // Nothing to change is no way to ask about somebody else's connection, nor to do without the right scope.
        None => scope.require(hub::Permission::Manage)?,
    }
    let Some(configuration) = change.configuration else {
        hub::connections::get(&hub, &scope, connection).await?;
        return Ok((StatusCode::ACCEPTED, Json(None)));
    };
    let test = hub::connections::submit(
        &hub,
        &scope,
        Target::Existing(connection),
        Input::Json(&configuration),
    )
    .await
    .map_err(Problem::of_settings)?;
    Ok((
        StatusCode::ACCEPTED,
        Json(Some(Submitted { test, connection })),
    ))
}

/// When runs start by themselves.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "schedule": "0 6 * * * Europe/Berlin" }))]
struct NewSchedule {
    /// `manual`, `every 15 minutes`, `every hour`, `every 6 hours`, `every day`, `every week`, or cron with five, six or seven
    /// fields and a time zone behind it; UTC where there is none.
    schedule: String,
}

/// Set when a connection's runs start by themselves. A run that is still on its way is left alone until the next time.
#[utoipa::path(
    put, path = "/connections/{connection}/schedule", tag = "connections", security(("key" = ["manage"])),
    params(("connection" = String, Path)), request_body = NewSchedule,
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem))
)]
async fn set_schedule(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(connection): Path<String>,
    Body(new): Body<NewSchedule>,
) -> Result<StatusCode, Problem> {
    hub::schedules::set(&hub, &scope, path::id(&connection)?, &new.schedule).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Confirmed {
    /// The connection's name, to show that this one is meant.
    name: String,
}

/// Remove a connection. Its tables stay as they are.
#[utoipa::path(
    delete, path = "/connections/{connection}", tag = "connections", security(("key" = ["manage"])),
    params(("connection" = String, Path), Confirmed),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem))
)]
async fn remove(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(connection): Path<String>,
    Query(confirmed): Query<Confirmed>,
) -> Result<StatusCode, Problem> {
    hub::connections::remove(&hub, &scope, path::id(&connection)?, &confirmed.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// No more runs until it is resumed; what is running ends.
#[utoipa::path(
    post, path = "/connections/{connection}/pause", tag = "connections", security(("key" = ["manage"])),
    params(("connection" = String, Path)), responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem))
)]
async fn pause(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(connection): Path<String>,
) -> Result<StatusCode, Problem> {
    hub::connections::pause(&hub, &scope, path::id(&connection)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Let it run again.
#[utoipa::path(
    post, path = "/connections/{connection}/resume", tag = "connections", security(("key" = ["manage"])),
    params(("connection" = String, Path)), responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem))
)]
async fn resume(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(connection): Path<String>,
) -> Result<StatusCode, Problem> {
    hub::connections::resume(&hub, &scope, path::id(&connection)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
