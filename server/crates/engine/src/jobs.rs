//! Jobs: one sync or reset of a connection, carried out by the queue's worker.
//!
//! A job has attempts. Inside one turn of the queue up to three attempts are made when faults are transient; a crash of
//! the process ends the turn, and the next one goes on from the states the destination has committed.

mod attempt;
mod due;
mod end;
mod journal;
mod plan;
mod relay;
mod run;
mod start;
mod tally;
mod transfer;

use crate::{Engine, schedule};

pub use start::{Order, Pace, reopen, start};

/// The queue's name for all of them.
pub const SYNC_JOB: &str = "engine.sync";

/// Lets this worker run the engine's jobs.
pub fn register(engine: &Engine, worker: &mut queue::Worker) {
    let running = engine.clone();
    worker.register(SYNC_JOB, move |job| {
        let engine = running.clone();
        async move { run::run(&engine, &job).await }
    });
    let due = engine.clone();
    worker.register(due::JOB, move |job| {
        let engine = due.clone();
        async move { due::run(&engine, &job).await }
    });
    worker.every(due::JOB, schedule::LOOK);
    let ending = engine.clone();
    worker.on_giving_up(SYNC_JOB, move |job| {
        let engine = ending.clone();
        async move { run::give_up(&engine, &job).await }
    });
}
