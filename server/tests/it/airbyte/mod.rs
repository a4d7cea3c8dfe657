//! Airbyte on both sides: its own client on our engine, and our hub on an Airbyte elsewhere.

mod client;
mod described;
mod elsewhere;
mod faults;
mod issuer;
mod ours;
mod prism;
mod provider;
mod proxy;
mod python;
mod remote;
mod renewal;
mod sign_in;
mod standin;
mod workspaces;

pub use issuer::Issuer;
pub use provider::{CLIENT, Provider};
