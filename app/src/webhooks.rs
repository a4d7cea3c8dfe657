//! Events that a tool sends by itself: where they come in, how they are signed, and how that goes.

pub mod api;
mod given;
mod off;
mod page;
mod panel;
#[cfg(feature = "ssr")]
pub mod post;

pub use off::OffPage;
pub use page::EventsPage;
pub use panel::panel;
