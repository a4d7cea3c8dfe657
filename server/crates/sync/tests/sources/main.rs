//! The built-in sources against a real PostgreSQL, a real MariaDB, real files, and stand-ins for MongoDB.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod broken_csv;
mod bucket;
mod database;
mod detail;
mod encodings;
mod exact_values;
mod file;
mod gone;
mod harness;
mod large;
mod loading;
mod login;
mod mongodb;
mod mysql;
mod nulls;
mod odd_values;
mod packed;
mod pooled;
mod pooler;
mod postgres;
mod redirects;
mod replaced;
mod server;
mod versions;
mod web;
mod workbooks;
mod wrong_files;
