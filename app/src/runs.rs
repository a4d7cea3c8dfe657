//! A run: one sync of a connection, followed while it goes on and accounted for afterwards.

pub mod api;
mod clock;
mod facts;
mod head;
mod log;
mod page;
mod phases;
mod receipts;
mod tail;
mod words;

pub use clock::between;
pub use page::RunPage;
pub use words::{fallback_words, row_way_words};
