//! Moving records: connectors that speak the Airbyte protocol on one side, the PostgreSQL loader on the other.
//!
//! Knows nothing of tenants, users or a control database: a run is given its folder, its limits and its target.

mod clock;
pub mod connector;
pub mod cron;
pub mod declarative;
pub mod fault;
pub mod integration;
mod letters;
pub mod load;
pub mod message;
pub mod outbound;
pub mod process;
pub mod receipt;
pub mod sample;
pub mod sources;
pub mod vendors;
mod yaml;
