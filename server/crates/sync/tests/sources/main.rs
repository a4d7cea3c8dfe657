//! The built-in sources against a real PostgreSQL and real files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod database;
mod file;
mod harness;
mod login;
mod postgres;
mod server;
mod web;
