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
/// Of zxcvbn's 0 to 4: guessable only offline, with effort.
const STRONG_ENOUGH: u8 = 3;

/// Hashes and checks passwords off the async threads.
#[derive(Debug, Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// Checked when there is nobody, so that both cases take the same time.
    dummy: Arc<str>,
}

/// Does it match?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    Yes,
    No,
}

impl Passwords {
    pub fn new() -> Result<Self, Error> {
        Ok(Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            dummy: hash_now("nobody has this password")?.into(),
        })
    }

    pub async fn hash(&self, password: &str) -> Result<String, Error> {
        let password = SecretString::from(password);
        self.off_thread(move || hash_now(password.expose_secret()))
            .await
    }

    /// Compares with a person's hash, or does the same work for nobody.
    pub async fn check(&self, password: &str, hash: Option<&str>) -> Result<Match, Error> {
        let known = hash.is_some();
        let hash: Arc<str> = hash.map_or_else(|| self.dummy.clone(), Into::into);
        let password = SecretString::from(password);
        let matches = self
            .off_thread(move || {
                // An account without a password (made by an operator, not set yet) has no readable hash.
                let Ok(parsed) = PasswordHash::new(&hash) else {
                    return Ok(false);
                };
                Ok(hasher()?
                    .verify_password(password.expose_secret().as_bytes(), &parsed)
                    .is_ok())
            })
            .await?;
        Ok(if known && matches {
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
        let passwords = Passwords::new().unwrap();
        let right = "lantern orbit mustard";
        let hash = passwords.hash(right).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=65536,t=3,p=1$"),
            "{hash}"
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
        assert_eq!(passwords.check(right, None).await.unwrap(), Match::No);
        assert_eq!(passwords.check(right, Some("!")).await.unwrap(), Match::No);
    }
}
