//! A PostgreSQL of our own for machines where none is configured.
//!
//! `binaries` finds an installed server that is safe to use, `account` finds somebody to run it as when we are root,
//! `cluster` makes, starts, adopts and stops it,
//! `passwords` keeps its logins.

mod account;
mod binaries;
mod cluster;
mod passwords;

pub use cluster::{Cluster, Ownership};
pub use passwords::Passwords;
