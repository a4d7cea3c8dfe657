//! Runs: start one, follow it, stop it, read its log.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use hub::Hub;
use model::{ConnectionId, LogLine, Page, RunRow, RunView};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{caller::Caller, error::Problem, input::Query, path},
    state::AppState,
};

/// Most log lines in one answer.
const LOG_PAGE: i64 = 1000;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(start))
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(cancel))
        .routes(routes!(log))
}

/// The run that was started or joined.
#[derive(Debug, Serialize, ToSchema)]
struct StartedRun {
    run: model::RunId,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct How {
    /// Leaves the direct way out, to see the fallback work.
    #[serde(default)]
    force_fallback: bool,
    /// Writes a detailed log: what reads in this hub tells each request (without query, headers and body) and each question
    /// to a database. Connector programs, and an Airbyte elsewhere, write what they always do.
    #[serde(default)]
    debug: bool,
}

impl How {
    fn wish(&self) -> hub::runs::How {
        use hub::runs::{Log, Way};
        hub::runs::How {
            way: if self.force_fallback {
                Way::Fallback
            } else {
                Way::AsSet
            },
            log: if self.debug {
                Log::Detailed
            } else {
                Log::Usual
            },
        }
    }
}

/// Sync a connection now. When a run is already on its way, that one is returned, and goes on as it was asked for.
#[utoipa::path(
    post, path = "/connections/{connection}/runs", tag = "runs", security(("key" = ["sync"])),
    params(("connection" = String, Path), How),
    responses((status = 202, body = StartedRun), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem))
)]
async fn start(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(connection): Path<String>,
    Query(how): Query<How>,
) -> Result<(StatusCode, Json<StartedRun>), Problem> {
    let run = hub::runs::start(&hub, &scope, path::id(&connection)?, how.wish()).await?;
    Ok((StatusCode::ACCEPTED, Json(StartedRun { run })))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only runs of this connection.
    connection: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Runs, newest first.
#[utoipa::path(
    get, path = "/runs", tag = "runs", security(("key" = ["read"])), params(Filter),
    responses((status = 200, body = Page<RunRow>), (status = 401, body = Problem))
)]
async fn list(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Query(filter): Query<Filter>,
) -> Result<Json<Page<RunRow>>, Problem> {
    let connection = filter
        .connection
        .as_deref()
        .map(path::id::<ConnectionId>)
        .transpose()?;
    let after = filter.after.as_deref().map(path::id).transpose()?;
    let wanted = hub::runs::Filter {
        connection,
        state: None,
    };
    Ok(Json(hub::runs::list(&hub, &scope, &wanted, after).await?))
}

/// One run with its receipts: records, bytes, duration, method, whether the fallback was used, every
/// decision with what the try that followed came to, Airbyte's ids.
#[utoipa::path(
    get, path = "/runs/{run}", tag = "runs", security(("key" = ["read"])), params(("run" = String, Path)),
    responses((status = 200, body = RunView), (status = 401, body = Problem), (status = 404, body = Problem))
)]
async fn get(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(run): Path<String>,
) -> Result<Json<RunView>, Problem> {
    Ok(Json(hub::runs::get(&hub, &scope, path::id(&run)?).await?))
}

/// Stop a run. It ends within seconds; what was already committed stays.
#[utoipa::path(
    post, path = "/runs/{run}/cancel", tag = "runs", security(("key" = ["sync"])), params(("run" = String, Path)),
    responses((status = 202), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem))
)]
async fn cancel(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(run): Path<String>,
) -> Result<StatusCode, Problem> {
    hub::runs::cancel(&hub, &scope, path::id(&run)?).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LogRange {
    /// Number of the last line already seen; 0 for the beginning.
    #[serde(default)]
    after: i64,
}

/// Log lines of a run, secrets removed; at most 1,000 an answer.
#[utoipa::path(
    get, path = "/runs/{run}/log", tag = "runs", security(("key" = ["read"])), params(("run" = String, Path), LogRange),
    responses((status = 200, body = Vec<LogLine>), (status = 401, body = Problem), (status = 404, body = Problem))
)]
async fn log(
    State(hub): State<Hub>,
    Caller(scope): Caller,
    Path(run): Path<String>,
    Query(range): Query<LogRange>,
) -> Result<Json<Vec<LogLine>>, Problem> {
    Ok(Json(
        hub::runs::logs(&hub, &scope, path::id(&run)?, range.after, LOG_PAGE).await?,
    ))
}
