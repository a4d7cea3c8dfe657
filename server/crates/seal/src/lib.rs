//! Sealing of secrets: the key ring in its file, authenticated encryption bound to a place, keyed hashes and tokens.
//!
//! Knows bytes and keys only: which tenant, table or row a secret belongs to comes in as associated data.

mod error;
mod key;
mod ring;
mod sealer;
pub mod token;

pub use error::{Error, RingError};
pub use key::Key;
pub use ring::KeyRing;
pub use sealer::{Sealer, key_version, open, seal};

/// The unwrapped data keys of one tenant, every version that is still readable.
pub type TenantKey = Sealer;
