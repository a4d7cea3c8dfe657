//! The engine's API as Airbyte's own tools meet it.

mod client;
