//! What comes before a try can be watched: the engine is told what to move, and its job begins. A person may stop the run in
//! the middle of that.

use std::time::Duration;

use airbyte::extension::{Fault, FaultKind};
use model::{Route, RunState};
use store::{
    decisions::{self, asked},
    runs,
};

use super::{
    attempt::{LOOK, Try},
    left,
};
use crate::{
    Error, consent,
    engine::{self, Refusal, Way},
};

/// Whoever waits for less is not told of.
const SOON: Duration = Duration::from_secs(2);
/// What the person reads of a longer one.
const WAITS: &str = "Airbyte looks at one source after the other, and others are before this one. The run goes on by itself as soon as it is its turn.";

/// Whether there is a job to watch.
pub(super) enum Begun {
    Job(i64),
    /// A person stopped the run before there was one.
    Stopped,
    /// The same, where nobody knows yet whether there is one; the run is over.
    Left,
    Refused(Box<Fault>),
}

impl Try<'_> {
    /// The engine's job: known, found or started.
    pub(super) async fn begin(&self) -> Result<Begun, Error> {
        if let Some(known) = self.step.engine_job {
            return Ok(Begun::Job(known));
        }
        if self.state().await? == RunState::Cancelling {
            return self.stop_before().await;
        }
        let (hub, tenant, id) = (self.hub, self.tenant, self.work.connection);
        consent::fresh(hub, tenant, id).await?;
        let client = self.way.client.telling(&self.waits);
        let way = Way {
            client: &client,
            ..self.way
        };
        let pushed = tokio::select! {
            pushed = engine::push(hub, tenant, id, way) => pushed,
            stopped = self.stopped() => {
                stopped?;
                return self.stop_before().await;
            }
        };
        let connection = match pushed {
            Ok(connection) => connection,
            Err(refusal) => return self.refused(refusal),
        };
        let engine_job = tokio::select! {
            started = self.start(connection) => started?,
            // Whether it begins all the same is found out afterwards.
            stopped = self.stopped(), if self.is_remote() => {
                stopped?;
                return self.stop_before().await;
            }
        };
        self.note(engine_job).await?;
        Ok(Begun::Job(engine_job))
    }

    fn refused(&self, refusal: Refusal) -> Result<Begun, Error> {
        match refusal {
            Refusal::Other(error) => Err(error),
            // Airbyte is waited for; whether the direct way is tried again is for the run's rules.
            Refusal::Source(fault)
                if self.route == Route::Airbyte && engine::passes(fault.kind) =>
            {
                Err(airbyte::Error::Connector(fault).into())
            }
            Refusal::Source(fault) => Ok(Begun::Refused(fault)),
            // Whoever runs the hub must act: nobody waits for that.
            Refusal::Tables(why) => Ok(Begun::Refused(Box::new(unreached(why)))),
        }
    }

    async fn note(&self, engine_job: i64) -> Result<(), Error> {
        let (tenant, id, n) = (self.tenant, self.work.id, self.step.n);
        let now = self.hub.clock().now();
        let mut tx = self.hub.store().tenant(tenant).await?;
        self.job.hold(&mut tx).await?;
        runs::set_job(&mut tx, tenant, id, engine_job).await?;
        decisions::begin(&mut tx, tenant, id, n, engine_job, now).await?;
        Ok(tx.commit().await?)
    }

    /// Ends when a person has stopped the run; says meanwhile where it has to wait.
    async fn stopped(&self) -> Result<(), Error> {
        let mut told = false;
        while matches!(self.state().await?, RunState::Queued | RunState::Running) {
            let waits_long = self.waits.waited().is_some_and(|waited| waited > SOON);
            if waits_long != told {
                told = waits_long;
                self.tell(told.then_some(WAITS)).await?;
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// The end of a run that somebody stopped before its job was known.
    pub(super) async fn stop_before(&self) -> Result<Begun, Error> {
        let (tenant, id) = (self.tenant, self.work.id);
        let mut tx = self.hub.store().tenant(tenant).await?;
        self.job.hold(&mut tx).await?;
        if asked::find(&mut tx, tenant, id).await?.is_none() {
            return Ok(Begun::Stopped);
        }
        left::leave(self.hub, &mut tx, tenant, self.work, None).await?;
        tx.commit().await?;
        Ok(Begun::Left)
    }
}

fn unreached(message: String) -> Fault {
    Fault {
        kind: FaultKind::Unreachable,
        until: None,
        message,
        detail: None,
        field: None,
        stream: None,
    }
}
