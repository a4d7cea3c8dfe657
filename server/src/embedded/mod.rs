//! A PostgreSQL of our own for machines where none is configured.
//!
//! `binaries` finds an installed server that is safe to use, `account` finds somebody to run it as when we are root,
//! `cluster` makes, starts, joins and leaves it, `turns` lets several processes share it, `keeper` starts it again when
//! it ends, `passwords` keeps its logins.

mod account;
mod binaries;
mod cluster;
mod keeper;
mod passwords;
mod turns;

pub use cluster::Cluster;
pub use keeper::Keeper;
pub use passwords::Passwords;
