//! One turn of the queue: attempts until the job is over, or until the process has to let go of it.

use std::time::Duration;

use queue::{JobContext, JobError};
use serde_json::Value;
use sync::fault::{Fault, Kind};
use time::OffsetDateTime;

use super::attempt::{Done, attempt};
use super::end::{self, Verdict};
use super::plan;
use crate::error::Failure;
use crate::tables::{attempts, jobs};
use crate::{Engine, Error};

/// Attempts when faults are transient and nobody said how many.
const ATTEMPTS: i64 = 3;
/// A source that asks for more patience than this makes the job fail, with the time in the message.
const LONGEST_PAUSE: Duration = Duration::from_mins(30);

/// The queue's handler.
pub async fn run(engine: &Engine, cx: &JobContext) -> Result<(), JobError> {
    let id = job_id(&cx.payload)?;
    loop {
        let found = jobs::find(&engine.config.pool, None, id)
            .await
            .map_err(JobError::retry)?;
        // A job that is gone was deleted with its connection; one that is over was ended by another turn.
        let Some(job) = found.filter(|job| is_open(&job.status)) else {
            return Ok(());
        };
        if job.cancel_requested {
            return end::close(engine, id, Verdict::Cancelled, None)
                .await
                .map_err(JobError::retry);
        }
        match turn(engine, cx, job).await.map_err(JobError::retry)? {
            None => return Ok(()),
            Some(pause) => tokio::select! {
                () = cx.cancelled.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            },
        }
    }
}

/// One attempt; the pause before the next one, if there is to be one.
async fn turn(engine: &Engine, cx: &JobContext, job: jobs::Row) -> Result<Option<Duration>, Error> {
    let id = job.id;
    let plan = match plan::open(engine, cx, job).await {
        Ok(plan) => plan,
        Err(Failure::Engine(error)) => return Err(error),
        Err(Failure::Fault(fault)) => {
            end::close(engine, id, Verdict::Failed, Some(&fault)).await?;
            return Ok(None);
        }
    };
    let done = attempt(engine, cx, &plan).await;
    let allowed = plan.job.attempts_allowed.map_or(ATTEMPTS, i64::from);
    let (verdict, pause) = judge(engine, id, &done, allowed).await?;
    end::record(engine, cx, &plan, &done, verdict).await?;
    tracing::info!(
        job.id = id,
        attempt = plan.number,
        ?verdict,
        "an attempt is over"
    );
    Ok(pause)
}

async fn judge(
    engine: &Engine,
    job: i64,
    done: &Done,
    allowed: i64,
) -> Result<(Verdict, Option<Duration>), Error> {
    let pool = &engine.config.pool;
    let Some(fault) = &done.fault else {
        return Ok((Verdict::Succeeded, None));
    };
    if jobs::is_cancel_requested(pool, job).await? {
        return Ok((Verdict::Cancelled, None));
    }
    let earlier = attempts::failed(pool, job).await?;
    let pause = pause_before(fault, engine.config.retry_pause, earlier);
    if fault.is_transient() && earlier + 1 < allowed && pause <= LONGEST_PAUSE {
        return Ok((Verdict::Again, Some(pause)));
    }
    Ok((Verdict::Failed, None))
}

fn pause_before(fault: &Fault, first: Duration, earlier: i64) -> Duration {
    let own = first * 2_u32.pow(u32::try_from(earlier).unwrap_or(0).min(4));
    match fault.kind {
        Kind::RateLimited { until: Some(until) } => {
            own.max(Duration::try_from(until - OffsetDateTime::now_utc()).unwrap_or(Duration::ZERO))
        }
        _ => own,
    }
}

/// The queue has used up its turns: the process died each time, or our tables failed.
pub async fn give_up(engine: &Engine, cx: &JobContext) -> Result<(), JobError> {
    let id = job_id(&cx.payload)?;
    let fault = Fault::bug(
        "This run was interrupted too many times and was given up. What had arrived is kept; start it again to go on from there.",
    );
    end::close(engine, id, Verdict::Failed, Some(&fault))
        .await
        .map_err(JobError::retry)
}

fn job_id(payload: &Value) -> Result<i64, JobError> {
    payload
        .get("job")
        .and_then(Value::as_i64)
        .ok_or_else(|| JobError::fail("the payload names no job"))
}

fn is_open(status: &str) -> bool {
    matches!(status, "pending" | "running" | "incomplete")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_secs(5);

    #[test]
    fn a_source_that_names_a_time_is_waited_for() {
        let until = OffsetDateTime::now_utc() + Duration::from_mins(2);
        let fault = Fault::new(Kind::RateLimited { until: Some(until) }, "Slow down.");
        assert!(pause_before(&fault, FIRST, 0) > Duration::from_secs(100));
        assert_eq!(pause_before(&Fault::upstream("x"), FIRST, 1), FIRST * 2);
    }
}
