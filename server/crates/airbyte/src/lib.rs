//! Airbyte's words: protocol messages, the public API's types, and a client for that API.
//!
//! Knows nothing of tenants or of any product: what stands here is what Airbyte publishes, plus the few calls an
//! Airbyte lacks ([`extension`]).

pub mod api;
mod base;
mod client;
pub mod config;
mod error;
pub mod extension;
pub mod protocol;
mod tokens;

pub use base::BaseUrl;
pub use client::{
    Auth, Cache, Capabilities, Client, Health, Held, Lines, Listed, OAuthOwner, Places, Server,
    SignIn, Taking, Waits,
};
pub use config::SourceDefinition;
pub use error::Error;
pub use tokens::holds_refresh_token;
