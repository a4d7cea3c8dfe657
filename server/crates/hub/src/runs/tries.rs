//! What the tries of a run came to so far: read from what was written down, and from the job of the last one.

use airbyte::{
    api::JobStatus,
    extension::{Fault, JobDetail, JobStream},
};
use model::{Class, Route, Rule, StreamReceipt};
use store::decisions::{Came, Step};
use time::{
    OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339, macros::format_description,
};

use super::{end::failed, judge::Verdict};
use crate::route::{Tried, Way, class};

/// What a failed try leaves for the end of the run.
pub(super) struct Failed {
    pub verdict: Verdict,
    pub receipts: Vec<StreamReceipt>,
}

/// A run that goes on after a restart knows only what was written down.
pub(super) fn told_before(steps: &[Step], rule: Rule) -> Failed {
    let last = steps.iter().rev().find(|step| step.class.is_some());
    let kind = last
        .and_then(|step| step.class)
        .map_or("config", class::problem_kind);
    let why = last.and_then(|step| step.problem.clone());
    let mut verdict = failed(kind, why.unwrap_or_else(|| rule.label().to_owned()));
    verdict.raw = last.and_then(|step| step.raw.clone());
    Failed {
        verdict,
        receipts: Vec::new(),
    }
}

/// Nothing was tried, because the source is left alone until then.
pub(super) fn left_alone(until: OffsetDateTime) -> Failed {
    let until = until
        .to_offset(UtcOffset::UTC)
        .format(format_description!(
            "[year]-[month]-[day] [hour]:[minute] UTC"
        ))
        .expect("every instant has these parts");
    let why = format!(
        "The source failed several times in a row or asked for a pause, and there is no other way to these rows. Runs that start by themselves leave it alone until {until}; one that you start asks it at once."
    );
    Failed {
        verdict: failed(class::problem_kind(Class::Upstream), why),
        receipts: Vec::new(),
    }
}

/// Nothing was tried, because no way is open: this is why.
pub(super) fn closed(why: &str) -> Failed {
    Failed {
        verdict: failed(class::problem_kind(Class::Broken), why.to_owned()),
        receipts: Vec::new(),
    }
}

/// The failed tries, as the rules see them.
pub(super) fn history(steps: &[Step]) -> Vec<Tried> {
    let failed = steps.iter().filter_map(|step| {
        Some(Tried {
            route: step.route?,
            class: step.class?,
            until: step.until,
            advanced: step.advanced,
        })
    });
    failed.collect()
}

/// The job of the last direct try: it goes on where it stopped.
pub(super) fn earlier(steps: &[Step], route: Route) -> Option<i64> {
    let last = steps
        .iter()
        .rev()
        .find(|step| step.route == Some(route) && step.class.is_some())?;
    last.engine_job.filter(|_| route == Route::Direct)
}

/// What earlier tries had brought of a job that a try goes on with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Brought {
    rows: i64,
    bytes: i64,
}

impl Brought {
    /// Jobs of the two ways are numbered each for itself.
    pub(super) fn before(steps: &[Step], route: Route, job: i64) -> Self {
        let same = |step: &&Step| step.route == Some(route) && step.engine_job == Some(job);
        let earlier = steps.iter().filter(same);
        earlier.fold(Self::default(), |all, step| Self {
            rows: all.rows + step.rows_written,
            bytes: all.bytes + step.bytes,
        })
    }
}

/// Was the direct way refused before it began? Then the other one is no stopgap until it works again.
pub(super) fn is_unfit(steps: &[Step]) -> bool {
    steps.iter().any(|step| {
        let is_broken = step.class == Some(Class::Broken);
        step.route == Some(Route::Direct) && is_broken && step.engine_job.is_none()
    })
}

/// The refused sign-in that a run went around: only where the last word of the direct way was a refusal, and Airbyte brought the
/// rows then.
pub(super) fn went_around(steps: &[Step]) -> Option<&Step> {
    let last_on = |route| steps.iter().rev().find(|step| step.route == Some(route));
    let ended_at_airbyte = steps.last()?.route == Some(Route::Airbyte);
    last_on(Route::Direct).filter(|step| ended_at_airbyte && step.class == Some(Class::Auth))
}

/// Does a run that came to its end show that the sign-in is accepted? Not where Airbyte only stood in for a direct way that was
/// left out, left alone or had failed: what Airbyte is served with says nothing about who asks directly.
pub(super) fn proves_sign_in(steps: &[Step], direct: Way) -> bool {
    let Some(last) = steps.last().filter(|step| step.route.is_some()) else {
        return false;
    };
    let stands_in = matches!(
        last.rule,
        Rule::Forced
            | Rule::BreakerOpen
            | Rule::FallBack
            | Rule::FallBackAtOnce
            | Rule::FallBackSooner
    );
    direct == Way::Closed || !stands_in
}

/// What a try says about the way it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Succeeded,
    Failed(Class),
    /// Nothing: somebody ended it.
    Stopped,
}

impl Outcome {
    pub(super) fn of(detail: &JobDetail) -> Self {
        match (detail.job.status, &detail.failure) {
            (JobStatus::Failed, None) => Self::Failed(Class::Broken),
            (JobStatus::Failed, Some(failure)) => {
                class::of(failure.kind).map_or(Self::Stopped, Self::Failed)
            }
            (JobStatus::Cancelled, _) => Self::Stopped,
            _ => Self::Succeeded,
        }
    }

    pub(super) fn class(self) -> Option<Class> {
        match self {
            Self::Failed(class) => Some(class),
            Self::Succeeded | Self::Stopped => None,
        }
    }

    /// As the metrics call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "ok",
            Self::Failed(class) => class.name(),
            Self::Stopped => "stopped",
        }
    }
}

/// When a source wants to be asked again, as far as it reads.
fn instant(text: Option<&str>) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text?, &Rfc3339).ok()
}

/// What came of a try that was given up without a word of the connector, for its row.
pub(super) fn silent(class: Class, why: &str) -> Came<'_> {
    Came {
        class: Some(class),
        problem: Some(why),
        ..Came::default()
    }
}

/// What came of a try that got no job, for its row.
pub(super) fn refused(fault: &Fault) -> Came<'_> {
    Came {
        class: Some(class::of(fault.kind).unwrap_or(Class::Broken)),
        problem: Some(&fault.message),
        raw: fault.detail.as_deref(),
        until: instant(fault.until.as_deref()),
        ..Came::default()
    }
}

/// What the job of a try came to, for its row. The job counts what all its tries have brought.
pub(super) fn came(detail: &JobDetail, class: Option<Class>, before: Brought) -> Came<'_> {
    let failure = detail.failure.as_ref().filter(|_| class.is_some());
    let all = |count: fn(&JobStream) -> i64| detail.streams.iter().map(count).sum::<i64>();
    // What an earlier try had read without committing it was read again.
    let rows_read = all(|stream| stream.records_read) - before.rows;
    let rows_written = all(|stream| stream.records_written) - before.rows;
    let bytes = all(|stream| stream.bytes) - before.bytes;
    Came {
        class,
        problem: failure.map(|failure| failure.message.as_str()),
        raw: failure.and_then(|failure| failure.detail.as_deref()),
        until: failure.and_then(|failure| instant(failure.until.as_deref())),
        rows_read: rows_read.max(0),
        rows_written: rows_written.max(0),
        bytes: bytes.max(0),
        advanced: class.is_some() && detail.advanced && rows_written > 0,
    }
}

#[cfg(test)]
mod tests;
