//! Integration YAML: what its documents become, run against a service on this machine, and what is said of mistakes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod airbyte;
mod authentication;
mod harness;
mod mistakes;
mod odata;
mod other_mistakes;
mod paging;
mod reading;
mod searches;
mod session;
mod session_mistakes;
mod templates;
