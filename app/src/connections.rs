//! Connections: the form that makes one, its test, its rows, and its page.

pub mod api;
#[cfg(feature = "ssr")]
mod choices;
mod connect;
#[cfg(feature = "ssr")]
pub mod consent;
mod edit;
#[cfg(feature = "ssr")]
pub mod forms;
mod given;
mod list;
mod outcome;
mod page;
#[cfg(feature = "ssr")]
pub mod post;
mod remove;
pub mod rows;
mod schedule;
mod sign_in;
mod tab_overview;
mod tab_runs;
mod tab_settings;
mod tab_tables;
mod test;
mod typed;
mod waiting;

pub use connect::{ConnectPage, Purpose, asked, body};
pub use edit::EditPage;
pub use given::ConnectForm;
pub use list::ListPage;
pub use page::ConnectionPage;
pub use remove::RemovePage;
pub use rows::RowsPage;
pub use test::{TestPage, checks, said_by_the_connector};
