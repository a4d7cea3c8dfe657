//! Connector programs that misbehave in every way the protocol allows, and a sandbox that holds them.

mod containment;
mod harness;
mod misbehaviour;
mod questions;
