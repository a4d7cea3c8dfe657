//! A real hub for a test: the built binary, its own data folder and embedded PostgreSQL, driven from outside.

mod beside;
mod bundle;
mod data;
mod front;
mod person;
mod program;
mod rest;
mod served;
mod source;

pub use bundle::{bundle, read as read_bundle};
pub use front::Front;
pub use person::{Answer, Person};
pub use program::{Hub, Setting};
pub use rest::{Api, client, eventually, text};
pub use served::serve;
pub use source::SourceDatabase;
