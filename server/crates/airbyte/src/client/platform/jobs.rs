//! What became of a job: totals from the public API; streams, failure and log from the Config API where it may be asked.

use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    Client, Error,
    api::{JobResponse, JobStatus},
    client::platform::{Limits, fault},
    config::{Attempt, FailureReason, JobInfoRead, LogEvent, Logs, StreamStats},
    extension::{JobDetail, JobFailure, JobLogs, JobStream, LogEntry},
};

impl Client {
    pub(in crate::client) async fn platform_job(&self, id: i64) -> Result<JobDetail, Error> {
        let job = self.job(id).await?;
        let read: Result<JobInfoRead, Error> = self
            .ask_config(
                "jobs/get_without_logs",
                &json!({ "id": id }),
                "job",
                Limits::Tables,
            )
            .await;
        match read {
            Ok(read) => {
                self.shared.page.forget();
                Ok(detail(job, &read))
            }
            // Accounts that may run syncs need not be allowed to look into them.
            Err(Error::Forbidden { .. } | Error::Unsupported { .. } | Error::NotFound { .. }) => {
                Ok(totals(job))
            }
            Err(error) if self.shared.page.stays(&error) => Ok(totals(job)),
            Err(error) => Err(error),
        }
    }

    pub(in crate::client) async fn platform_logs(
        &self,
        id: i64,
        after: i64,
        limit: i64,
    ) -> Result<JobLogs, Error> {
        let read: JobInfoRead = self
            .ask_config("jobs/get", &json!({ "id": id }), "log", Limits::Tables)
            .await?;
        let (after, limit) = (
            usize::try_from(after).unwrap_or(0),
            usize::try_from(limit).unwrap_or(0),
        );
        let logs = read
            .attempts
            .into_iter()
            .filter_map(|attempt| attempt.logs)
            .flat_map(entries);
        let lines: Vec<LogEntry> = logs
            .enumerate()
            .skip(after)
            .take(limit)
            .map(|(index, entry)| LogEntry {
                n: i64::try_from(index + 1).unwrap_or(i64::MAX),
                ..entry
            })
            .collect();
        let last = lines
            .last()
            .map_or_else(|| i64::try_from(after).unwrap_or(i64::MAX), |line| line.n);
        Ok(JobLogs { lines, last })
    }
}

/// Only what the public API tells.
fn totals(job: JobResponse) -> JobDetail {
    JobDetail {
        streams: Vec::new(),
        failure: (job.status == JobStatus::Failed).then(unknown_failure),
        records_read: job.rows_synced.unwrap_or(0),
        bytes: job.bytes_synced.unwrap_or(0),
        sandbox: None,
        attempts: 0,
        advanced: false,
        max_memory_bytes: None,
        cancelling: false,
        started_at: None,
        job,
    }
}

fn unknown_failure() -> JobFailure {
    failure(&FailureReason {
        external_message: Some(
            "The sync failed at Airbyte. Its reason can be seen there: the credentials of this hub may not read it."
                .to_owned(),
        ),
        ..FailureReason::default()
    })
}

fn detail(job: JobResponse, read: &JobInfoRead) -> JobDetail {
    let last = read.attempts.last().map(|info| &info.attempt);
    let failure = last
        .and_then(|attempt| attempt.failure_summary.as_ref())
        .and_then(|summary| summary.failures.first())
        .filter(|_| job.status == JobStatus::Failed)
        .map(failure);
    let stats = last
        .and_then(|attempt| attempt.total_stats)
        .unwrap_or_default();
    let status = job.status;
    JobDetail {
        streams: last
            .map(|attempt| streams(attempt, status))
            .unwrap_or_default(),
        records_read: stats.records_emitted.or(job.rows_synced).unwrap_or(0),
        bytes: stats.bytes_emitted.or(job.bytes_synced).unwrap_or(0),
        attempts: i64::try_from(read.attempts.len()).unwrap_or(i64::MAX),
        started_at: read
            .attempts
            .first()
            .and_then(|info| rfc3339(info.attempt.created_at?)),
        failure: failure.or_else(|| (status == JobStatus::Failed).then(unknown_failure)),
        ..totals(job)
    }
}

fn streams(attempt: &Attempt, job: JobStatus) -> Vec<JobStream> {
    let told = attempt.stream_stats.iter().flatten();
    told.map(|stream| of_stream(stream, job)).collect()
}

/// The platform commits what it counts as committed; a stream is done when its job is.
fn of_stream(stream: &StreamStats, job: JobStatus) -> JobStream {
    let read = stream.stats.records_emitted.unwrap_or(0);
    let written = stream.stats.records_committed.unwrap_or(0);
    JobStream {
        name: stream.stream_name.clone(),
        namespace: stream.stream_namespace.clone(),
        status: job,
        table: None,
        records_read: read,
        records_written: written,
        values_nulled: 0,
        bytes: stream.stats.bytes_emitted.unwrap_or(0),
        table_rows: None,
        verified: job == JobStatus::Succeeded && read == written,
        problem: None,
    }
}

fn failure(reason: &FailureReason) -> JobFailure {
    let fault = fault(reason);
    JobFailure {
        kind: fault.kind,
        until: fault.until,
        message: fault.message,
        detail: fault.detail,
        field: None,
        stream: fault.stream,
    }
}

fn entries(logs: Logs) -> Vec<LogEntry> {
    let lines = logs.log_lines.into_iter().flatten().map(line);
    let events = logs.events.into_iter().flatten().map(event);
    lines.chain(events).collect()
}

fn line(text: String) -> LogEntry {
    LogEntry {
        n: 0,
        at: String::new(),
        level: "info".to_owned(),
        stream: None,
        text,
    }
}

fn event(event: LogEvent) -> LogEntry {
    LogEntry {
        n: 0,
        at: event
            .timestamp
            .and_then(|millis| rfc3339(millis / 1000))
            .unwrap_or_default(),
        level: event
            .level
            .unwrap_or_else(|| "info".to_owned())
            .to_lowercase(),
        stream: None,
        text: event.message.unwrap_or_default(),
    }
}

fn rfc3339(seconds: i64) -> Option<String> {
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()?
        .format(&Rfc3339)
        .ok()
}
