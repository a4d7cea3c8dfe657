//! The engine from outside: real PostgreSQL, HTTP on a bound port, connectors as programs in the sandbox.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod crowd;
mod faker;
mod faults;
mod harness;
mod jobs;
mod lifecycle;
mod own;
mod programs;
mod quirks;
mod wall;
