//! Flows of the hub with real databases and the real engine: from a form to rows to a bundle.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod accounts;
mod apps;
mod cache;
mod connecting;
mod consent;
mod endings;
mod moved;
mod names;
mod organisations;
mod pending;
mod people;
mod plain_letters;
mod provider;
mod renewal;
mod resting;
mod running;
mod shared;
mod signed;
mod tenancy;
mod wall;
mod whose;
mod world;
