//! The ways to a connection's rows: which are open, how its runs choose, how often each one worked, and what other rules
//! would have come to.

mod api;
mod decisions;
mod rules;
mod tab;
mod what_if;

pub use decisions::decisions;
pub use tab::view as tab;
pub use what_if::WhatIfPage;
