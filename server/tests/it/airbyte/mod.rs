//! Airbyte on both sides: its own client on our engine, and our hub on an Airbyte elsewhere.

mod beside;
mod client;
mod credentials;
mod described;
mod described_sign_in;
mod elsewhere;
mod faults;
mod given;
mod issuer;
mod left;
mod manners;
mod ours;
mod outage;
mod own;
mod pier;
mod prism;
mod provider;
mod proxy;
mod python;
mod remote;
mod remote_jobs;
mod renewal;
mod scene;
mod set_up;
mod sign_in;
mod signed_sources;
mod standin;
mod turns;
mod wider;
mod workspaces;

pub use issuer::Issuer;
pub use provider::{CLIENT, Provider};
pub use scene::back_to_a_test;
pub use sign_in::{hop, link};
