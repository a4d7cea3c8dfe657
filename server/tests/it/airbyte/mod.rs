//! Airbyte on both sides: its own client on our engine, and our hub on an Airbyte elsewhere.

mod client;
mod provider;
mod remote;
mod sign_in;
mod standin;
