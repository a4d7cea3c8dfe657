//! Connections: submitting and changing them, drafts, lists and pages, pausing, removing.

mod changes;
mod drafts;
mod kept;
mod remove;
pub(crate) mod sealed;
mod start;
pub mod state;
mod submit;
mod views;

pub use changes::{pause, rename, resume};
pub(crate) use drafts::{Described, draft_described};
pub use drafts::{keep_tried, save_draft};
pub(crate) use remove::{REMOVE, removal, run_removal};
pub use remove::{RemovalPlan, removal_plan, remove};
pub(crate) use start::{Candidate, start as start_test};
pub use submit::{Input, Target, submit};
pub(crate) use submit::{LONGEST_NAME, check_name, submit_granted, submit_signed_in};
pub use views::{Filter, find, get, list};
pub(crate) use views::{connected, row};
