//! The job of a run: tells the engine what to do, copies its progress, and ends the run with receipts.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use airbyte::{
    api::{JobFilter, JobStatus, JobType},
    extension::JobDetail,
};
use model::{RunId, RunState, StreamReceipt, TenantId};
use queue::{JobContext, JobError};
use serde::Deserialize;
use store::{
    connections,
    runs::{self, Outcome, Progress, Work},
    streams::{self, Stream},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    judge::{Verdict, judge},
    receipts::{expected, receipts, settle},
};
use crate::{Engine, Error, Hub, consent, engine, jobs, tenants};

/// How often progress is copied from the engine in this process …
const EVERY: Duration = Duration::from_millis(500);
/// … and from an Airbyte elsewhere, which has many to answer.
const EVERY_REMOTE: Duration = Duration::from_secs(4);
/// After somebody looked at a run elsewhere, its progress is asked for this long; the state always is.
pub(super) const WATCHED: Duration = Duration::from_secs(15);
/// The rate is measured over the last seconds.
const RATE_WINDOW: Duration = Duration::from_secs(5);
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
        Err(Error::Conflict(why)) => fail(hub, job, tenant, run, "config", &why).await,
        Err(error) => Err(jobs::again(error)),
    }
}

pub(crate) async fn give_up(hub: &Hub, job: &JobContext) -> Result<(), JobError> {
    let Payload { tenant, run } = jobs::payload(job)?;
    fail(
        hub,
        job,
        tenant,
        run,
        "unreachable",
        "The engine did not answer for a long time. Sync again when it is back.",
    )
    .await
}

async fn follow(hub: &Hub, job: &JobContext, tenant: TenantId, id: RunId) -> Result<(), Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let work = runs::work(&mut tx, tenant, id).await?;
    let streams = streams::list(&mut tx, tenant, work.connection).await?;
    tx.commit().await?;
    if work.state.is_over() {
        return Ok(());
    }
    let Some(engine_job) = begin(hub, job, tenant, &work).await? else {
        return end(hub, job, tenant, &work, &stopped_before(), Vec::new()).await;
    };
    let mut rate = Rate::default();
    let mut told = work.state == RunState::Cancelling;
    loop {
        if hub.engine() == Engine::Remote && goes_on_unwatched(hub, tenant, id, engine_job).await? {
            tokio::time::sleep(EVERY_REMOTE).await;
            continue;
        }
        let detail = hub.airbyte().job_detail(engine_job).await?;
        let receipts = receipts(&detail, &streams);
        if detail.job.status.is_over() {
            return finish(hub, job, tenant, &work, &detail, receipts, &streams).await;
        }
        let state = show(hub, tenant, id, &detail, &receipts, rate.measure(&receipts)).await?;
        if state == RunState::Cancelling && !told {
            told = stop(hub, engine_job).await?;
        }
        tokio::time::sleep(match hub.engine() {
            Engine::Embedded => EVERY,
            Engine::Remote => EVERY_REMOTE,
        })
        .await;
    }
}

/// Is there nothing to copy? Then one list of active jobs serves every run that waits.
async fn goes_on_unwatched(
    hub: &Hub,
    tenant: TenantId,
    id: RunId,
    engine_job: i64,
) -> Result<bool, Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let work = runs::work(&mut tx, tenant, id).await?;
    tx.commit().await?;
    let recently = hub.clock().now() - WATCHED;
    let is_watched = work.watched_at.is_some_and(|at| at > recently);
    if work.state != RunState::Running || is_watched {
        return Ok(false);
    }
    let job = hub.airbyte().seen_job(engine_job).await?;
    Ok(job.status == JobStatus::Running)
}

/// The engine's job of this run: known, found or started. `None`: a person stopped the run before there was one.
async fn begin(
    hub: &Hub,
    job: &JobContext,
    tenant: TenantId,
    work: &Work,
) -> Result<Option<i64>, Error> {
    if let Some(engine_job) = work.engine_job {
        return Ok(Some(engine_job));
    }
    if work.state == RunState::Cancelling {
        return Ok(None);
    }
    consent::fresh(hub, tenant, work.connection).await?;
    let connection = engine::push(hub, tenant, work.connection).await?;
    let engine_job = match hub.airbyte().start_job(connection, JobType::Sync).await {
        Ok(started) => started.job_id,
        // Started before and not noted, or by somebody at the engine itself: that one is followed.
        Err(airbyte::Error::Busy { .. } | airbyte::Error::Interrupted(_)) => {
            running(hub, connection).await?
        }
        Err(error) => return Err(error.into()),
    };
    let mut tx = hub.store().tenant(tenant).await?;
    job.hold(&mut tx).await?;
    runs::set_job(&mut tx, tenant, work.id, engine_job).await?;
    tx.commit().await?;
    Ok(Some(engine_job))
}

async fn running(hub: &Hub, connection: uuid::Uuid) -> Result<i64, Error> {
    let filter = JobFilter {
        connection_id: Some(connection),
        job_type: Some(JobType::Sync),
        ..JobFilter::default()
    };
    let jobs = hub.airbyte().jobs(&filter, 5).await?;
    let active = jobs.into_iter().find(|job| !job.status.is_over());
    active.map(|job| job.job_id).ok_or_else(|| {
        Error::Upstream("The engine says that a job runs, but lists none.".to_owned())
    })
}

/// Asks the engine to stop; over already is as good.
async fn stop(hub: &Hub, engine_job: i64) -> Result<bool, Error> {
    match hub.airbyte().cancel_job(engine_job).await {
        Ok(_) | Err(airbyte::Error::Conflict { .. }) => Ok(true),
        Err(error) if error.is_transient() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Copies progress; answers in which state the run is, since a person may have asked it to stop.
async fn show(
    hub: &Hub,
    tenant: TenantId,
    id: RunId,
    detail: &JobDetail,
    receipts: &[StreamReceipt],
    rate: Option<i64>,
) -> Result<RunState, Error> {
    let state = match detail.job.status {
        JobStatus::Pending | JobStatus::Queued => RunState::Queued,
        _ => RunState::Running,
    };
    let mut tx = hub.store().tenant(tenant).await?;
    let now = put(&mut tx, tenant, id, state, detail, receipts, rate).await?;
    tx.commit().await?;
    Ok(now)
}

async fn put(
    tx: &mut store::TenantTx,
    tenant: TenantId,
    id: RunId,
    state: RunState,
    detail: &JobDetail,
    receipts: &[StreamReceipt],
    rate: Option<i64>,
) -> Result<RunState, Error> {
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

async fn finish(
    hub: &Hub,
    job: &JobContext,
    tenant: TenantId,
    work: &Work,
    detail: &JobDetail,
    mut receipts: Vec<StreamReceipt>,
    streams: &[Stream],
) -> Result<(), Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let history = runs::history(&mut tx, tenant, work.connection, HISTORY).await?;
    put(
        &mut tx,
        tenant,
        work.id,
        RunState::Running,
        detail,
        &receipts,
        None,
    )
    .await?;
    tx.commit().await?;
    let verdict = judge(detail, &expected(streams, &history));
    settle(&mut receipts, &verdict.streams);
    if hub.engine() == Engine::Remote {
        // The rows have landed: a count that fails takes nothing from that.
        if let Err(error) = count(hub, tenant, &mut receipts).await {
            tracing::warn!(%error, %tenant, "rows of synced tables cannot be counted");
        }
    }
    end(hub, job, tenant, work, &verdict, receipts).await
}

/// Rows of the tables that a sync elsewhere has written: only the database knows them.
async fn count(hub: &Hub, tenant: TenantId, receipts: &mut [StreamReceipt]) -> Result<(), Error> {
    let mut reader = tenants::reader(hub, tenant).await?;
    for receipt in receipts.iter_mut().filter(|receipt| receipt.verified) {
        receipt.table_rows = reader.count(&receipt.table).await?;
    }
    Ok(())
}

/// Ends the run, tells the connection, and lets apps read what is new: in one transaction.
async fn end(
    hub: &Hub,
    job: &JobContext,
    tenant: TenantId,
    work: &Work,
    verdict: &Verdict,
    receipts: Vec<StreamReceipt>,
) -> Result<(), Error> {
    let now = hub.clock().now();
    let tables: Vec<String> = receipts
        .iter()
        .map(|receipt| receipt.table.clone())
        .collect();
    // Before the run is over on any page: whoever sees it green can read the rows.
    crate::apps::grant_readers(hub, tenant, &tables).await?;
    let mut tx = hub.store().tenant(tenant).await?;
    job.hold(&mut tx).await?;
    let outcome = Outcome {
        problem: verdict.problem.as_deref(),
        problem_kind: verdict.kind,
        raw: verdict.raw.as_deref(),
    };
    match runs::finish(&mut tx, tenant, work.id, verdict.state, &outcome, now).await {
        Err(store::Error::Stale) => return Ok(()),
        other => other?,
    }
    for receipt in &receipts {
        runs::put_receipt(&mut tx, tenant, work.id, receipt).await?;
        if receipt.verified {
            let stream = (
                receipt.namespace.as_deref().unwrap_or_default(),
                receipt.name.as_str(),
            );
            streams::landed(
                &mut tx,
                tenant,
                work.connection,
                stream,
                receipt.table_rows,
                now,
            )
            .await?;
        }
    }
    if verdict.state != RunState::Cancelled {
        let problem = verdict.kind.zip(verdict.problem.as_deref());
        connections::set_problem(&mut tx, tenant, work.connection, problem).await?;
    }
    Ok(tx.commit().await?)
}

fn stopped_before() -> Verdict {
    Verdict {
        state: RunState::Cancelled,
        problem: Some("Stopped on request before it began. Nothing was read.".to_owned()),
        kind: None,
        raw: None,
        streams: Vec::new(),
    }
}

async fn fail(
    hub: &Hub,
    job: &JobContext,
    tenant: TenantId,
    id: RunId,
    kind: &'static str,
    why: &str,
) -> Result<(), JobError> {
    let failed = async {
        let mut tx = hub.store().tenant(tenant).await?;
        let work = runs::work(&mut tx, tenant, id).await?;
        tx.commit().await?;
        let verdict = Verdict {
            state: RunState::Failed,
            problem: Some(why.to_owned()),
            kind: Some(kind),
            raw: None,
            streams: Vec::new(),
        };
        end(hub, job, tenant, &work, &verdict, Vec::new()).await
    };
    match failed.await {
        Ok(()) | Err(Error::NotFound) => Ok(()),
        Err(error) => Err(jobs::again(error)),
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
