//! The moving itself: source, relay, loader and tally side by side, until all have ended.

use std::time::Duration;

use airbyte::extension::JobRuntime;
use airbyte::protocol::ConfiguredAirbyteCatalog;
use bytes::Bytes;
use serde_json::Value;
use sync::fault::Fault;
use sync::load::{self, Fence, RunOptions};
use sync::receipt::StreamReceipt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::journal::Journal;
use super::plan::Plan;
use super::relay::{Relay, complete};
use super::tally::Tally;
use crate::Engine;
use crate::error::Failure;
use crate::operation::{Operation, Prepared};
use crate::rotation::Rotation;

/// Chunks between connector, relay and loader: a few, so that memory stays small and neither waits.
const CHUNKS: usize = 4;
/// Events waiting to be written down.
const EVENTS: usize = 1024;
/// After a request to stop, how long the loader may finish what it holds.
const LAST_COMMIT: Duration = Duration::from_secs(3);

/// What a transfer came to: receipts when the loader ended in good order, and what went wrong if anything.
pub struct Moved {
    pub receipts: Vec<StreamReceipt>,
    pub fault: Option<Fault>,
}

/// Reads the source and loads what it sends.
pub async fn sync(
    engine: &Engine,
    plan: &Plan,
    prepared: &Prepared,
    operation: Operation,
    states: &[Value],
    journal: &Journal,
) -> Moved {
    let (raw, from_source) = mpsc::channel(CHUNKS);
    let (to_loader, input) = mpsc::channel(CHUNKS);
    let cx = operation.cx.clone();
    let source = async {
        let mut relay = Relay::new();
        let read = prepared
            .connector
            .read(&prepared.config, &plan.catalog, states, &cx, raw);
        let rotation = &Rotation::of(prepared);
        let keep = |config: Value| async move {
            journal.hide(&config, &prepared.secret_fields);
            let source = Some(&plan.source);
            Ok(rotation.keep(engine, source, &config).await?)
        };
        let (read, relayed) = tokio::join!(read, relay.run(from_source, &to_loader, keep));
        let ended = relayed.map_err(Failure::into_fault).and(read);
        if ended.is_ok() {
            // Only now: a connector that fails at the very end has completed nothing it did not say itself.
            finish(&relay.completions(&plan.catalog), to_loader).await;
        }
        ended
    };
    // Large, and each caller's future would hold it whole.
    Box::pin(carry(
        engine,
        plan,
        source,
        input,
        operation.log,
        journal,
        &cx.cancel,
    ))
    .await
}

/// Replaces every stream by nothing.
pub async fn reset(
    engine: &Engine,
    plan: &Plan,
    cancel: &CancellationToken,
    journal: &Journal,
) -> Moved {
    let (to_loader, input) = mpsc::channel(CHUNKS);
    let (_, no_log) = mpsc::channel(1);
    let lines: Vec<u8> = plan
        .catalog
        .streams
        .iter()
        .flat_map(|stream| complete(stream.descriptor()))
        .collect();
    let source = async {
        finish(&lines, to_loader).await;
        Ok(())
    };
    Box::pin(carry(engine, plan, source, input, no_log, journal, cancel)).await
}

/// The sender is dropped at the end, which tells the loader that there is no more.
async fn finish(lines: &[u8], to_loader: mpsc::Sender<Bytes>) {
    if !lines.is_empty() {
        // A loader that is gone has its own reason, which the run reports.
        let _ = to_loader.send(Bytes::copy_from_slice(lines)).await;
    }
}

async fn carry(
    engine: &Engine,
    plan: &Plan,
    source: impl Future<Output = Result<(), Fault>>,
    input: mpsc::Receiver<Bytes>,
    log: mpsc::Receiver<sync::connector::LogLine>,
    journal: &Journal,
    cancel: &CancellationToken,
) -> Moved {
    let (event_sender, events) = mpsc::channel(EVENTS);
    let tally = Tally::new(engine, plan.job.id, plan.connection.id, journal.clone());
    let loading = until_patience_ends(
        cancel,
        load::write(
            &plan.target,
            &plan.catalog,
            input,
            event_sender,
            options(plan),
        ),
    );
    let (read, written, ()) = tokio::join!(source, loading, tally.run(events, log));
    match (read, written) {
        (read, Ok(receipts)) => Moved {
            receipts,
            fault: read.err(),
        },
        // The loader's reason comes first, except when it only ran dry because the source had failed or was stopped.
        (Err(read), Err(written)) if written.kind == sync::fault::Kind::Cancelled => failed(read),
        (_, Err(written)) => failed(written),
    }
}

fn failed(fault: Fault) -> Moved {
    Moved {
        receipts: Vec::new(),
        fault: Some(fault),
    }
}

/// After a request to stop the loader commits what it can, but not for long.
async fn until_patience_ends<T>(
    cancel: &CancellationToken,
    work: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    let patience = async {
        cancel.cancelled().await;
        tokio::time::sleep(LAST_COMMIT).await;
    };
    tokio::select! {
        result = work => result,
        () = patience => Err(Fault::cancelled()),
    }
}

fn options(plan: &Plan) -> RunOptions {
    RunOptions {
        sync_id: plan.job.id,
        fence: Some(Fence {
            key: plan.connection.id.to_string(),
            states: Some(plan.states_key()),
            token: plan.fence,
        }),
        namespaces: plan.namespaces,
        table_prefix: plan.prefix.clone(),
        // Airbyte's runtime takes what it cannot read for an empty page, and comes after one that knows better.
        keeps_filled: plan.runtime() == JobRuntime::Airbyte && !plan.is_reset(),
        ..RunOptions::default()
    }
}

/// The states to read on from, as the destination committed them.
pub async fn states(plan: &Plan, catalog: &ConfiguredAirbyteCatalog) -> Result<Vec<Value>, Fault> {
    load::resumable_states(&plan.target, &plan.states_key(), catalog).await
}
