//! One attempt: the handler and the heartbeat share a `select!`, so that a lost lease ends the work.

use std::time::{Duration, Instant};

use rand::RngExt;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{Handler, Wake, Worker};
use crate::{
    Error, JobContext, JobError, JobId,
    claim::Claimed,
    error::Next,
    lease::{Attempt, Beat, End, beat, finish, put_back},
};

/// How an attempt ended.
enum Outcome {
    Over(Result<(), JobError>),
    LeaseLost,
    /// The process leaves and could not wait.
    Interrupted,
}

pub(super) async fn run(worker: &Worker, wake: &Wake, job: Claimed, stop: CancellationToken) {
    let context = context(&job);
    let _watch = wake.watch(job.id, &context.cancelled);
    if job.cancel_requested {
        context.cancelled.cancel();
    }
    let settled = if job.attempt > job.max_attempts {
        let gone = JobError::fail("the process ended while it worked on the last attempt");
        give_up(worker, &context, &gone).await
    } else {
        let handler = worker.handlers[job.kind.as_str()].clone();
        let outcome = attempt(worker, &handler, &job, &context, &stop).await;
        settle(worker, &job, &context, outcome).await
    };
    if let Err(error) = settled {
        tracing::warn!(job.id = %job.id, job.kind, %error, "the end of a job was not recorded; it will run again");
    }
}

fn context(job: &Claimed) -> JobContext {
    JobContext {
        id: JobId(job.id),
        kind: job.kind.clone(),
        tenant: job.tenant,
        payload: job.payload.clone(),
        attempt: job.attempt,
        max_attempts: job.max_attempts,
        fence: job.fence,
        cancelled: CancellationToken::new(),
    }
}

async fn attempt(
    worker: &Worker,
    handler: &Handler,
    job: &Claimed,
    context: &JobContext,
    stop: &CancellationToken,
) -> Outcome {
    // A task of its own, so that a panic is an outcome and not the end of the worker.
    let mut work = AbortOnDropHandle::new(tokio::spawn(handler(context.clone())));
    let mut clock = tokio::time::interval(worker.options.heartbeat());
    let mut renewed = Instant::now();
    loop {
        tokio::select! {
            ended = &mut work => return Outcome::Over(ended.unwrap_or_else(|error| Err(JobError::retry(error)))),
            () = stop.cancelled() => {
                context.cancelled.cancel();
                return Outcome::Interrupted;
            }
            _ = clock.tick() => match beat(&worker.pool, job, worker.options.lease).await {
                Ok(Beat::Held) => renewed = Instant::now(),
                Ok(Beat::HeldToCancel) => {
                    renewed = Instant::now();
                    context.cancelled.cancel();
                }
                Ok(Beat::Lost) => {
                    context.cancelled.cancel();
                    return Outcome::LeaseLost;
                }
                Err(error) => {
                    tracing::warn!(job.id = %job.id, %error, "a lease could not be renewed");
                    if renewed.elapsed() > worker.options.lease {
                        context.cancelled.cancel();
                        return Outcome::LeaseLost;
                    }
                }
            },
        }
    }
}

async fn settle(
    worker: &Worker,
    job: &Claimed,
    context: &JobContext,
    outcome: Outcome,
) -> Result<(), Error> {
    let pool = &worker.pool;
    match outcome {
        Outcome::LeaseLost => {
            tracing::warn!(job.id = %job.id, job.kind, "another worker has taken the job over");
            Ok(())
        }
        Outcome::Interrupted => put_back(pool, job, Duration::ZERO, Attempt::GivenBack, None).await,
        Outcome::Over(Ok(())) => finish(pool, job.id, job.fence, End::Done, None).await,
        Outcome::Over(Err(error)) if context.cancelled.is_cancelled() => {
            let text = error.to_string();
            finish(pool, job.id, job.fence, End::Cancelled, Some(&text)).await
        }
        Outcome::Over(Err(error)) => match error.next {
            Next::Retry { after } if !context.is_last_attempt() => {
                let pause = after.unwrap_or_else(|| pause(worker, job.attempt));
                tracing::info!(job.id = %job.id, job.kind, job.attempt, %error, ?pause, "a job will be tried again");
                put_back(pool, job, pause, Attempt::Counted, Some(&error.to_string())).await
            }
            _ => give_up(worker, context, &error).await,
        },
    }
}

async fn give_up(worker: &Worker, context: &JobContext, error: &JobError) -> Result<(), Error> {
    tracing::error!(job.id = %context.id, job.kind = context.kind, job.attempt = context.attempt, %error, "a job was given up");
    if let Some(last_words) = worker.last_words.get(context.kind.as_str())
        && let Err(error) = last_words(context.clone()).await
    {
        tracing::error!(job.id = %context.id, %error, "nobody could be told that a job was given up");
    }
    let text = error.to_string();
    finish(
        &worker.pool,
        context.id.0,
        context.fence,
        End::Dead,
        Some(&text),
    )
    .await
}

/// Full jitter: anything up to the doubled pause, so that many failed jobs do not come back together.
fn pause(worker: &Worker, attempt: i32) -> Duration {
    let doublings = u32::try_from(attempt.saturating_sub(1))
        .unwrap_or(0)
        .min(20);
    let longest = worker
        .options
        .backoff
        .saturating_mul(1 << doublings)
        .min(worker.options.backoff_limit);
    longest.mul_f64(rand::rng().random_range(0.0..=1.0))
}
