//! Authenticated encryption of one record, bound to its place.
//!
//! Record: `0x01 ‖ key version, u32 big endian ‖ nonce, 24 bytes ‖ ciphertext and tag` (XChaCha20-Poly1305). The
//! associated data is a list of texts, each with its length in front, so that no two lists give the same bytes.

use std::{collections::BTreeMap, fmt, sync::Arc};

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use rand::{TryRng, rngs::SysRng};
use secrecy::SecretBox;
use zeroize::Zeroizing;

use crate::{Error, Key};

const FORM: u8 = 1;
const NONCE: usize = 24;
const HEADER: usize = 1 + 4 + NONCE;

/// Versions of one key: the active one seals, all of them open.
#[derive(Clone)]
pub struct Sealer(Arc<Versions>);

struct Versions {
    active: u32,
    keys: BTreeMap<u32, Key>,
}

impl Sealer {
    /// `None` when the active version is not among the keys.
    pub fn new(active: u32, keys: BTreeMap<u32, Key>) -> Option<Self> {
        keys.contains_key(&active)
            .then(|| Self(Arc::new(Versions { active, keys })))
    }

    /// The version that seals.
    pub fn active(&self) -> u32 {
        self.0.active
    }

    pub(crate) fn keys(&self) -> BTreeMap<u32, Key> {
        self.0.keys.clone()
    }

    pub(crate) fn key(&self, version: u32) -> Option<&Key> {
        self.0.keys.get(&version)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer(active {})", self.0.active)
    }
}

/// Seals for the place that `aad` names; [`open`] wants the very same list.
pub fn seal(sealer: &Sealer, aad: &[&str], plaintext: &[u8]) -> Vec<u8> {
    let key = &sealer.0.keys[&sealer.0.active];
    let mut nonce = [0; NONCE];
    SysRng
        .try_fill_bytes(&mut nonce)
        .expect("the operating system gave randomness when the keys were made");
    let sealed = XChaCha20Poly1305::new(key.bytes().into())
        .encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: plaintext,
                aad: &bind(aad),
            },
        )
        .expect("a message in memory is shorter than the cipher's limit of 256 GiB");
    let mut record = Vec::with_capacity(HEADER + sealed.len());
    record.push(FORM);
    record.extend_from_slice(&sealer.0.active.to_be_bytes());
    record.extend_from_slice(&nonce);
    record.extend_from_slice(&sealed);
    record
}

/// Opens what [`seal`] made for the same place.
pub fn open(sealer: &Sealer, aad: &[&str], record: &[u8]) -> Result<SecretBox<Vec<u8>>, Error> {
    let version = key_version(record)?;
    let key = sealer.key(version).ok_or(Error::UnknownKey(version))?;
    let (header, sealed) = record.split_at(HEADER);
    let nonce: [u8; NONCE] = header[5..].try_into().map_err(|_| Error::Form)?;
    XChaCha20Poly1305::new(key.bytes().into())
        .decrypt(
            &XNonce::from(nonce),
            Payload {
                msg: sealed,
                aad: &bind(aad),
            },
        )
        .map(|plaintext| SecretBox::new(Box::new(plaintext)))
        .map_err(|_| Error::Refused)
}

/// Which version of the key sealed a record.
pub fn key_version(record: &[u8]) -> Result<u32, Error> {
    if record.len() < HEADER || record[0] != FORM {
        return Err(Error::Form);
    }
    let bytes: [u8; 4] = record[1..5].try_into().map_err(|_| Error::Form)?;
    Ok(u32::from_be_bytes(bytes))
}

/// Each part with its length in front.
pub(crate) fn bind<T: AsRef<[u8]>>(parts: &[T]) -> Zeroizing<Vec<u8>> {
    let mut bound = Zeroizing::new(Vec::new());
    for part in parts {
        let part = part.as_ref();
        let length = u64::try_from(part.len()).expect("a length in memory fits 64 bits");
        bound.extend_from_slice(&length.to_be_bytes());
        bound.extend_from_slice(part);
    }
    bound
}
