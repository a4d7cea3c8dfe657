//! Jobs: start, look, stop.

use reqwest::Method;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::Client;
use crate::Error;
use crate::api::{JobCreate, JobFilter, JobResponse, JobStatus, JobType, Page};

impl Client {
    /// Starts a job. `Busy` means one runs already; after an `Interrupted`, list before starting again.
    pub async fn start_job(
        &self,
        connection: Uuid,
        job_type: JobType,
    ) -> Result<JobResponse, Error> {
        let body = JobCreate {
            connection_id: connection,
            job_type,
        };
        self.ask(&self.call(Method::POST, ["jobs"]).json(&body)?, "job")
            .await
    }

    pub async fn job(&self, id: i64) -> Result<JobResponse, Error> {
        self.ask(&self.call(Method::GET, ["jobs", &id.to_string()]), "job")
            .await
    }

    /// The latest jobs, newest first, at most 100.
    pub async fn jobs(&self, filter: &JobFilter, limit: usize) -> Result<Vec<JobResponse>, Error> {
        let mut query = vec![("orderBy", "createdAt|DESC".to_owned())];
        query.extend(
            filter
                .connection_id
                .map(|id| ("connectionId", id.to_string())),
        );
        query.extend(
            filter
                .workspace_id
                .map(|id| ("workspaceIds", id.to_string())),
        );
        query.extend(
            filter
                .status
                .map(|status| ("status", status.name().to_owned())),
        );
        query.extend(
            filter
                .job_type
                .map(|kind| ("jobType", kind.name().to_owned())),
        );
        for (name, at) in [
            ("createdAtStart", filter.created_from),
            ("createdAtEnd", filter.created_until),
            ("updatedAtStart", filter.updated_from),
            ("updatedAtEnd", filter.updated_until),
        ] {
            let Some(at) = at else { continue };
            let at = at
                .format(&Rfc3339)
                .map_err(|_| Error::invalid("A time is too far away to be written."))?;
            query.push((name, at));
        }
        let page = self.page("jobs", &query, 0, limit.clamp(1, 100)).await;
        match filter.status {
            Some(status) => known(status, page),
            None => Ok(page?.data),
        }
    }

    /// Stops a job. `Conflict` means it was over already.
    pub async fn cancel_job(&self, id: i64) -> Result<JobResponse, Error> {
        self.ask(&self.call(Method::DELETE, ["jobs", &id.to_string()]), "job")
            .await
    }
}

/// The jobs of one status. Older servers do not know that jobs can be queued, and so have none.
pub(super) fn known(
    status: JobStatus,
    page: Result<Page<JobResponse>, Error>,
) -> Result<Vec<JobResponse>, Error> {
    match page {
        Err(Error::Invalid { .. }) if status == JobStatus::Queued => Ok(Vec::new()),
        page => Ok(page?.data),
    }
}
