//! Whether a finished run is green: every stream done, every receipt balanced, and no silence where rows usually come.

use airbyte::{
    api::JobStatus,
    extension::{FaultKind, JobDetail, JobStream},
};
use model::{RunState, SyncMode};

/// A full read that brought nothing is odd when it brought at least this many rows before.
const USUAL_FULL: i64 = 100;
/// New rows may stop for good reasons; silence is odd only after this many …
const USUAL_INCREMENTAL: i64 = 1000;
/// … in each of this many runs.
const RUNS_INCREMENTAL: usize = 3;

const UNTOLD: &str =
    "Airbyte says that the sync succeeded, but does not tell this hub what became of this table.";

/// One selected stream with what its last green runs read, the newest first.
#[derive(Debug, Clone)]
pub struct Expected {
    pub namespace: String,
    pub name: String,
    pub mode: SyncMode,
    pub earlier: Vec<i64>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub state: RunState,
    pub problem: Option<String>,
    /// `credentials`, `receipt`, `silence` …: what the connection's state is made of.
    pub kind: Option<&'static str>,
    pub raw: Option<String>,
    pub streams: Vec<StreamVerdict>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamVerdict {
    pub namespace: String,
    pub name: String,
    pub state: RunState,
    pub problem: Option<String>,
}

pub fn judge(detail: &JobDetail, expected: &[Expected]) -> Verdict {
    let streams: Vec<StreamVerdict> = expected
        .iter()
        .map(|expected| {
            let reported = detail.streams.iter().find(|stream| is(stream, expected));
            let (state, problem) = stream(detail, reported, expected);
            StreamVerdict {
                namespace: expected.namespace.clone(),
                name: expected.name.clone(),
                state,
                problem,
            }
        })
        .collect();
    let landed = detail
        .streams
        .iter()
        .any(|stream| stream.verified && stream.records_written > 0);
    let raw = detail
        .failure
        .as_ref()
        .and_then(|failure| failure.detail.clone());
    match detail.job.status {
        JobStatus::Cancelled => cancelled(landed, streams),
        JobStatus::Failed => failed(detail, landed, raw, streams),
        _ => finished(raw, streams),
    }
}

fn is(stream: &JobStream, expected: &Expected) -> bool {
    stream.name == expected.name
        && stream.namespace.as_deref().unwrap_or_default() == expected.namespace
}

fn stream(
    detail: &JobDetail,
    reported: Option<&JobStream>,
    expected: &Expected,
) -> (RunState, Option<String>) {
    let job = detail.job.status;
    let Some(stream) = reported else {
        return match job {
            JobStatus::Cancelled => (RunState::Cancelled, None),
            // Of an Airbyte that tells its totals only, and so of no attempt.
            JobStatus::Succeeded if detail.attempts == 0 => {
                (RunState::Partial, Some(UNTOLD.to_owned()))
            }
            _ => (
                RunState::Failed,
                Some("The source said nothing about this table.".to_owned()),
            ),
        };
    };
    match stream.status {
        JobStatus::Succeeded if !stream.verified => (RunState::Partial, Some(unbalanced(stream))),
        JobStatus::Succeeded => match silence(stream, expected) {
            Some(problem) => (RunState::Partial, Some(problem)),
            None => (RunState::Succeeded, stream.problem.clone()),
        },
        JobStatus::Cancelled => (RunState::Cancelled, stream.problem.clone()),
        _ if job == JobStatus::Cancelled => (RunState::Cancelled, stream.problem.clone()),
        _ => (
            RunState::Failed,
            Some(
                stream
                    .problem
                    .clone()
                    .unwrap_or_else(|| "It did not come to its end.".to_owned()),
            ),
        ),
    }
}

fn unbalanced(stream: &JobStream) -> String {
    stream.problem.clone().unwrap_or_else(|| {
        format!(
            "The receipt does not balance: {} rows read, {} written.",
            stream.records_read, stream.records_written
        )
    })
}

/// Read nothing where it usually reads a lot.
fn silence(stream: &JobStream, expected: &Expected) -> Option<String> {
    if stream.records_read > 0 {
        return None;
    }
    let least = if expected.mode.needs_cursor() {
        let earlier = expected.earlier.get(..RUNS_INCREMENTAL)?;
        earlier
            .iter()
            .copied()
            .min()
            .filter(|rows| *rows >= USUAL_INCREMENTAL)?
    } else {
        let earlier = expected.earlier.iter().take(RUNS_INCREMENTAL);
        earlier.copied().min().filter(|rows| *rows >= USUAL_FULL)?
    };
    Some(format!(
        "It read nothing, but the runs before read {least} rows or more. Check the source. If it is right that nothing is there, sync again, and it counts as usual."
    ))
}

fn finished(raw: Option<String>, streams: Vec<StreamVerdict>) -> Verdict {
    let odd: Vec<&StreamVerdict> = streams
        .iter()
        .filter(|stream| stream.state != RunState::Succeeded)
        .collect();
    let Some(first) = odd.first() else {
        return Verdict {
            state: RunState::Succeeded,
            problem: None,
            kind: None,
            raw: None,
            streams,
        };
    };
    let more = match odd.len() {
        1 => String::new(),
        count => format!(" {} more tables have problems too.", count - 1),
    };
    let problem = format!(
        "{}: {}{more}",
        first.name,
        first.problem.as_deref().unwrap_or("It did not finish.")
    );
    let none_good =
        odd.len() == streams.len() && odd.iter().all(|stream| stream.state == RunState::Failed);
    Verdict {
        state: if none_good {
            RunState::Failed
        } else {
            RunState::Partial
        },
        problem: Some(problem),
        kind: Some("receipt"),
        raw,
        streams,
    }
}

fn failed(
    detail: &JobDetail,
    landed: bool,
    raw: Option<String>,
    streams: Vec<StreamVerdict>,
) -> Verdict {
    let failure = detail.failure.as_ref();
    let message = failure.map_or("The engine stopped without saying why.", |failure| {
        failure.message.as_str()
    });
    let kind = failure.map_or(FaultKind::Bug, |failure| failure.kind);
    Verdict {
        state: if landed {
            RunState::Partial
        } else {
            RunState::Failed
        },
        problem: Some(message.to_owned()),
        kind: Some(kind.name()),
        raw,
        streams,
    }
}

fn cancelled(landed: bool, streams: Vec<StreamVerdict>) -> Verdict {
    let problem = if landed {
        "Stopped on request. Rows that were complete stay; the next run goes on from there."
    } else {
        "Stopped on request before rows were complete. The tables are as they were."
    };
    Verdict {
        state: RunState::Cancelled,
        problem: Some(problem.to_owned()),
        kind: None,
        raw: None,
        streams,
    }
}

#[cfg(test)]
mod tests;
