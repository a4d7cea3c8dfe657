//! What happened in the workspace: its runs, and who changed what.

pub mod api;
mod changes;
mod page;
mod runs;

pub use changes::{Codes, audit_table};
pub use page::ActivityPage;
pub use runs::{Open, runs_table};
