//! What is a person's own: profile, look, password, signed-in browsers, and the workspace's API keys.

pub mod api;
mod frame;
mod keys;
mod new_key;
#[cfg(feature = "ssr")]
pub mod post;
mod profile;
mod revoke_key;
mod scopes;
mod security;
mod sessions;

pub use frame::{Frame, Tab};
pub use keys::KeysPage;
pub use new_key::NewKeyPage;
pub use profile::ProfilePage;
pub use revoke_key::RevokeKeyPage;
pub use security::SecurityPage;
