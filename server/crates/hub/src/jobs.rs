//! The jobs of connections, tests, samples, runs and webhooks: which handler runs which kind, and the regular clean-up.
//!
//! They wait for the engine most of the time, so their worker can have many at once; the engine's own jobs belong to
//! another worker, or waiting runs would keep the work they wait for from starting.

use std::time::Duration;

use queue::{JobContext, JobError, Worker};
use serde::de::DeserializeOwned;

use crate::{Error, Hub, connections, rehearsal, runs, samples, schedules, sweep, tests, webhooks};

/// How often leftovers are cleared away.
const SWEEP: Duration = Duration::from_mins(5);

/// Hands every handler to the worker.
pub(crate) fn register(hub: &Hub, worker: &mut Worker) {
    macro_rules! handlers {
        ($($kind:expr => $handler:path;)*) => {$({
            let hub = hub.clone();
            worker.register($kind, move |job: JobContext| {
                let hub = hub.clone();
                async move { $handler(&hub, &job).await }
            });
        })*};
    }
    handlers! {
        tests::JOB => tests::run;
        samples::JOB => samples::run;
        runs::JOB => runs::run;
        runs::left::JOB => runs::left::run;
        rehearsal::JOB => rehearsal::run;
        connections::REMOVE => connections::run_removal;
        webhooks::JOB => webhooks::run;
        schedules::JOB => schedules::run;
        sweep::JOB => sweep::run;
    }
    macro_rules! last_words {
        ($($kind:expr => $handler:path;)*) => {$({
            let hub = hub.clone();
            worker.on_giving_up($kind, move |job: JobContext| {
                let hub = hub.clone();
                async move { $handler(&hub, &job).await }
            });
        })*};
    }
    last_words! {
        tests::JOB => tests::give_up;
        samples::JOB => samples::give_up;
        runs::JOB => runs::give_up;
        rehearsal::JOB => rehearsal::give_up;
        webhooks::JOB => webhooks::give_up;
    }
    worker.every(schedules::JOB, schedules::LOOK);
    worker.every(sweep::JOB, SWEEP);
}

/// The ids in a job's payload.
pub(crate) fn payload<T: DeserializeOwned>(job: &JobContext) -> Result<T, JobError> {
    serde_json::from_value(job.payload.clone()).map_err(JobError::fail)
}

/// Failures of the control database pass; what is gone or was changed meanwhile needs no more work.
pub(crate) fn again(error: impl Into<Error>) -> JobError {
    match error.into() {
        error @ (Error::NotFound | Error::Denied { .. } | Error::Invalid(_)) => {
            JobError::fail(error)
        }
        error => JobError::retry(error),
    }
}
