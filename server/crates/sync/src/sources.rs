//! Sources that run inside this process.

mod asked;
pub mod file;
mod gone;
mod key;
mod lines;
pub mod mongodb;
pub mod mysql;
pub mod postgres;
pub(crate) mod progress;
mod reach;
mod record;
mod tls;
