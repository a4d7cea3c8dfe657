//! Jobs: started, listed, stopped.

use airbyte::api::{JobCreate, JobResponse, JobStatus, JobType, Page};
use axum::Json;
use axum::extract::{Path, State};
use time::OffsetDateTime;
use uuid::Uuid;

use super::request::{Body, Params, timestamp};
use crate::auth::Caller;
use crate::jobs::{Order as Start, start};
use crate::problem::{ApiError, ApiResult};
use crate::tables::jobs::{self, Filter, Order, Row};
use crate::tables::{attempts, connections, progress};
use crate::{Engine, Error};

/// The statuses a list can be narrowed to.
const STATUSES: [&str; 7] = [
    "pending",
    "queued",
    "running",
    "incomplete",
    "failed",
    "succeeded",
    "cancelled",
];
const KINDS: [&str; 4] = ["sync", "reset", "refresh", "clear"];

pub async fn list(
    State(engine): State<Engine>,
    caller: Caller,
    params: Params,
) -> ApiResult<Json<Page<JobResponse>>> {
    let filter = Filter {
        scope: caller.scope(),
        workspaces: params.uuids("workspaceIds")?,
        connection: params.uuid("connectionId")?,
        status: params.word("status", &STATUSES)?.map(str::to_owned),
        // A clear is kept as the reset it is.
        kind: params
            .word("jobType", &KINDS)?
            .map(|kind| if kind == "clear" { "reset" } else { kind }.to_owned()),
        created: (params.time("createdAtStart")?, params.time("createdAtEnd")?),
        updated: (params.time("updatedAtStart")?, params.time("updatedAtEnd")?),
        order: order(params.get("orderBy"))?,
        limit: params.limit()?,
        offset: params.offset()?,
    };
    let rows = jobs::list(&engine.config.pool, &filter).await?;
    Ok(Json(params.page(rows.iter().map(response).collect())?))
}

/// Oldest first unless told otherwise, as Airbyte has it.
fn order(asked: Option<&str>) -> ApiResult<Order> {
    match asked {
        None | Some("createdAt|ASC") => Ok(Order::CreatedAscending),
        Some("createdAt|DESC") => Ok(Order::CreatedDescending),
        Some("updatedAt|ASC") => Ok(Order::UpdatedAscending),
        Some("updatedAt|DESC") => Ok(Order::UpdatedDescending),
        Some(_) => Err(ApiError::bad_request(
            "orderBy is createdAt or updatedAt, a bar, then ASC or DESC: createdAt|DESC.",
        )),
    }
}

pub async fn get(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<i64>,
) -> ApiResult<Json<JobResponse>> {
    Ok(Json(response(&find(&engine, caller, id).await?)))
}

pub async fn create(
    State(engine): State<Engine>,
    caller: Caller,
    Body(new): Body<JobCreate>,
) -> ApiResult<Json<JobResponse>> {
    let kind = match new.job_type {
        JobType::Sync => "sync",
        JobType::Reset | JobType::Clear => "reset",
        JobType::Refresh => {
            return Err(ApiError::unprocessable(
                "Refreshes are not supported in the public API",
            ));
        }
        JobType::Unknown => {
            return Err(ApiError::bad_request(
                "The job type must be sync, reset or clear.",
            ));
        }
    };
    let row = start(
        &engine,
        caller.scope(),
        new.connection_id,
        Start::plain(kind),
    )
    .await?;
    Ok(Json(response(&row)))
}

/// Asks a job to stop. It ends within seconds; one that waits ends at once.
pub async fn cancel(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<i64>,
) -> ApiResult<Json<JobResponse>> {
    find(&engine, caller, id).await?;
    if !stop(&engine, id).await? {
        return Err(ApiError::state_conflict("Job is not currently running"));
    }
    Ok(Json(response(&find(&engine, caller, id).await?)))
}

/// A job the caller may see.
pub async fn find(engine: &Engine, caller: Caller, id: i64) -> ApiResult<Row> {
    let row = jobs::find(&engine.config.pool, caller.scope(), id).await?;
    row.ok_or_else(|| ApiError::not_found("job", id))
}

/// `false` when the job is over.
async fn stop(engine: &Engine, id: i64) -> Result<bool, Error> {
    let mut tx = queue::begin(&engine.config.pool).await?;
    // The row in the queue first, as the attempt takes them: in the other order each may hold what the other waits for.
    let came_to = match jobs::queue_job(&mut tx, id).await? {
        Some(queued) => queue::cancel(&mut tx, queue::JobId(queued)).await?,
        None => queue::Cancelled::Removed,
    };
    if !jobs::request_cancel(&mut tx, id).await? {
        return Ok(false);
    }
    // Nobody will run it any more, so nobody else would end it.
    if matches!(came_to, queue::Cancelled::Removed | queue::Cancelled::Over) {
        attempts::end(&mut tx, id, "cancelled", None).await?;
        progress::end_rest(&mut tx, id, "cancelled").await?;
        jobs::set_status(&mut tx, id, "cancelled", None).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Stops every job below a workspace, source, destination or connection that is about to be deleted.
pub async fn stop_all(engine: &Engine, owner: Uuid) -> Result<(), Error> {
    for id in connections::active_jobs(&engine.config.pool, owner).await? {
        stop(engine, id).await?;
    }
    Ok(())
}

/// The public API's view of a job.
pub fn response(row: &Row) -> JobResponse {
    let status = status(&row.status);
    JobResponse {
        job_id: row.id,
        status,
        job_type: if row.kind == "reset" {
            JobType::Reset
        } else {
            JobType::Sync
        },
        start_time: timestamp(row.created_at),
        connection_id: row.connection_id,
        last_updated_at: status.is_over().then(|| timestamp(row.updated_at)),
        duration: (status != JobStatus::Pending).then(|| duration(row.created_at, row.updated_at)),
        bytes_synced: Some(row.bytes),
        rows_synced: Some(row.records_written),
    }
}

/// A stored status.
pub fn status(text: &str) -> JobStatus {
    match text {
        "pending" => JobStatus::Pending,
        "running" => JobStatus::Running,
        "incomplete" => JobStatus::Incomplete,
        "succeeded" => JobStatus::Succeeded,
        "cancelled" => JobStatus::Cancelled,
        _ => JobStatus::Failed,
    }
}

/// ISO 8601: `PT1H2M3S`.
fn duration(from: OffsetDateTime, to: OffsetDateTime) -> String {
    let seconds = (to - from).whole_seconds().max(0);
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let part = |number: i64, letter: char| {
        if number > 0 {
            format!("{number}{letter}")
        } else {
            String::new()
        }
    };
    match (part(hours, 'H'), part(minutes, 'M'), part(rest, 'S')) {
        (h, m, s) if h.is_empty() && m.is_empty() && s.is_empty() => "PT0S".to_owned(),
        (h, m, s) => format!("PT{h}{m}{s}"),
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    #[test]
    fn durations_are_iso_8601() {
        let from = OffsetDateTime::UNIX_EPOCH;
        for (seconds, text) in [
            (0, "PT0S"),
            (62, "PT1M2S"),
            (3600, "PT1H"),
            (29_172, "PT8H6M12S"),
        ] {
            assert_eq!(duration(from, from + Duration::seconds(seconds)), text);
        }
    }
}
