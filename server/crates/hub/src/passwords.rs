//! Passwords: how strong, how hashed, and the same work whether a person exists or not.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use model::{FieldError, check_password_length};
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::Error;

/// 64 MiB a hash: so many at once bound the memory, whoever knocks.
const AT_ONCE: usize = 2;
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
/// Checked when there is nobody, so that both cases take the same time. No password has this hash: making a real one would
/// cost every start, and every command, a quarter of a second.
const NOBODY: &str = "$argon2id$v=19$m=65536,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// Of zxcvbn's 0 to 4: guessable only offline, with effort.
const STRONG_ENOUGH: u8 = 3;

/// Hashes and checks passwords off the async threads.
#[derive(Debug, Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
}

/// Does it match?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    Yes,
    No,
}

impl Passwords {
    pub fn new() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    pub async fn hash(&self, password: &str) -> Result<String, Error> {
        let password = SecretString::from(password);
        self.off_thread(move || hash_now(password.expose_secret()))
            .await
    }

    /// Compares with a person's hash, or does the same work for nobody.
    pub async fn check(&self, password: &str, hash: Option<&str>) -> Result<Match, Error> {
        // An account without a password (made by an operator, not set yet) has no readable hash.
        let known = hash.filter(|hash| PasswordHash::new(hash).is_ok());
        let hash = known.unwrap_or(NOBODY).to_owned();
        let password = SecretString::from(password);
        let matches = self
            .off_thread(move || verify_now(password.expose_secret(), &hash))
            .await?;
        Ok(if known.is_some() && matches {
            Match::Yes
        } else {
            Match::No
        })
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let _turn = self.turns.acquire().await.map_err(Error::internal)?;
        spawn_blocking(work).await.map_err(Error::internal)?
    }
}

fn hasher() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None)
        .map_err(|error| Error::internal(anyhow::anyhow!("argon2: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn verify_now(password: &str, hash: &str) -> Result<bool, Error> {
    let hash = PasswordHash::new(hash)
        .map_err(|error| Error::internal(anyhow::anyhow!("a password's hash: {error}")))?;
    Ok(hasher()?
        .verify_password(password.as_bytes(), &hash)
        .is_ok())
}

fn hash_now(password: &str) -> Result<String, Error> {
    Ok(hasher()?
        .hash_password(password.as_bytes())
        .map_err(|error| Error::internal(anyhow::anyhow!("argon2: {error}")))?
        .to_string())
}

/// Is it long and strong enough? `about` are words a guesser would try first: the address, the company.
pub fn judge(password: &str, about: &[&str]) -> Result<(), FieldError> {
    check_password_length(password)?;
    let estimate = zxcvbn::zxcvbn(password, about);
    if u8::from(estimate.score()) >= STRONG_ENOUGH {
        return Ok(());
    }
    let hint = estimate
        .feedback()
        .and_then(zxcvbn::feedback::Feedback::warning)
        .map_or_else(
            || {
                "Add another word or two; unrelated words are strong and easy to remember."
                    .to_owned()
            },
            |warning| format!("{warning} Add another word or two."),
        );
    Err(FieldError::new(
        "password",
        format!("This password is easy to guess. {hint}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_passwords_are_named_weak() {
        for weak in ["short", "password123", "Aa1!Aa1!Aa1!", "northwind2024"] {
            assert!(
                judge(weak, &["northwind", "ana@northwind.example"]).is_err(),
                "{weak}"
            );
        }
        assert_eq!(judge("lantern orbit mustard", &[]), Ok(()));
    }

    #[tokio::test]
    async fn only_the_right_password_of_a_known_person_matches() {
        let passwords = Passwords::new();
        let right = "lantern orbit mustard";
        let hash = passwords.hash(right).await.unwrap();
        let shape = |hash: &str| -> Vec<String> {
            let parts: Vec<&str> = hash.split('$').collect();
            let lengths = parts[4..].iter().map(|part| part.len().to_string());
            parts[..4]
                .iter()
                .map(ToString::to_string)
                .chain(lengths)
                .collect()
        };
        assert_eq!(
            shape(&hash),
            shape(NOBODY),
            "checking nobody takes as long as checking somebody"
        );
        let wrong = "lantern orbit custard";
        assert_eq!(
            passwords.check(right, Some(&hash)).await.unwrap(),
            Match::Yes
        );
        assert_eq!(
            passwords.check(wrong, Some(&hash)).await.unwrap(),
            Match::No
        );
        assert!(PasswordHash::new(NOBODY).is_ok());
        assert_eq!(passwords.check(right, None).await.unwrap(), Match::No);
        assert_eq!(passwords.check(right, Some("!")).await.unwrap(), Match::No);
    }
}
