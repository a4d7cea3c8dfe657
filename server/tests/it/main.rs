//! The product through its front door, and the shape of the workspace.

mod airbyte;
mod api;
mod architecture;
mod harness;
mod journeys;
