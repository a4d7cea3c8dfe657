//! Begins the engine's job of a try, or finds the one that was begun before somebody lost the answer.

use airbyte::{
    Server,
    api::{ConnectionPatch, ConnectionStatus, JobFilter, JobResponse, JobType},
    extension::JobStart,
};
use model::Route;
use store::{
    decisions::asked::{self, Asked},
    runs,
};
use uuid::Uuid;

use super::{SCHEDULE, attempt::Try};
use crate::Error;

/// Jobs of a connection that are looked at: the one that is looked for is among the newest.
const LATEST: usize = 5;

impl Try<'_> {
    pub(super) async fn start(&self, connection: Uuid) -> Result<i64, Error> {
        if let Some(earlier) = self.earlier {
            match self.way.client.retry_job(earlier).await {
                Ok(reopened) => return Ok(reopened.job_id),
                // Gone with the connection it belonged to, or followed by another one: a new job it is.
                Err(airbyte::Error::NotFound { .. } | airbyte::Error::Conflict { .. }) => {}
                Err(airbyte::Error::Busy { .. } | airbyte::Error::Interrupted(_)) => {
                    return self.running(connection, None).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        let start = JobStart {
            connection_id: connection,
            // The direct way is tried again by the run's own rules; Airbyte has its own.
            attempts: (self.route == Route::Direct).then_some(1),
            runtime: self.way.runtime,
            // An Airbyte elsewhere knows no such wish.
            debug: self.work.debug,
            in_haste: self.as_it_is().await?.started_by != SCHEDULE,
        };
        match self.way.client.server() {
            Server::Platform => self.start_elsewhere(&start).await,
            Server::Engine => self.ask(&start, None).await,
        }
    }

    /// An answer that is lost may have been a job: it is known by what was there before, which is written down first. So it
    /// is found by whoever goes on with this run, or ends it.
    async fn start_elsewhere(&self, start: &JobStart) -> Result<i64, Error> {
        let newest = self.newest(start.connection_id).await?;
        let newest = newest.map_or(0, |job| job.job_id);
        let before = self.asked_after().await?.unwrap_or(newest);
        if newest > before {
            return self.unless_left(newest, Some(before)).await;
        }
        self.note_asked(before).await?;
        self.ask(start, Some(before)).await
    }

    async fn ask(&self, start: &JobStart, before: Option<i64>) -> Result<i64, Error> {
        let connection = start.connection_id;
        match self.begun(start).await {
            Ok(started) => Ok(started.job_id),
            // Started before and not noted, or by somebody at the engine itself: that one is followed.
            Err(airbyte::Error::Busy { .. }) => self.running(connection, before).await,
            Err(error) if is_lost(&error) => {
                let newest = self.newest(connection).await?;
                match newest.filter(|job| self.is_ours(job, before)) {
                    Some(job) => self.unless_left(job.job_id, before).await,
                    None => Err(error.into()),
                }
            }
            Err(error) => {
                if before.is_some() && began_nothing(&error) {
                    self.forget_asked().await?;
                }
                Err(error.into())
            }
        }
    }

    /// What was there before this try asked for its job, if it has.
    async fn asked_after(&self) -> Result<Option<i64>, Error> {
        let mut tx = self.hub.store().tenant(self.tenant).await?;
        let asked = asked::find(&mut tx, self.tenant, self.work.id).await?;
        tx.commit().await?;
        let ours = asked.filter(|asked| asked.n == self.step.n);
        Ok(ours.map(|asked| asked.after))
    }

    async fn note_asked(&self, after: i64) -> Result<(), Error> {
        let asked = Asked {
            n: self.step.n,
            after,
            at: self.hub.clock().now(),
        };
        let mut tx = self.hub.store().tenant(self.tenant).await?;
        self.job.hold(&mut tx).await?;
        asked::note(&mut tx, self.tenant, self.work.id, asked).await?;
        Ok(tx.commit().await?)
    }

    async fn forget_asked(&self) -> Result<(), Error> {
        let mut tx = self.hub.store().tenant(self.tenant).await?;
        self.job.hold(&mut tx).await?;
        asked::forget(&mut tx, self.tenant, self.work.id, self.step.n).await?;
        Ok(tx.commit().await?)
    }

    /// An Airbyte switches a connection off by itself whose source has changed too much, and starts no job of it then: it
    /// is switched on again, once.
    async fn begun(&self, start: &JobStart) -> Result<JobResponse, airbyte::Error> {
        let client = self.way.client;
        match client.start_job_as(start).await {
            Err(airbyte::Error::Conflict { .. }) if client.server() == Server::Platform => {
                let on = ConnectionPatch {
                    status: Some(ConnectionStatus::Active),
                    ..ConnectionPatch::default()
                };
                client.update_connection(start.connection_id, &on).await?;
                client.start_job_as(start).await
            }
            other => other,
        }
    }

    async fn newest(&self, connection: Uuid) -> Result<Option<JobResponse>, Error> {
        let newest = self.way.client.jobs(&syncs_of(connection), 1).await?;
        Ok(newest.into_iter().next())
    }

    /// One that runs, or that came and ended between the question and its answer.
    fn is_ours(&self, job: &JobResponse, before: Option<i64>) -> bool {
        let is_new = Some(job.job_id) > before && self.way.client.server() == Server::Platform;
        is_new || !job.status.is_over()
    }

    async fn running(&self, connection: Uuid, before: Option<i64>) -> Result<i64, Error> {
        let jobs = self.way.client.jobs(&syncs_of(connection), LATEST).await?;
        match jobs.into_iter().find(|job| self.is_ours(job, before)) {
            Some(job) => self.unless_left(job.job_id, before).await,
            None => Err(Error::Upstream(
                "The engine says that a job runs, but lists none.".to_owned(),
            )),
        }
    }

    /// A job that a stopped run left has to end first: followed, it would end this run as well.
    async fn unless_left(&self, job: i64, before: Option<i64>) -> Result<i64, Error> {
        let (tenant, connection) = (self.tenant, self.work.connection);
        let mut tx = self.hub.store().tenant(tenant).await?;
        let is_left = runs::is_left(&mut tx, tenant, connection, job).await?;
        // One that was there before this run asked for its own: whether it is left is being found out.
        let may_be_left =
            before >= Some(job) && asked::may_be_left(&mut tx, tenant, connection, job).await?;
        tx.commit().await?;
        if is_left {
            self.stop(job).await?;
        }
        if is_left || may_be_left {
            return Err(Error::Upstream(
                "The run that was stopped before this one has yet to end at Airbyte.".to_owned(),
            ));
        }
        Ok(job)
    }
}

/// The syncs of a connection, of which the newest are asked for.
pub(super) fn syncs_of(connection: Uuid) -> JobFilter {
    JobFilter {
        connection_id: Some(connection),
        job_type: Some(JobType::Sync),
        ..JobFilter::default()
    }
}

/// Nobody knows whether it was done.
fn is_lost(error: &airbyte::Error) -> bool {
    match error {
        airbyte::Error::Interrupted(_) => true,
        airbyte::Error::Upstream { status, .. } => matches!(status, 408 | 502 | 503 | 504),
        _ => false,
    }
}

/// It was refused, or never sent.
fn began_nothing(error: &airbyte::Error) -> bool {
    use airbyte::Error::{
        Conflict, Credentials, Forbidden, Invalid, NotFound, RateLimited, Resting, Unreachable,
        Unsupported,
    };
    matches!(
        error,
        Conflict { .. }
            | Credentials { .. }
            | Forbidden { .. }
            | Invalid { .. }
            | NotFound { .. }
            | RateLimited { .. }
            | Resting { .. }
            | Unreachable(_)
            | Unsupported { .. }
    )
}
