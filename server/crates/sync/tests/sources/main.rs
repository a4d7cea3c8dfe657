//! The built-in sources against a real PostgreSQL and real files.

mod database;
mod file;
mod harness;
mod login;
mod postgres;
mod server;
mod web;
