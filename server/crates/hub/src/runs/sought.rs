//! The job of a run that was stopped before anybody knew it: looked for among those of its connection at an Airbyte
//! elsewhere, of which one runs at a time.

use std::time::Duration;

use airbyte::api::JobResponse;
use model::{RunId, TenantId};
use store::{
    connections,
    decisions::{
        self,
        asked::{self, Asked, Whose},
    },
    runs,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::start::syncs_of;
use crate::{Error, Hub};

/// What was asked for may begin so long after anybody waited for the answer …
const ON_ITS_WAY: Duration = Duration::from_mins(3);
/// … and the clocks of both sides differ by no more than this.
const CLOCKS: Duration = Duration::from_mins(5);
/// Jobs that are looked at.
const LATEST: usize = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sought {
    Job(i64),
    /// None began, or it is another run's by now.
    Nothing,
    /// It may yet begin, or become known as another run's.
    NotYet,
}

/// Looks once, and writes down what it came to.
pub(super) async fn seek(hub: &Hub, tenant: TenantId, run: RunId) -> Result<Sought, Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let work = runs::work(&mut tx, tenant, run).await?;
    let asked = asked::find(&mut tx, tenant, run).await?;
    let connection = connections::get(&mut tx, tenant, work.connection).await?;
    let steps = decisions::list(&mut tx, tenant, run).await?;
    tx.commit().await?;
    let known = steps.last().and_then(|step| step.engine_job);
    if let (None, Some(job)) = (asked, known) {
        // Found before, and not cancelled then.
        return Ok(Sought::Job(job));
    }
    let Some((asked, at)) = asked.zip(connection.engine_connection) else {
        return Ok(Sought::Nothing);
    };
    // First what there is, then whose it is: what another run asks for from now on is not among these.
    let jobs = match hub.airbyte().jobs(&syncs_of(at), LATEST).await {
        Err(airbyte::Error::NotFound { .. }) => Vec::new(),
        other => other?,
    };
    let mut tx = hub.store().tenant(tenant).await?;
    let sought = match came_of(asked, &jobs) {
        None if hub.clock().now() - asked.at > ON_ITS_WAY => Sought::Nothing,
        None => Sought::NotYet,
        Some(job) => match asked::whose(&mut tx, tenant, work.connection, run, job).await? {
            Whose::Nobodys => Sought::Job(job),
            Whose::Anothers => Sought::Nothing,
            Whose::Unknown => Sought::NotYet,
        },
    };
    match sought {
        // From here on the next run knows it for what it is.
        Sought::Job(job) => asked::found(&mut tx, tenant, run, asked.n, job).await?,
        Sought::Nothing => asked::forget(&mut tx, tenant, run, asked.n).await?,
        Sought::NotYet => {}
    }
    tx.commit().await?;
    Ok(sought)
}

/// The job that came of a question: newer than what was there before it, and not of much later.
fn came_of(asked: Asked, jobs: &[JobResponse]) -> Option<i64> {
    let latest = asked.at + ON_ITS_WAY + CLOCKS;
    let may_be = |job: &&JobResponse| {
        let began = OffsetDateTime::parse(&job.start_time, &Rfc3339);
        job.job_id > asked.after && began.is_ok_and(|began| began <= latest)
    };
    let goes_on = |job: &&JobResponse| !job.status.is_over();
    let all = || jobs.iter().filter(may_be);
    // The newest stands first. What was over before the next one could begin needs nobody to stop it.
    let found = all().find(goes_on).or_else(|| all().next_back());
    found.map(|job| job.job_id)
}

#[cfg(test)]
mod tests {
    use airbyte::api::{JobStatus, JobType};
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const ASKED: Asked = Asked {
        n: 1,
        after: 7,
        at: datetime!(2026-05-04 12:00:00 UTC),
    };

    fn job(job_id: i64, status: JobStatus, start_time: &str) -> JobResponse {
        JobResponse {
            job_id,
            status,
            job_type: JobType::Sync,
            start_time: start_time.to_owned(),
            connection_id: Uuid::nil(),
            last_updated_at: None,
            duration: None,
            bytes_synced: None,
            rows_synced: None,
        }
    }

    #[test]
    fn what_was_there_before_and_what_somebody_began_later_is_not_ours() {
        let running = |id, at| job(id, JobStatus::Running, at);
        let over = |id, at| job(id, JobStatus::Succeeded, at);
        let (before, soon, later) = (
            "2026-05-04T11:00:00Z",
            "2026-05-04T12:00:01Z",
            "2026-05-04T13:00:00Z",
        );
        for (jobs, found) in [
            (vec![], None),
            (vec![running(7, before)], None),
            (vec![running(8, soon), over(7, before)], Some(8)),
            (vec![running(8, later)], None),
            (vec![running(9, later), over(8, soon)], Some(8)),
            (vec![over(9, soon), running(8, soon)], Some(8)),
            (vec![over(9, soon), over(8, soon)], Some(8)),
            (vec![running(8, "")], None),
        ] {
            assert_eq!(came_of(ASKED, &jobs), found, "{jobs:?}");
        }
    }
}
