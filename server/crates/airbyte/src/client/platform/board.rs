//! Who waits for jobs asks here: one list of the deployment's active jobs serves all, however many wait.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use tokio::sync::Mutex;

use crate::{
    Client, Error,
    api::{JobResponse, JobStatus},
    client::jobs::known,
};

/// How old the list may be.
const FRESH: Duration = Duration::from_secs(4);
/// Jobs of one page, the most Airbyte gives.
const PAGE: usize = 100;
/// More pages than this and each job is asked for by itself.
const MOST_PAGES: usize = 50;

/// The list as it was last read.
#[derive(Default)]
pub(in crate::client) struct Board(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    at: Option<Instant>,
    active: HashMap<i64, JobResponse>,
}

impl Client {
    /// How a job is, at most some seconds ago. One that is no longer active is asked for by itself.
    pub async fn seen_job(&self, id: i64) -> Result<JobResponse, Error> {
        let known = {
            // Held while the list is read: everybody else waits for that one answer.
            let mut seen = self.shared.board.0.lock().await;
            if seen.at.is_none_or(|at| at.elapsed() >= FRESH) {
                seen.active = self.active_jobs().await?;
                seen.at = Some(Instant::now());
            }
            seen.active.get(&id).cloned()
        };
        match known {
            Some(job) => Ok(job),
            None => self.job(id).await,
        }
    }

    async fn active_jobs(&self) -> Result<HashMap<i64, JobResponse>, Error> {
        let mut active = HashMap::new();
        for status in [
            JobStatus::Running,
            JobStatus::Pending,
            JobStatus::Queued,
            JobStatus::Incomplete,
        ] {
            let query = [
                ("status", status.name().to_owned()),
                ("orderBy", "createdAt|DESC".to_owned()),
            ];
            for page in 0..MOST_PAGES {
                let found = self.page("jobs", &query, page * PAGE, PAGE).await;
                let found = known(status, found)?;
                let is_last = found.len() < PAGE;
                active.extend(found.into_iter().map(|job| (job.job_id, job)));
                if is_last {
                    break;
                }
            }
        }
        Ok(active)
    }
}
