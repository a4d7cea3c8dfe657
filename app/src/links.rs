//! Sending a form to somebody else: making the link, and the pages of whoever opens it.

pub mod api;
mod given;
#[cfg(feature = "ssr")]
pub mod post;
mod send;
mod visit;

pub use send::{SendExistingPage, SendNewPage};
pub use visit::LinkPage;
