//! Writing down how an attempt and a job ended, in one transaction that checks that the job is still ours.

use airbyte::protocol::{StreamDescriptor, SyncMode};
use queue::JobContext;
use serde_json::Value;
use sync::fault::Fault;
use sync::receipt::{Outcome, StreamReceipt};

use super::attempt::Done;
use super::plan::Plan;
use crate::problem::wire_fault;
use crate::tables::progress::{Counts, End};
use crate::tables::{attempts, jobs, logs, progress, states};
use crate::{Engine, Error};

/// Newest jobs of a connection whose logs are kept.
const LOGS_KEPT: i64 = 50;

/// What becomes of the job after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Succeeded,
    Cancelled,
    Failed,
    /// Another attempt follows.
    Again,
}

impl Verdict {
    fn job_status(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Again => "incomplete",
        }
    }

    fn attempt_status(self) -> &'static str {
        match self {
            Self::Again => "failed",
            other => other.job_status(),
        }
    }
}

/// Keeps the attempt's receipts and the job's new status.
pub async fn record(
    engine: &Engine,
    cx: &JobContext,
    plan: &Plan,
    done: &Done,
    verdict: Verdict,
) -> Result<(), Error> {
    let pool = &engine.config.pool;
    let failure = done
        .fault
        .as_ref()
        .filter(|_| verdict != Verdict::Succeeded)
        .map(failure_value);
    // Where the source speaks of all streams at once, none of them is left out because it is complete.
    let of_all = states::is_of_all(pool, plan.connection.id).await?;
    let mut tx = queue::begin(pool).await?;
    cx.hold(&mut tx).await?;
    for receipt in &done.receipts {
        let end = ended(receipt, verdict);
        progress::end(&mut tx, plan.job.id, &end).await?;
        if end.status == "succeeded" && !of_all {
            jobs::set_advanced(&mut tx, plan.job.id).await?;
        }
        if receipt.outcome == Outcome::Complete && is_read_whole(plan, &receipt.stream) {
            states::forget(&mut tx, plan.connection.id, &receipt.stream).await?;
        }
    }
    if plan.is_reset() && verdict == Verdict::Succeeded {
        states::forget_all(&mut tx, plan.connection.id).await?;
    }
    progress::end_rest(&mut tx, plan.job.id, verdict.job_status()).await?;
    progress::total(&mut tx, plan.job.id).await?;
    attempts::end(
        &mut tx,
        plan.job.id,
        verdict.attempt_status(),
        failure.as_ref(),
    )
    .await?;
    jobs::set_status(&mut tx, plan.job.id, verdict.job_status(), failure.as_ref()).await?;
    tx.commit().await?;
    if verdict != Verdict::Again {
        logs::trim(pool, plan.job.id, LOGS_KEPT).await?;
    }
    Ok(())
}

/// Ends a job outside of an attempt.
pub async fn close(
    engine: &Engine,
    job: i64,
    verdict: Verdict,
    fault: Option<&Fault>,
) -> Result<(), Error> {
    let failure = fault.map(failure_value);
    let mut tx = queue::begin(&engine.config.pool).await?;
    attempts::end(&mut tx, job, verdict.attempt_status(), failure.as_ref()).await?;
    progress::end_rest(&mut tx, job, verdict.job_status()).await?;
    jobs::set_status(&mut tx, job, verdict.job_status(), failure.as_ref()).await?;
    tx.commit().await?;
    Ok(())
}

fn failure_value(fault: &Fault) -> Value {
    serde_json::to_value(wire_fault(fault)).expect("a fault is plain data")
}

fn is_read_whole(plan: &Plan, stream: &StreamDescriptor) -> bool {
    let of_stream = plan
        .catalog
        .streams
        .iter()
        .find(|configured| configured.descriptor() == *stream);
    of_stream.is_some_and(|configured| configured.sync_mode == SyncMode::FullRefresh)
}

fn ended(receipt: &StreamReceipt, verdict: Verdict) -> End {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let stopped = verdict == Verdict::Cancelled && receipt.outcome == Outcome::Incomplete;
    let problem = if stopped {
        Some("It was stopped before everything was read.".to_owned())
    } else {
        receipt.problem()
    };
    let status = match (receipt.outcome, &problem, verdict) {
        (Outcome::Complete, None, _) => "succeeded",
        (Outcome::Incomplete, _, Verdict::Cancelled) => "cancelled",
        (Outcome::Incomplete, _, Verdict::Again) => "incomplete",
        _ => "failed",
    };
    End {
        counts: Counts {
            stream: receipt.stream.clone(),
            read: number(receipt.read),
            written: number(receipt.written),
            bytes: number(receipt.bytes),
        },
        status,
        target: Some(format!("{}.{}", receipt.schema, receipt.table)),
        nulled: number(receipt.nulled),
        table_rows: Some(number(receipt.rows_after)),
        verified: problem.is_none(),
        problem,
    }
}
