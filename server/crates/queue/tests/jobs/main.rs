//! What the queue promises, on a real PostgreSQL: nothing lost, nothing done by two at once, nothing forever.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod beginnings;
mod leases;
mod turns;
mod world;
