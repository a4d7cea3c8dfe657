//! What an Airbyte lacks, served by the embedded engine under `/x`: check before create, typed discovery, samples, giving
//! back what was granted, and jobs with their failures, streams and logs.

mod check;
mod definition;
mod fault;
mod give_back;
mod job;
mod rehearsal;
mod sample;

pub use check::{CheckLine, CheckRequest, CheckResult, CheckStep, StepState};
pub use definition::{
    Definition, DiscoverLine, DiscoverRequest, DiscoverResponse, Preparing, Runtime, Spec,
    SpecAnswer,
};
pub use fault::{Fault, FaultKind};
pub use give_back::{Became, GiveBack, GivenBack};
pub use job::{JobDetail, JobFailure, JobLogs, JobRuntime, JobStart, JobStream, LogEntry};
pub use rehearsal::{RehearsalTried, RehearsalTry, Trouble};
pub use sample::{SampleLine, SampleRequest, StreamSample};
