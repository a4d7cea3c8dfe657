//! Begins the engine's job of a try, or finds the one that was begun before somebody lost the answer.

use airbyte::{
    Server,
    api::{ConnectionPatch, ConnectionStatus, JobFilter, JobResponse, JobType},
    extension::JobStart,
};
use model::Route;
use store::runs;
use uuid::Uuid;

use super::attempt::Try;
use crate::Error;

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
        };
        // An answer that is lost may have been a job: it is known by what was there before.
        let before = match self.way.client.server() {
            Server::Platform => self.newest(connection).await?.map(|job| job.job_id),
            Server::Engine => None,
        };
        match self.begun(&start).await {
            Ok(started) => Ok(started.job_id),
            // Started before and not noted, or by somebody at the engine itself: that one is followed.
            Err(airbyte::Error::Busy { .. }) => self.running(connection, before).await,
            Err(error) if is_lost(&error) => {
                let newest = self.newest(connection).await?;
                match newest.filter(|job| self.is_ours(job, before)) {
                    Some(job) => self.unless_left(job.job_id).await,
                    None => Err(error.into()),
                }
            }
            Err(error) => Err(error.into()),
        }
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
        let filter = JobFilter {
            connection_id: Some(connection),
            job_type: Some(JobType::Sync),
            ..JobFilter::default()
        };
        Ok(self.way.client.jobs(&filter, 1).await?.into_iter().next())
    }

    /// One that runs, or that came and ended between the question and its answer.
    fn is_ours(&self, job: &JobResponse, before: Option<i64>) -> bool {
        let is_new = Some(job.job_id) > before && self.way.client.server() == Server::Platform;
        is_new || !job.status.is_over()
    }

    async fn running(&self, connection: Uuid, before: Option<i64>) -> Result<i64, Error> {
        let filter = JobFilter {
            connection_id: Some(connection),
            job_type: Some(JobType::Sync),
            ..JobFilter::default()
        };
        let jobs = self.way.client.jobs(&filter, 5).await?;
        match jobs.into_iter().find(|job| self.is_ours(job, before)) {
            Some(job) => self.unless_left(job.job_id).await,
            None => Err(Error::Upstream(
                "The engine says that a job runs, but lists none.".to_owned(),
            )),
        }
    }

    /// A job that a stopped run left has to end first: followed, it would end this run as well.
    async fn unless_left(&self, job: i64) -> Result<i64, Error> {
        let mut tx = self.hub.store().tenant(self.tenant).await?;
        let is_left = runs::is_left(&mut tx, self.tenant, self.work.connection, job).await?;
        tx.commit().await?;
        if !is_left {
            return Ok(job);
        }
        self.stop(job).await?;
        Err(Error::Upstream(
            "The run that was stopped before this one has yet to end at Airbyte.".to_owned(),
        ))
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
