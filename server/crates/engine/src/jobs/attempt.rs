//! One attempt: prepare the connector, move the data, judge what came of it.

use std::sync::Arc;
use std::time::Duration;

use queue::JobContext;
use serde_json::Value;
use sync::connector::{Connector, Detail, Usage, Veil};
use sync::fault::{Fault, Kind};
use sync::receipt::{Outcome, StreamReceipt};
use tokio::sync::SemaphorePermit;

use super::journal::Journal;
use super::plan::Plan;
use super::transfer::{self, Moved};
use crate::Engine;
use crate::error::Failure;
use crate::tables::jobs;

/// In an attempt that somebody else decides about, no request waits longer than this for its next try.
const PATIENCE: Duration = Duration::from_secs(10);

/// The attempt of a job that may have a refused token renewed: one renewal a job, however often it is refused.
const FIRST: i32 = 1;

/// What an attempt came to.
pub struct Done {
    pub receipts: Vec<StreamReceipt>,
    /// `None`: every stream is complete and every receipt balances.
    pub fault: Option<Fault>,
}

/// Carries the plan out. Errors are those of our own tables; everything else is in the result.
pub async fn attempt(engine: &Engine, cx: &JobContext, plan: &Plan) -> Done {
    let moved = match carry_out(engine, cx, plan).await {
        Ok(moved) => moved,
        Err(failure) => Moved {
            receipts: Vec::new(),
            fault: Some(failure.into_fault()),
        },
    };
    Done {
        receipts: moved.receipts,
        fault: moved.fault,
    }
}

async fn carry_out(engine: &Engine, cx: &JobContext, plan: &Plan) -> Result<Moved, Failure> {
    if plan.catalog.streams.is_empty() {
        return Ok(Moved {
            receipts: Vec::new(),
            fault: None,
        });
    }
    if plan.is_reset() {
        let (journal, writing) = Journal::open(engine, plan.job.id, Veil::default());
        journal.info("Emptying the tables.").await;
        let moved = judge(transfer::reset(engine, plan, &cx.cancelled, &journal).await);
        tell_end(&journal, moved.fault.as_ref()).await;
        drop(journal);
        writing.finish().await;
        return Ok(moved);
    }
    let _hold = engine.hold_source(&plan.source, &cx.cancelled).await?;
    let config = engine.current_config(&plan.source).await?;
    let definition = engine.definition_of(&plan.source).await?;
    // Before the specification is known, every field that tells by its name is taken for a secret.
    let veil = Veil::of(&config, &[]);
    let (journal, writing) = Journal::open(engine, plan.job.id, veil.clone());
    let runtime = plan.runtime();
    let preparing = journal.clone();
    let tell = |detail: &str| {
        let (journal, detail) = (preparing.clone(), detail.to_owned());
        tokio::spawn(async move { journal.info(detail).await });
    };
    let result = async {
        let prepared = engine
            .prepare_with(runtime, &definition, config, &cx.cancelled, tell)
            .await?;
        veil.learn(&prepared.config, &prepared.secret_fields);
        let _place = place(engine, &prepared.connector, cx, &journal).await?;
        let mut operation = engine
            .operation(Some(plan.connection.workspace_id), &cx.cancelled)
            .await?;
        operation
            .cx
            .secret_fields
            .clone_from(&prepared.secret_fields);
        if plan.job.debug {
            operation.cx.detail = Detail::Full;
            journal.info(in_detail(&prepared.connector)).await;
        }
        if plan.job.attempts_allowed.is_some() {
            // Whoever counts the attempts decides about long pauses, too.
            operation.cx.limits.patience = Some(PATIENCE);
        }
        if is_in_haste(cx) {
            operation.cx.turns = operation.cx.turns.in_haste();
        }
        // Rotated configurations come through the output, where their order counts.
        operation.cx.new_config = None;
        let states = transfer::states(plan, &plan.catalog).await?;
        journal.info(opening(plan, states.len())).await;
        let usage = operation.cx.usage.clone();
        let moved = transfer::sync(engine, plan, &prepared, operation, &states, &journal).await;
        keep_usage(engine, plan.job.id, &usage).await?;
        Ok(after_refusal(engine, plan, &prepared.config, judge(moved)).await)
    }
    .await
    .unwrap_or_else(|failure: Failure| Moved {
        receipts: Vec::new(),
        fault: Some(failure.into_fault()),
    });
    tell_end(&journal, result.fault.as_ref()).await;
    drop((journal, preparing));
    writing.finish().await;
    // The reason is shown in more places than the log.
    Ok(Moved {
        fault: result.fault.map(|fault| veil.fault(fault)),
        ..result
    })
}

/// Jobs that were begun before there was such a word are in no haste.
fn is_in_haste(cx: &JobContext) -> bool {
    let word = cx.payload.get("in_haste").and_then(Value::as_bool);
    word.unwrap_or_default()
}

/// Room for a connector program, held until the attempt is over. The queue hands out jobs in turn to the workspaces, and
/// so are the places.
async fn place<'e>(
    engine: &'e Engine,
    connector: &Connector,
    cx: &JobContext,
    journal: &Journal,
) -> Result<Option<SemaphorePermit<'e>>, Failure> {
    if !connector.is_program() {
        return Ok(None);
    }
    if let Ok(place) = engine.programs.try_acquire() {
        return Ok(Some(place));
    }
    journal
        .info("Waiting until another connector program has ended.")
        .await;
    tokio::select! {
        () = cx.cancelled.cancelled() => Err(Fault::cancelled().into()),
        place = engine.programs.acquire() => Ok(place.ok()),
    }
}

/// What did not go wrong on the way may still not add up.
fn judge(moved: Moved) -> Moved {
    Moved {
        fault: moved.fault.or_else(|| imbalance(&moved.receipts)),
        ..moved
    }
}

/// A token that was refused before its end is no reason to give up, where there is another one by now.
async fn after_refusal(engine: &Engine, plan: &Plan, shown: &Value, moved: Moved) -> Moved {
    let refused = moved.fault.as_ref();
    let refused = refused.filter(|fault| fault.kind == Kind::Credentials);
    let Some(refused) = refused.filter(|_| plan.number == FIRST) else {
        return moved;
    };
    let fault = match engine.another_token(&plan.source, shown).await {
        Ok(false) => return moved,
        Ok(true) => Fault::upstream(
            "The token was refused before its end. There is another one by now, with which the next attempt reads.",
        )
        .or_detail(refused.detail.clone()),
        Err(failure) => failure.into_fault(),
    };
    Moved {
        fault: Some(fault),
        ..moved
    }
}

/// The last line of the log says how it ended, so that nobody has to look elsewhere for the reason.
async fn tell_end(journal: &Journal, fault: Option<&Fault>) {
    match fault {
        None => {}
        Some(fault) if fault.kind == Kind::Cancelled => {
            journal.info("Stopped.").await;
        }
        Some(fault) => {
            let stream = fault.stream.as_deref();
            journal.say("ERROR", stream, fault.message.clone()).await;
        }
    }
}

fn opening(plan: &Plan, states: usize) -> String {
    let tables = plan.catalog.streams.len();
    let from = if states == 0 {
        "from the beginning"
    } else {
        "from where the last run stood"
    };
    let noun = if tables == 1 { "table" } else { "tables" };
    format!("Attempt {}: reading {tables} {noun} {from}.", plan.number)
}

/// What a log in detail will hold.
fn in_detail(connector: &Connector) -> &'static str {
    match connector {
        Connector::Declarative(_) => {
            "A detailed log was asked for: it has a line for each request, without its query, headers and body."
        }
        connector if connector.is_program() => {
            "A detailed log was asked for. A program of its own reads this source, and tells no more than it always does."
        }
        _ => {
            "A detailed log was asked for: it has a line for each question and its answer, without any values."
        }
    }
}

async fn keep_usage(engine: &Engine, job: i64, usage: &Arc<Usage>) -> Result<(), Failure> {
    let memory = i64::try_from(usage.peak_memory()).unwrap_or(i64::MAX);
    Ok(jobs::set_usage(&engine.config.pool, job, usage.sandbox(), memory).await?)
}

/// A source that ended well may still have left streams unfinished, and a receipt may not balance: neither is success.
fn imbalance(receipts: &[StreamReceipt]) -> Option<Fault> {
    let unfinished: Vec<&str> = receipts
        .iter()
        .filter(|receipt| receipt.outcome == Outcome::Incomplete)
        .map(|r| r.stream.name.as_str())
        .collect();
    if let Some(first) = unfinished.first() {
        let message = format!(
            "The source ended before these tables were complete: {}.",
            unfinished.join(", ")
        );
        return Some(Fault::upstream(message).in_stream(*first));
    }
    let (receipt, problem) = receipts
        .iter()
        .find_map(|receipt| Some((receipt, receipt.problem()?)))?;
    let name = &receipt.stream.name;
    let message = match receipt.outcome {
        Outcome::Kept => problem,
        _ => format!("The rows of “{name}” do not add up: {problem}"),
    };
    Some(Fault::data(message).in_stream(name))
}
