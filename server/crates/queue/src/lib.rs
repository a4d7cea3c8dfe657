//! Durable jobs on PostgreSQL: enqueue in the caller's transaction, claim with a lease, fence, retry, give up.
//!
//! At least once: a job may run again after a crash, so handlers are idempotent. What a job means is not known here;
//! payloads hold ids only, never a secret. All times are the database's clock.

mod begin;
mod claim;
mod enqueue;
mod error;
mod job;
mod lease;
mod schedule;
mod watch;
mod worker;

pub use begin::begin;
pub use enqueue::{Cancelled, cancel, cancel_others, enqueue};
pub use error::{Error, JobError, is_passing};
pub use job::{JobContext, JobId, NewJob};
pub use lease::hold;
pub use watch::{DeadJob, Depth, dead, depth, forget_over, requeue};
pub use worker::{Worker, WorkerOptions};
