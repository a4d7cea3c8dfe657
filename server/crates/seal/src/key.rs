//! One symmetric key: random, wiped when dropped, never printed.

use hkdf::Hkdf;
use rand::{TryRng, rngs::SysRng};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::RingError;

/// 256 secret bits.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// A new key from the operating system's randomness.
    pub fn random() -> Result<Self, RingError> {
        let mut bytes = Zeroizing::new([0; 32]);
        SysRng
            .try_fill_bytes(bytes.as_mut_slice())
            .map_err(|_| RingError::Random)?;
        Ok(Self(bytes))
    }

    /// A key from what [`Key::bytes`] gave; `None` when the length is wrong.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    /// The bytes, for wrapping them under another key.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Another key for one purpose; knowing it tells nothing about this one.
    pub(crate) fn derive(&self, purpose: &str) -> Self {
        let mut derived = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(Some(b"tributary/v1"), self.0.as_slice())
            .expand(purpose.as_bytes(), derived.as_mut_slice())
            .expect("32 bytes are within what HKDF gives");
        Self(derived)
    }
}
