//! A real hub for a test: the built binary, its own data folder and embedded PostgreSQL, driven from outside.

mod data;
mod program;
mod rest;
mod source;

pub use program::{Hub, Setting};
pub use rest::{Api, eventually};
pub use source::SourceDatabase;
