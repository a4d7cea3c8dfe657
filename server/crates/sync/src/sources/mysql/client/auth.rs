//! Proofs of a password: the methods of MySQL and MariaDB that are spoken here.

use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::Error;

/// How a login proves itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The usual one until MySQL 8, and in MariaDB.
    Native,
    /// The usual one since MySQL 8.
    CachingSha2,
    /// The password as it is, for servers that ask a directory; over encryption only.
    Clear,
}

impl Method {
    pub fn find(name: &str) -> Result<Self, Error> {
        [Self::Native, Self::CachingSha2, Self::Clear]
            .into_iter()
            .find(|method| method.name() == name)
            .ok_or_else(|| {
                Error::Method(name.chars().filter(|c| !c.is_control()).take(60).collect())
            })
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "mysql_native_password",
            Self::CachingSha2 => "caching_sha2_password",
            Self::Clear => "mysql_clear_password",
        }
    }

    /// The answer to a challenge. An empty password has an empty proof.
    pub fn proof(
        self,
        password: &str,
        challenge: &[u8],
        encrypted: bool,
    ) -> Result<Vec<u8>, Error> {
        if self == Self::Clear {
            return clear(password, encrypted);
        }
        if password.is_empty() {
            return Ok(Vec::new());
        }
        Ok(match self {
            Self::Native => native(password.as_bytes(), challenge),
            _ => caching_sha2(password.as_bytes(), challenge),
        })
    }
}

/// The password itself: only where nobody can listen.
pub fn clear(password: &str, encrypted: bool) -> Result<Vec<u8>, Error> {
    if !encrypted {
        return Err(Error::ClearPassword);
    }
    let mut bytes = password.as_bytes().to_vec();
    bytes.push(0);
    Ok(bytes)
}

/// SHA1(password) ⊕ SHA1(challenge, SHA1(SHA1(password)))
fn native(password: &[u8], challenge: &[u8]) -> Vec<u8> {
    let once = Sha1::digest(password);
    let mut hash = Sha1::new();
    hash.update(challenge);
    hash.update(Sha1::digest(once));
    mixed(&once, &hash.finalize())
}

/// SHA256(password) ⊕ SHA256(SHA256(SHA256(password)), challenge)
fn caching_sha2(password: &[u8], challenge: &[u8]) -> Vec<u8> {
    let once = Sha256::digest(password);
    let mut hash = Sha256::new();
    hash.update(Sha256::digest(once));
    hash.update(challenge);
    mixed(&once, &hash.finalize())
}

fn mixed(one: &[u8], other: &[u8]) -> Vec<u8> {
    one.iter()
        .zip(other)
        .map(|(one, other)| one ^ other)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the server does it: it keeps SHA1(SHA1(password)) and gets back SHA1(password), which must hash to it.
    #[test]
    fn a_native_proof_gives_the_server_what_it_can_check() {
        let challenge = [7; 20];
        let proof = Method::Native.proof("secret", &challenge, false).unwrap();
        let kept = Sha1::digest(Sha1::digest(b"secret"));
        let mut hash = Sha1::new();
        hash.update(challenge);
        hash.update(kept);
        let given = mixed(&proof, &hash.finalize());
        assert_eq!(Sha1::digest(given), kept);
    }

    #[test]
    fn a_caching_proof_gives_the_server_what_it_can_check() {
        let challenge = [7; 20];
        let proof = Method::CachingSha2
            .proof("secret", &challenge, false)
            .unwrap();
        let kept = Sha256::digest(Sha256::digest(b"secret"));
        let mut hash = Sha256::new();
        hash.update(kept);
        hash.update(challenge);
        let given = mixed(&proof, &hash.finalize());
        assert_eq!(Sha256::digest(given), kept);
    }

    #[test]
    fn the_password_itself_goes_over_encryption_only() {
        assert!(matches!(
            Method::Clear.proof("secret", &[], false),
            Err(Error::ClearPassword)
        ));
        assert_eq!(
            Method::Clear.proof("secret", &[], true).unwrap(),
            b"secret\0"
        );
        assert_eq!(Method::Native.proof("", &[1], false).unwrap(), b"");
        assert!(matches!(Method::find("dialog"), Err(Error::Method(name)) if name == "dialog"));
    }
}
