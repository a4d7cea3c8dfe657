//! The job of a run: decides which way to take, has it tried, decides again, and ends the run with receipts.

use std::time::Duration;

use airbyte::{Waits, extension::JobDetail};
use model::{Class, Method, Route, Rule, RunId, RunState, StreamReceipt, TenantId};
use queue::{JobContext, JobError};
use serde::Deserialize;
use store::{
    decisions::{self, Came, New, Step},
    runs::{self, Work},
    streams::{self, Stream},
};

use super::{
    SCHEDULE,
    attempt::{Ended, Try},
    end::{End, both, count, failed, stopped_before},
    judge::{Verdict, judge},
    limit,
    plan::{self, Planned},
    receipts::{expected, settle},
    rests::Said,
    tries::{
        Brought, Failed, Outcome, came, closed, earlier, history, is_unfit, left_alone, refused,
        silent, told_before,
    },
};
use crate::{
    Error, Hub, consent, jobs,
    route::{self, Next, Way, class},
};

/// Earlier runs that say what is usual.
const HISTORY: i64 = 3;

#[derive(Deserialize)]
struct Payload {
    tenant: TenantId,
    run: RunId,
}

pub(crate) async fn run(hub: &Hub, job: &JobContext) -> Result<(), JobError> {
    let Payload { tenant, run } = jobs::payload(job)?;
    let followed = tokio::select! {
        followed = follow(hub, job, tenant, run) => followed,
        () = job.cancelled.cancelled() => return Err(JobError::retry("stopped in the middle; the run goes on")),
    };
    match followed {
        Ok(()) | Err(Error::NotFound) => Ok(()),
        // What can't be started as it is would not start a second time either.
        Err(Error::Conflict(why)) => fail(hub, job, tenant, run, failed("config", why)).await,
        Err(error) => Err(jobs::again(error)),
    }
}

pub(crate) async fn give_up(hub: &Hub, job: &JobContext) -> Result<(), JobError> {
    let Payload { tenant, run } = jobs::payload(job)?;
    let why = "The engine did not answer for a long time. Sync again when it is back.";
    fail(hub, job, tenant, run, failed("unreachable", why.to_owned())).await
}

async fn follow(hub: &Hub, job: &JobContext, tenant: TenantId, id: RunId) -> Result<(), Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let work = runs::work(&mut tx, tenant, id).await?;
    let streams = streams::list(&mut tx, tenant, work.connection).await?;
    tx.commit().await?;
    if work.state.is_over() {
        return Ok(());
    }
    let planned = plan::of_run(hub, tenant, &work, &streams).await?;
    let run = Run {
        hub,
        job,
        tenant,
        work,
        streams,
        planned,
    };
    // Large, and the queue's future would hold it whole.
    Box::pin(run.go()).await
}

/// A run with all that its decisions are made from.
struct Run<'a> {
    hub: &'a Hub,
    job: &'a JobContext,
    tenant: TenantId,
    work: Work,
    streams: Vec<Stream>,
    planned: Planned<'a>,
}

impl Run<'_> {
    async fn go(&self) -> Result<(), Error> {
        // What the last try came to, for the end.
        let mut last = None;
        loop {
            let steps = self.steps().await?;
            let open = steps
                .last()
                .filter(|step| step.route.is_some() && step.finished_at.is_none());
            let step = match open {
                Some(step) => step.clone(),
                None => match self.decide(&steps).await? {
                    Next::Stop { rule } => return self.stop(&steps, rule, last).await,
                    _ => continue,
                },
            };
            match self.take(&steps, step).await? {
                Some(tried) => last = Some(tried),
                None => return Ok(()),
            }
        }
    }

    async fn steps(&self) -> Result<Vec<Step>, Error> {
        let mut tx = self.hub.store().tenant(self.tenant).await?;
        let steps = decisions::list(&mut tx, self.tenant, self.work.id).await?;
        tx.commit().await?;
        Ok(steps)
    }

    /// Decides and writes it down; a stop is written with the end of the run.
    async fn decide(&self, steps: &[Step]) -> Result<Next, Error> {
        let now = self.hub.clock().now();
        let next = route::next(&self.planned.plan, &history(steps), now, self.jitter());
        let Some(route) = next.route() else {
            return Ok(next);
        };
        let new = New {
            n: steps.last().map_or(1, |step| step.n + 1),
            rule: next.rule(),
            route: Some(route),
            not_before: match next {
                Next::RetryAt { at, .. } => Some(at),
                _ => None,
            },
            at: now,
        };
        let method = self.method(route, steps);
        let mut tx = self.hub.store().tenant(self.tenant).await?;
        self.job.hold(&mut tx).await?;
        decisions::insert(&mut tx, self.tenant, self.work.id, new, Some(method)).await?;
        // A run that an earlier version began has its job already.
        if let Some(known) = self.work.engine_job.filter(|_| steps.is_empty()) {
            decisions::begin(&mut tx, self.tenant, self.work.id, 1, known, now).await?;
        }
        tx.commit().await?;
        tracing::info!(run.id = %self.work.id, ?route, rule = next.rule().name(), "a run takes a way");
        Ok(next)
    }

    /// From the run's own id: spread, and the same after a restart.
    fn jitter(&self) -> f64 {
        let spread = store::ids::Id::uuid(self.work.id).as_bytes()[15];
        f64::from(spread) / f64::from(u8::MAX)
    }

    fn method(&self, route: Route, steps: &[Step]) -> Method {
        let is_second = self.work.forced_fallback || self.planned.ways.direct.is_ok();
        let was_direct = steps.iter().any(|step| step.route == Some(Route::Direct));
        let is_first = self.planned.plan.policy.first == Route::Airbyte && !was_direct;
        match route {
            Route::Direct => Method::Direct,
            Route::Airbyte if self.work.forced_fallback || (is_second && !is_first) => {
                Method::AirbyteFallback
            }
            Route::Airbyte => Method::Airbyte,
        }
    }

    /// Has a decision tried. `None`: the run is over.
    async fn take(&self, steps: &[Step], step: Step) -> Result<Option<Failed>, Error> {
        let Some(route) = step.route else {
            return Ok(None);
        };
        if step.rule == Rule::Renewed && step.engine_job.is_none() {
            // Where that is refused, the try says so in its own words.
            if let Err(error) = consent::anew(self.hub, self.tenant, self.work.connection).await {
                tracing::info!(%error, run.id = %self.work.id, "a refused token was not renewed");
            }
        }
        let tried = Try {
            hub: self.hub,
            job: self.job,
            tenant: self.tenant,
            work: &self.work,
            streams: &self.streams,
            route,
            way: self.planned.ways.on(route)?,
            earlier: earlier(steps, route),
            limit: self.limit(route, steps).await?,
            waits: Waits::default(),
            step,
        };
        match tried.make().await? {
            Ended::Stopped => {
                self.end(steps, None, stopped_before(), Vec::new()).await?;
                Ok(None)
            }
            Ended::Left => Ok(None),
            Ended::TooLong { limit } => {
                let minutes = limit.as_secs() / 60;
                let why = format!(
                    "Airbyte did not finish within {minutes} minutes, so it was stopped. What had arrived is kept."
                );
                self.lost(&tried, &silent(Class::Timeout, &why)).await
            }
            Ended::Refused { fault } => self.lost(&tried, &refused(&fault)).await,
            Ended::NoEngine { why } => self.lost(&tried, &silent(Class::Network, &why)).await,
            Ended::Over { detail, receipts } => self.over(steps, &tried, &detail, receipts).await,
        }
    }

    /// How long Airbyte may take: as a stopgap little. The direct way may take as long as it goes on.
    async fn limit(&self, route: Route, steps: &[Step]) -> Result<Option<Duration>, Error> {
        if route == Route::Direct {
            return Ok(None);
        }
        let is_fallback = self.method(route, steps) == Method::AirbyteFallback;
        let minutes = u64::from(self.planned.plan.policy.fallback_minutes);
        let stopgap = is_fallback.then_some(Duration::from_mins(minutes));
        if stopgap.is_some() && !is_unfit(steps) {
            return Ok(stopgap);
        }
        let mut tx = self.hub.store().tenant(self.tenant).await?;
        let history = runs::history(
            &mut tx,
            self.tenant,
            self.work.connection,
            SCHEDULE,
            HISTORY,
        )
        .await?;
        tx.commit().await?;
        let usual = limit::by_rows(&expected(&self.streams, &history));
        Ok(Some(stopgap.map_or(usual, |stopgap| stopgap.max(usual))))
    }

    /// The try ended without a job that tells how.
    async fn lost(&self, tried: &Try<'_>, came: &Came<'_>) -> Result<Option<Failed>, Error> {
        let class = came.class.unwrap_or(Class::Broken);
        self.note(tried, came, Outcome::Failed(class)).await?;
        let why = came.problem.unwrap_or_default().to_owned();
        Ok(Some(Failed {
            verdict: failed(class::problem_kind(class), why),
            receipts: Vec::new(),
        }))
    }

    async fn over(
        &self,
        steps: &[Step],
        tried: &Try<'_>,
        detail: &JobDetail,
        mut receipts: Vec<StreamReceipt>,
    ) -> Result<Option<Failed>, Error> {
        let (hub, tenant) = (self.hub, self.tenant);
        let mut tx = hub.store().tenant(tenant).await?;
        let history =
            runs::history(&mut tx, tenant, self.work.connection, SCHEDULE, HISTORY).await?;
        tried
            .put(&mut tx, RunState::Running, detail, &receipts, None)
            .await?;
        tx.commit().await?;
        let verdict = judge(detail, &expected(&self.streams, &history));
        settle(&mut receipts, &verdict.streams);
        let outcome = Outcome::of(detail);
        let class = outcome.class();
        let before = Brought::before(steps, tried.route, detail.job.job_id);
        self.note(tried, &came(detail, class, before), outcome)
            .await?;
        if class.is_some() {
            return Ok(Some(Failed { verdict, receipts }));
        }
        if tried.way.client.server() == airbyte::Server::Platform {
            // The rows have landed: a count that fails takes nothing from that.
            if let Err(error) = count(hub, tenant, &mut receipts).await {
                tracing::warn!(%error, %tenant, "rows of synced tables cannot be counted");
            }
        }
        self.end(steps, None, verdict, receipts).await?;
        Ok(None)
    }

    /// Writes down what a try came to, and what that says about its upstream.
    async fn note(&self, tried: &Try<'_>, came: &Came<'_>, outcome: Outcome) -> Result<(), Error> {
        let now = self.hub.clock().now();
        let mut tx = self.hub.store().tenant(self.tenant).await?;
        self.job.hold(&mut tx).await?;
        decisions::finish(&mut tx, self.tenant, self.work.id, tried.step.n, came, now).await?;
        let (way, name) = (tried.route.name(), outcome.name());
        metrics::counter!("route_tries_total", "route" => way, "outcome" => name).increment(1);
        let said = Said {
            route: tried.route,
            outcome,
            until: came.until,
            advanced: came.advanced,
        };
        let source = &self.planned.source;
        source.note(&mut tx, self.tenant, said, now).await?;
        Ok(tx.commit().await?)
    }

    async fn stop(&self, steps: &[Step], rule: Rule, last: Option<Failed>) -> Result<(), Error> {
        let Failed {
            mut verdict,
            receipts,
        } = last.unwrap_or_else(|| self.untried(steps, rule));
        if rule == Rule::BothFailed {
            both(&mut verdict, steps);
        }
        self.end(steps, Some(rule), verdict, receipts).await
    }

    /// What a run comes to that has tried nothing since it was taken up.
    fn untried(&self, steps: &[Step], rule: Rule) -> Failed {
        match (rule, self.planned.plan.direct, &self.planned.ways.airbyte) {
            (Rule::Rests, Way::Resting { until }, _) => left_alone(until),
            (Rule::NoWay, _, Err(why)) => closed(why),
            _ => told_before(steps, rule),
        }
    }

    async fn end(
        &self,
        steps: &[Step],
        stop: Option<Rule>,
        verdict: Verdict,
        receipts: Vec<StreamReceipt>,
    ) -> Result<(), Error> {
        let end = End {
            hub: self.hub,
            job: self.job,
            tenant: self.tenant,
            work: &self.work,
            verdict,
            receipts,
            steps,
            direct: self.planned.plan.direct,
            stop,
        };
        end.write().await
    }
}

async fn fail(
    hub: &Hub,
    job: &JobContext,
    tenant: TenantId,
    id: RunId,
    verdict: Verdict,
) -> Result<(), JobError> {
    let ended = async {
        let mut tx = hub.store().tenant(tenant).await?;
        let work = runs::work(&mut tx, tenant, id).await?;
        tx.commit().await?;
        let end = End {
            hub,
            job,
            tenant,
            work: &work,
            verdict,
            receipts: Vec::new(),
            steps: &[],
            direct: Way::Open,
            stop: None,
        };
        end.write().await
    };
    match ended.await {
        Ok(()) | Err(Error::NotFound) => Ok(()),
        Err(error) => Err(jobs::again(error)),
    }
}
