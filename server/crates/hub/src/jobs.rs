//! The jobs of connections, tests, samples, runs and webhooks: which handler runs which kind, and the regular clean-up.
//!
//! Most wait for the engine, so their workers can have many at once. Runs have one of their own, and so have questions to
//! connectors: many long ones would hold every place, and events and schedules wait for nobody's run or test. The engine's
//! own jobs belong to another worker yet, or waiting runs would keep the work they wait for from starting.

use std::time::Duration;

use queue::{JobContext, JobError, Worker};
use serde::de::DeserializeOwned;

use crate::{Error, Hub, connections, rehearsal, runs, samples, schedules, sweep, tests, webhooks};

/// How often leftovers are cleared away.
const SWEEP: Duration = Duration::from_mins(5);

/// Hands handlers to a worker: by kind, those of jobs, or of giving them up.
macro_rules! hand {
    ($hub:ident, $worker:ident.$register:ident: $($kind:expr => $handler:path;)*) => {$({
        let hub = $hub.clone();
        $worker.$register($kind, move |job: JobContext| {
            let hub = hub.clone();
            async move { $handler(&hub, &job).await }
        });
    })*};
}

/// Those that last as long as their work elsewhere does, hours perhaps.
pub(crate) fn register_runs(hub: &Hub, worker: &mut Worker) {
    hand! { hub, worker.register:
        runs::JOB => runs::run;
        runs::left::JOB => runs::left::run;
    }
    hand! { hub, worker.on_giving_up:
        runs::JOB => runs::give_up;
    }
}

/// Those that ask a connector something while somebody watches: minutes, as a rule.
pub(crate) fn register_questions(hub: &Hub, worker: &mut Worker) {
    hand! { hub, worker.register:
        tests::JOB => tests::run;
        samples::JOB => samples::run;
        rehearsal::JOB => rehearsal::run;
    }
    hand! { hub, worker.on_giving_up:
        tests::JOB => tests::give_up;
        samples::JOB => samples::give_up;
        rehearsal::JOB => rehearsal::give_up;
    }
}

/// Those that others wait for.
pub(crate) fn register(hub: &Hub, worker: &mut Worker) {
    hand! { hub, worker.register:
        connections::REMOVE => connections::run_removal;
        webhooks::JOB => webhooks::run;
        schedules::JOB => schedules::run;
        sweep::JOB => sweep::run;
    }
    hand! { hub, worker.on_giving_up:
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
