//! Jobs: started as told, and with their failures, their streams and their logs.

use airbyte::api::JobResponse;
use airbyte::extension::{JobDetail, JobFailure, JobLogs, JobStart, JobStream, LogEntry};
use airbyte::protocol::StreamDescriptor;
use axum::Json;
use axum::extract::{Path, State};
use sync::connector::Detail;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::api::{Body, Params, job_response, timestamp};
use crate::auth::Caller;
use crate::jobs::{Order, Pace, reopen, start};
use crate::problem::{ApiError, ApiResult};
use crate::tables::{jobs, logs, progress};
use crate::{Engine, Error};

const DEFAULT_LINES: i64 = 200;
const MOST_LINES: i64 = 1000;

/// A sync with attempts, a runtime and a log of the caller's choice.
pub async fn create(
    State(engine): State<Engine>,
    caller: Caller,
    Body(new): Body<JobStart>,
) -> ApiResult<Json<JobResponse>> {
    if new.attempts.is_some_and(|attempts| attempts < 1) {
        return Err(ApiError::bad_request("attempts is 1 or more."));
    }
    let order = Order {
        kind: "sync",
        attempts: new.attempts,
        runtime: new.runtime,
        detail: if new.debug {
            Detail::Full
        } else {
            Detail::Usual
        },
        pace: if new.in_haste {
            Pace::InHaste
        } else {
            Pace::Usual
        },
    };
    let row = start(&engine, caller.scope(), new.connection_id, order).await?;
    Ok(Json(job_response(&row)))
}

/// One more attempt of a job that failed: it goes on where the last one stopped.
pub async fn again(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<i64>,
) -> ApiResult<Json<JobResponse>> {
    let row = find(&engine, caller, id).await?;
    Ok(Json(job_response(&reopen(&engine, &row).await?)))
}

pub async fn detail(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<i64>,
) -> ApiResult<Json<JobDetail>> {
    let row = find(&engine, caller, id).await?;
    let job = job_response(&row);
    let failure = row
        .failure
        .clone()
        .map(serde_json::from_value::<JobFailure>)
        .transpose();
    let failure = failure.map_err(|source| Error::Corrupt {
        table: "jobs",
        column: "failure",
        source,
    })?;
    let streams = progress::list(&engine.config.pool, id)
        .await?
        .into_iter()
        .map(stream)
        .collect();
    Ok(Json(JobDetail {
        cancelling: row.cancel_requested && !job.status.is_over(),
        job,
        streams,
        failure,
        records_read: row.records_read,
        bytes: row.bytes,
        sandbox: row.sandbox,
        attempts: i64::from(row.attempts),
        advanced: row.advanced,
        max_memory_bytes: row.max_memory,
        started_at: row.started_at.map(timestamp),
    }))
}

fn stream(row: progress::Row) -> JobStream {
    let named = StreamDescriptor::new(
        row.name,
        Some(row.namespace).filter(|namespace| !namespace.is_empty()),
    );
    JobStream {
        name: named.name,
        namespace: named.namespace,
        status: crate::api::job_status(&row.status),
        table: row.target,
        records_read: row.read,
        records_written: row.written,
        values_nulled: row.nulled,
        bytes: row.bytes,
        table_rows: row.table_rows,
        verified: row.verified,
        problem: row.problem,
    }
}

pub async fn logs(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<i64>,
    params: Params,
) -> ApiResult<Json<JobLogs>> {
    find(&engine, caller, id).await?;
    let after = params.number("after", 0)?;
    let limit = params.number("limit", DEFAULT_LINES)?.clamp(1, MOST_LINES);
    let rows = logs::after(&engine.config.pool, id, after, limit).await?;
    let last = rows.last().map_or(after, |row| row.n);
    let lines = rows.into_iter().map(|row| LogEntry {
        n: row.n,
        at: exact(row.at),
        level: row.level,
        stream: row.stream,
        text: row.text,
    });
    Ok(Json(JobLogs {
        lines: lines.collect(),
        last,
    }))
}

/// RFC 3339 with what is below a second: tries that follow each other at once are told apart by it.
fn exact(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}

async fn find(engine: &Engine, caller: Caller, id: i64) -> ApiResult<jobs::Row> {
    let row = jobs::find(&engine.config.pool, caller.scope(), id).await?;
    row.ok_or_else(|| ApiError::not_found("job", id))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn lines_of_one_second_are_told_apart() {
        let at = OffsetDateTime::UNIX_EPOCH + Duration::from_millis(1_250);
        assert_eq!(exact(at), "1970-01-01T00:00:01.25Z");
    }
}
