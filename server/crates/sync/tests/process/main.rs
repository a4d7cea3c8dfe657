//! Connector programs that misbehave in every way the protocol allows, and a sandbox that holds them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod containment;
mod harness;
mod misbehaviour;
mod questions;
