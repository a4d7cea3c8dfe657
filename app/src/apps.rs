//! Apps: programs that read the workspace's tables, each with a login and a file of settings of its own.

pub mod api;
mod bundle;
mod list;
mod login;
mod new;
mod page;
#[cfg(feature = "ssr")]
pub mod post;
mod revoke;
mod rotate;
mod tables;
mod usage;

pub use list::ListPage;
pub use new::NewPage;
pub use page::AppPage;
pub use revoke::RevokePage;
pub use rotate::RotatePage;
