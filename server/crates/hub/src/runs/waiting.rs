//! Waiting in the middle of a try, as long as no person stops its run.

use std::time::{Duration, Instant};

use model::{Rule, RunState};
use store::runs::{self, Work};

use super::{
    SCHEDULE,
    attempt::{EVERY_REMOTE, LOOK, Try},
};
use crate::Error;

impl Try<'_> {
    /// Shorter where a person stops the run.
    pub(super) async fn pause(&self, pause: Duration) -> Result<(), Error> {
        let begun = Instant::now();
        loop {
            tokio::time::sleep(EVERY_REMOTE.min(pause)).await;
            let state = self.state().await?;
            if begun.elapsed() >= pause || state.is_over() || state == RunState::Cancelling {
                return Ok(());
            }
        }
    }

    /// `false`: the run was stopped meanwhile.
    pub(super) async fn wait(&self) -> Result<bool, Error> {
        let Some(until) = self
            .step
            .not_before
            .filter(|_| self.step.engine_job.is_none())
        else {
            return Ok(true);
        };
        loop {
            let left = until - self.hub.clock().now();
            let Ok(left) = Duration::try_from(left) else {
                return Ok(true);
            };
            tokio::time::sleep(left.min(LOOK)).await;
            let work = self.as_it_is().await?;
            if work.state == RunState::Cancelling {
                return Ok(false);
            }
            // Only what starts by itself keeps out of the source's way.
            if self.step.rule == Rule::AfterRest && work.started_by != SCHEDULE {
                return Ok(true);
            }
        }
    }

    pub(super) async fn state(&self) -> Result<RunState, Error> {
        Ok(self.as_it_is().await?.state)
    }

    /// The run, which people may have changed since the try began.
    pub(super) async fn as_it_is(&self) -> Result<Work, Error> {
        let mut tx = self.hub.store().tenant(self.tenant).await?;
        let work = runs::work(&mut tx, self.tenant, self.work.id).await?;
        tx.commit().await?;
        Ok(work)
    }
}
