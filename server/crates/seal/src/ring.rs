//! The key ring: the keys that protect all other keys, in a file of their own, one of them active.

use std::{
    collections::BTreeMap,
    fmt,
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{
    Error, Key, RingError, Sealer, open, seal,
    sealer::bind,
    token::{from_hex, hex},
};

const WRAPPING: &str = "wrap";

/// All keys of the file. Retired ones still open what they sealed.
#[derive(Clone)]
pub struct KeyRing(Sealer);

#[derive(Serialize, Deserialize)]
struct File {
    active: u32,
    key: Vec<FileKey>,
}

#[derive(Serialize, Deserialize)]
struct FileKey {
    id: u32,
    secret: Zeroizing<String>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing(active {})", self.0.active())
    }
}

impl KeyRing {
    /// Reads the file, or makes it with one new key at the very first start.
    pub fn load_or_create(path: &Path) -> Result<Self, RingError> {
        match fs::metadata(path) {
            Ok(_) => Self::load(path),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let ring = Self::random()?;
                ring.write(path)?;
                Ok(ring)
            }
            Err(source) => Err(io(path, source)),
        }
    }

    /// Reads the file; a missing, open or damaged one is an error.
    pub fn load(path: &Path) -> Result<Self, RingError> {
        let mode = fs::metadata(path)
            .map_err(|source| io(path, source))?
            .permissions()
            .mode();
        if mode & 0o077 != 0 {
            return Err(RingError::Permissions {
                path: path.to_owned(),
            });
        }
        let text = Zeroizing::new(fs::read_to_string(path).map_err(|source| io(path, source))?);
        Self::parse(&text).map_err(|why| RingError::Damaged {
            path: path.to_owned(),
            why,
        })
    }

    /// A ring with one new key, in memory only.
    pub fn random() -> Result<Self, RingError> {
        let keys = BTreeMap::from([(1, Key::random()?)]);
        Ok(Self(
            Sealer::new(1, keys).expect("the active key was just put in"),
        ))
    }

    /// The ring with one more key, which becomes the active one. [`KeyRing::write`] it before it seals anything.
    pub fn rotated(&self) -> Result<Self, RingError> {
        let mut keys = self.keys();
        let next = keys.keys().next_back().map_or(1, |last| last + 1);
        keys.insert(next, Key::random()?);
        Ok(Self(
            Sealer::new(next, keys).expect("the active key was just put in"),
        ))
    }

    /// Writes the file in one step: a crash leaves the old one or the new one.
    pub fn write(&self, path: &Path) -> Result<(), RingError> {
        let unfinished = path.with_extension("new");
        let write = || {
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&unfinished)?;
            file.write_all(self.render().as_bytes())?;
            file.sync_all()?;
            fs::rename(&unfinished, path)
        };
        write().map_err(|source| io(path, source))
    }

    /// Id of the key that seals.
    pub fn active(&self) -> u32 {
        self.0.active()
    }

    /// Ids of all keys.
    pub fn ids(&self) -> impl Iterator<Item = u32> {
        self.keys().into_keys()
    }

    /// Keys for one purpose of the platform itself, such as `engine` or `samples`.
    pub fn platform(&self, purpose: &str) -> Sealer {
        let keys = self
            .keys()
            .into_iter()
            .map(|(id, key)| (id, key.derive(purpose)))
            .collect();
        Sealer::new(self.active(), keys).expect("the ring's active key is among its keys")
    }

    /// Wraps a data key; `place` names whose key it is.
    pub fn wrap<T: AsRef<str>>(&self, place: &[T], key: &Key) -> Vec<u8> {
        let place: Vec<&str> = place.iter().map(AsRef::as_ref).collect();
        seal(&self.platform(WRAPPING), &place, key.bytes())
    }

    /// Unwraps what [`KeyRing::wrap`] made for the same place.
    pub fn unwrap<T: AsRef<str>>(&self, place: &[T], wrapped: &[u8]) -> Result<Key, Error> {
        let place: Vec<&str> = place.iter().map(AsRef::as_ref).collect();
        let bytes: SecretBox<Vec<u8>> = open(&self.platform(WRAPPING), &place, wrapped)?;
        Key::from_slice(bytes.expose_secret()).ok_or(Error::Form)
    }

    /// A keyed hash over the parts, with the id of the key that made it.
    pub fn mac(&self, purpose: &str, parts: &[&[u8]]) -> (u32, [u8; 32]) {
        let id = self.active();
        let mac = keyed_hash(&self.keys()[&id], purpose, parts);
        (id, mac.finalize().into_bytes().into())
    }

    /// Was the hash made over these parts by that key?
    pub fn mac_holds(&self, key_id: u32, purpose: &str, parts: &[&[u8]], mac: &[u8]) -> bool {
        self.0
            .key(key_id)
            .is_some_and(|key| keyed_hash(key, purpose, parts).verify_slice(mac).is_ok())
    }

    fn keys(&self) -> BTreeMap<u32, Key> {
        self.0.keys()
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        let file: File = toml::from_str(text).map_err(|_| "it is not the TOML we wrote")?;
        let mut keys = BTreeMap::new();
        for FileKey { id, secret } in file.key {
            let bytes = Zeroizing::new(from_hex(&secret).ok_or("a key is not hexadecimal")?);
            let key = Key::from_slice(&bytes).ok_or("a key is not 32 bytes long")?;
            if bytes.iter().all(|byte| *byte == bytes[0]) {
                return Err("a key is not random");
            }
            keys.insert(id, key);
        }
        Sealer::new(file.active, keys)
            .map(Self)
            .ok_or("the active key is missing")
    }

    fn render(&self) -> Zeroizing<String> {
        let key = self
            .keys()
            .into_iter()
            .map(|(id, key)| FileKey {
                id,
                secret: Zeroizing::new(hex(key.bytes())),
            })
            .collect();
        let file = File {
            active: self.active(),
            key,
        };
        let body = Zeroizing::new(
            toml::to_string(&file).expect("numbers and hexadecimal text are always TOML"),
        );
        Zeroizing::new(format!(
            "# Keys of this hub. Keep a copy apart from the database's backups: without it no secret opens again.\n{}",
            body.as_str()
        ))
    }
}

fn keyed_hash(key: &Key, purpose: &str, parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.derive(purpose).bytes())
        .expect("HMAC takes keys of any length");
    mac.update(&bind(parts));
    mac
}

fn io(path: &Path, source: std::io::Error) -> RingError {
    RingError::Io {
        path: path.to_owned(),
        source,
    }
}
