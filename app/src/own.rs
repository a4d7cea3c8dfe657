//! Integrations that a workspace describes itself: the text or the form, what it becomes, its first rows, and into the
//! catalogue.

pub mod api;
mod done;
mod filling;
mod focus;
pub mod given;
mod page;
#[cfg(feature = "ssr")]
pub mod post;
mod read;
mod rows;
mod simple;

pub use done::Done;
pub use page::NewPage;
