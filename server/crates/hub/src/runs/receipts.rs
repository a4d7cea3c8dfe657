//! Receipts of a run from what the engine tells about its job.

use airbyte::{
    api::JobStatus,
    extension::{JobDetail, JobStream},
};
use model::{RunState, StreamReceipt};
use store::{decisions::Step, streams::Stream};

use super::judge::{Expected, StreamVerdict};

/// The selected streams with what earlier runs read, for judging.
pub fn expected(streams: &[Stream], history: &[(String, String, i64)]) -> Vec<Expected> {
    streams
        .iter()
        .filter(|stream| stream.choice.selected)
        .map(|stream| Expected {
            namespace: stream.offer.namespace.clone(),
            name: stream.offer.name.clone(),
            mode: stream.choice.mode,
            earlier: history
                .iter()
                .filter(|(namespace, name, _)| stream.offer.is(namespace, name))
                .map(|(_, _, rows)| *rows)
                .collect(),
        })
        .collect()
}

/// One receipt a selected stream, as far as the job has come.
pub fn receipts(detail: &JobDetail, streams: &[Stream]) -> Vec<StreamReceipt> {
    streams
        .iter()
        .filter(|stream| stream.choice.selected)
        .map(|stream| {
            let told = detail.streams.iter().find(|told| {
                stream
                    .offer
                    .is(told.namespace.as_deref().unwrap_or_default(), &told.name)
            });
            receipt(stream, told)
        })
        .collect()
}

fn receipt(stream: &Stream, told: Option<&JobStream>) -> StreamReceipt {
    let mut receipt = StreamReceipt {
        namespace: Some(stream.offer.namespace.clone()).filter(|namespace| !namespace.is_empty()),
        name: stream.offer.name.clone(),
        table: stream.table.clone(),
        state: RunState::Queued,
        rows_read: 0,
        rows_written: 0,
        values_nulled: 0,
        bytes: 0,
        table_rows: None,
        verified: false,
        problem: None,
    };
    let Some(told) = told else {
        return receipt;
    };
    if let Some((_, table)) = told
        .table
        .as_deref()
        .and_then(|table| table.split_once('.'))
    {
        table.clone_into(&mut receipt.table);
    }
    receipt.state = state(told.status);
    receipt.rows_read = told.records_read;
    receipt.rows_written = told.records_written;
    receipt.values_nulled = told.values_nulled;
    receipt.bytes = told.bytes;
    receipt.table_rows = told.table_rows;
    receipt.verified = told.verified;
    receipt.problem.clone_from(&told.problem);
    receipt
}

fn state(status: JobStatus) -> RunState {
    match status {
        JobStatus::Pending | JobStatus::Queued => RunState::Queued,
        JobStatus::Running | JobStatus::Incomplete | JobStatus::Unknown => RunState::Running,
        JobStatus::Failed => RunState::Failed,
        JobStatus::Succeeded => RunState::Succeeded,
        JobStatus::Cancelled => RunState::Cancelled,
    }
}

/// As a run that goes on shows them: between two tries no table has failed for good, the next try reads it.
pub fn between_tries(receipts: &mut [StreamReceipt], steps: &[Step]) {
    let is_read_now = |step: &Step| step.started_at.is_some() && step.finished_at.is_none();
    if steps.last().is_none_or(is_read_now) {
        return;
    }
    for receipt in receipts {
        if receipt.state == RunState::Failed {
            receipt.state = RunState::Queued;
        }
    }
}

/// The judge's word on one stream goes into its receipt.
pub fn settle(receipts: &mut [StreamReceipt], verdicts: &[StreamVerdict]) {
    for receipt in receipts {
        let namespace = receipt.namespace.as_deref().unwrap_or_default();
        let verdict = verdicts
            .iter()
            .find(|verdict| verdict.name == receipt.name && verdict.namespace == namespace);
        if let Some(verdict) = verdict {
            receipt.state = verdict.state;
            receipt.problem.clone_from(&verdict.problem);
        }
    }
}
