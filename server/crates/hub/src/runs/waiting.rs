//! Waiting in the middle of a try, as long as no person stops its run.

use std::time::{Duration, Instant};

use model::RunState;
use store::runs;

use super::attempt::{EVERY_REMOTE, LOOK, Try};
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
            if self.state().await? == RunState::Cancelling {
                return Ok(false);
            }
        }
    }

    pub(super) async fn state(&self) -> Result<RunState, Error> {
        let mut tx = self.hub.store().tenant(self.tenant).await?;
        let work = runs::work(&mut tx, self.tenant, self.work.id).await?;
        tx.commit().await?;
        Ok(work.state)
    }
}
