//! The built-in sources against a real PostgreSQL and real files.

mod database;
mod harness;
mod postgres;
