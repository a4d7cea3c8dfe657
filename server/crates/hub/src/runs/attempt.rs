//! One try of a run on one way: a job of the engine, begun, watched, and stopped when it takes too long.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use airbyte::{
    Server, Waits,
    api::JobStatus,
    extension::{Fault, JobDetail},
};
use model::{Route, RunState, StreamReceipt, TenantId};
use queue::JobContext;
use store::{
    decisions::Step,
    runs::{self, Progress, Work},
    streams::Stream,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{begin::Begun, left, receipts::receipts};
use crate::{
    Error, Hub,
    engine::{self, Way},
};

/// How often progress is copied from the engine in this process …
const EVERY: Duration = Duration::from_millis(500);
/// … and from an Airbyte elsewhere, which has many to answer.
pub(super) const EVERY_REMOTE: Duration = Duration::from_secs(4);
/// After somebody looked at a run elsewhere, its progress is asked for this long; the state always is.
pub(super) const WATCHED: Duration = Duration::from_secs(15);
/// The rate is measured over the last seconds.
const RATE_WINDOW: Duration = Duration::from_secs(5);
/// A call that got no answer in a minute may still be worked on there: it is left alone for as long, at most for this.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// While a try waits for its time, the wish to stop is looked for this often.
pub(super) const LOOK: Duration = Duration::from_secs(1);
/// What happens while the engine gives no answer to work with.
const MEANWHILE: &str =
    "It is asked again every few seconds, and the run goes on by itself. What has arrived is kept.";
/// A job that has begun elsewhere goes on there while nobody answers here: what it came to is waited for so long.
const SILENCE: Duration = Duration::from_hours(2);
/// A job that was asked to stop has this long to end.
const STOPPING: Duration = Duration::from_mins(1);

/// A try that is to be made.
pub(super) struct Try<'a> {
    pub hub: &'a Hub,
    pub job: &'a JobContext,
    pub tenant: TenantId,
    pub work: &'a Work,
    pub streams: &'a [Stream],
    pub step: Step,
    pub route: Route,
    pub way: Way<'a>,
    /// The engine's job that an earlier try of this way left: it goes on.
    pub earlier: Option<i64>,
    /// How long it may take.
    pub limit: Option<Duration>,
    /// How it waits for its turn to have that Airbyte discover.
    pub waits: Waits,
}

/// How a try ended.
pub(super) enum Ended {
    /// The engine's job is over, for better or worse.
    Over {
        detail: Box<JobDetail>,
        receipts: Vec<StreamReceipt>,
    },
    /// It took longer than it may, and was stopped.
    TooLong { limit: Duration },
    /// The engine itself did not answer as long as it may take.
    NoEngine { why: String },
    /// There is no job: the engine asked the source what it has, and failed at that.
    Refused { fault: Box<Fault> },
    /// A person stopped the run before the engine had begun.
    Stopped,
    /// A person stopped the run, and it is over already: the engine did not answer.
    Left,
}

impl Try<'_> {
    pub(super) async fn make(&self) -> Result<Ended, Error> {
        if !self.wait().await? {
            return Ok(Ended::Stopped);
        }
        let mut begun = None;
        loop {
            let asked = Instant::now();
            let error = match self.go(&mut begun).await {
                Err(error @ Error::Upstream(_)) => error,
                other => return other,
            };
            self.is_held_up(&error).await?;
            if self.is_left(begun).await? {
                return Ok(Ended::Left);
            }
            // With a limit, its silence is an answer, too.
            let Some(limit) = self.limit else {
                return Err(error);
            };
            let patience = match begun {
                Some(_) => limit.max(SILENCE),
                None => limit,
            };
            if self.takes_longer_than(patience) {
                return Ok(Ended::NoEngine {
                    why: error.to_string(),
                });
            }
            let pause = match begun {
                Some(_) => EVERY_REMOTE,
                None => asked.elapsed().clamp(EVERY_REMOTE, LONGEST_PAUSE),
            };
            self.pause(pause).await?;
        }
    }

    /// Begins the engine's job, unless that is done, and watches it.
    async fn go(&self, begun: &mut Option<i64>) -> Result<Ended, Error> {
        let job = match *begun {
            Some(job) => job,
            None => match Box::pin(self.begin()).await? {
                Begun::Job(job) => *begun.insert(job),
                Begun::Stopped => return Ok(Ended::Stopped),
                Begun::Left => return Ok(Ended::Left),
                Begun::Refused(fault) => return Ok(Ended::Refused { fault }),
            },
        };
        self.watch(job).await
    }

    /// A run that a person stopped ends although nobody answers.
    async fn is_left(&self, begun: Option<i64>) -> Result<bool, Error> {
        let state = self.state().await?;
        if !self.is_remote() || state != RunState::Cancelling {
            return Ok(state.is_over());
        }
        let Some(job) = begun else {
            return Ok(matches!(self.stop_before().await?, Begun::Left));
        };
        let mut tx = self.hub.store().tenant(self.tenant).await?;
        self.job.hold(&mut tx).await?;
        left::leave(self.hub, &mut tx, self.tenant, self.work, Some(job)).await?;
        tx.commit().await?;
        Ok(true)
    }

    pub(super) fn is_remote(&self) -> bool {
        self.way.client.server() == Server::Platform
    }

    /// Tells whoever looks at the run meanwhile.
    async fn is_held_up(&self, error: &Error) -> Result<(), Error> {
        let why = error.to_string();
        let why = why.strip_suffix(engine::ADVICE).unwrap_or(&why);
        self.tell(Some(&format!("{why} {MEANWHILE}"))).await
    }

    /// What holds the run up, or that nothing does any more.
    pub(super) async fn tell(&self, what: Option<&str>) -> Result<(), Error> {
        let mut tx = self.hub.store().tenant(self.tenant).await?;
        runs::held_up(&mut tx, self.tenant, self.work.id, what).await?;
        Ok(tx.commit().await?)
    }

    fn is_late(&self) -> bool {
        self.limit
            .is_some_and(|limit| self.takes_longer_than(limit))
    }

    /// The time that others took before it was its turn is not its own.
    fn takes_longer_than(&self, limit: Duration) -> bool {
        let from = self.step.started_at.unwrap_or(self.step.decided_at);
        self.hub.clock().now() - from > limit + self.waits.all()
    }

    async fn watch(&self, engine_job: i64) -> Result<Ended, Error> {
        let is_remote = self.is_remote();
        let every = if is_remote { EVERY_REMOTE } else { EVERY };
        let mut rate = Rate::default();
        let mut stop_until = None;
        let mut told = false;
        loop {
            if is_remote && !told && !self.is_late() && self.goes_on_unwatched(engine_job).await? {
                tokio::time::sleep(EVERY_REMOTE).await;
                continue;
            }
            let detail = self.way.client.job_detail(engine_job).await?;
            let receipts = receipts(&detail, self.streams);
            let (status, is_over) = (detail.job.status, detail.job.status.is_over());
            match (stop_until, self.limit) {
                // One that ended by itself before it could be stopped came to what it came to.
                (Some(until), Some(limit))
                    if status == JobStatus::Cancelled || (!is_over && Instant::now() > until) =>
                {
                    return Ok(Ended::TooLong { limit });
                }
                _ if is_over => {
                    return Ok(Ended::Over {
                        detail: Box::new(detail),
                        receipts,
                    });
                }
                _ => {}
            }
            let state = self.show(&detail, &receipts, &mut rate).await?;
            if state == RunState::Cancelling && !told {
                told = self.stop(engine_job).await?;
            } else if stop_until.is_none() && self.is_late() && self.stop(engine_job).await? {
                stop_until = Some(Instant::now() + STOPPING);
            }
            tokio::time::sleep(every).await;
        }
    }

    /// Is there nothing to copy? Then one list of active jobs serves every run that waits.
    async fn goes_on_unwatched(&self, engine_job: i64) -> Result<bool, Error> {
        let mut tx = self.hub.store().tenant(self.tenant).await?;
        let work = runs::work(&mut tx, self.tenant, self.work.id).await?;
        tx.commit().await?;
        let recently = self.hub.clock().now() - WATCHED;
        let is_watched = work.watched_at.is_some_and(|at| at > recently);
        if is_watched || !matches!(work.state, RunState::Running | RunState::Queued) {
            return Ok(false);
        }
        let job = self.way.client.seen_job(engine_job).await?;
        let runs = job.status == JobStatus::Running;
        Ok(!job.status.is_over() && runs == (work.state == RunState::Running))
    }

    /// Asks the engine to stop; over already is as good.
    pub(super) async fn stop(&self, engine_job: i64) -> Result<bool, Error> {
        match self.way.client.cancel_job(engine_job).await {
            Ok(_) | Err(airbyte::Error::Conflict { .. }) => Ok(true),
            Err(error) if error.is_transient() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Copies progress; answers in which state the run is, since a person may have asked it to stop.
    async fn show(
        &self,
        detail: &JobDetail,
        receipts: &[StreamReceipt],
        rate: &mut Rate,
    ) -> Result<RunState, Error> {
        let state = match detail.job.status {
            JobStatus::Pending | JobStatus::Queued => RunState::Queued,
            _ => RunState::Running,
        };
        let rate = rate.measure(receipts);
        let mut tx = self.hub.store().tenant(self.tenant).await?;
        let now = self.put(&mut tx, state, detail, receipts, rate).await?;
        tx.commit().await?;
        Ok(now)
    }

    pub(super) async fn put(
        &self,
        tx: &mut store::TenantTx,
        state: RunState,
        detail: &JobDetail,
        receipts: &[StreamReceipt],
        rate: Option<i64>,
    ) -> Result<RunState, Error> {
        let (tenant, id) = (self.tenant, self.work.id);
        let progress = Progress {
            rows_read: receipts.iter().map(|receipt| receipt.rows_read).sum(),
            rows_written: receipts.iter().map(|receipt| receipt.rows_written).sum(),
            bytes: receipts.iter().map(|receipt| receipt.bytes).sum(),
            rows_per_second: rate,
            sandbox: detail.sandbox.as_deref(),
        };
        let started = detail
            .started_at
            .as_deref()
            .and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
        let now = runs::progress(tx, tenant, id, state, &progress, started).await?;
        for receipt in receipts {
            runs::put_receipt(tx, tenant, id, receipt).await?;
        }
        Ok(now)
    }
}

/// Rows read over the last seconds.
#[derive(Default)]
struct Rate(VecDeque<(Instant, i64)>);

impl Rate {
    fn measure(&mut self, receipts: &[StreamReceipt]) -> Option<i64> {
        let rows = receipts.iter().map(|receipt| receipt.rows_read).sum();
        self.0.push_back((Instant::now(), rows));
        while self.0.len() > 2
            && self
                .0
                .front()
                .is_some_and(|(at, _)| at.elapsed() > RATE_WINDOW)
        {
            self.0.pop_front();
        }
        let (from, first) = *self.0.front()?;
        let millis = i64::try_from(from.elapsed().as_millis())
            .ok()
            .filter(|millis| *millis > 0)?;
        Some((rows - first) * 1000 / millis)
    }
}
