//! Signing in at providers: registered clients, people on their way, and what was granted.

pub mod clients;
pub mod flows;
pub mod grants;
