//! Whose quota requests count against, as far as credentials tell: the same ones are the same account.

use sha2::{Digest, Sha256};

/// An account, and the application it is used through, as digests: these outlive a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Holder {
    account: Option<[u8; 32]>,
    application: Option<[u8; 32]>,
}

impl Holder {
    /// `account`: what only those have who use it; nothing where an API asks for nothing.
    pub fn new(account: &str, application: Option<&str>) -> Self {
        Self {
            account: digest(account),
            application: application.and_then(digest),
        }
    }

    /// The application alone, where the requests go through one: for quotas that all its accounts share.
    #[must_use]
    pub fn application(self) -> Self {
        match self.application {
            Some(_) => Self {
                account: None,
                ..self
            },
            None => self,
        }
    }

    /// Anybody: an API that asks for no credentials can count by address only.
    pub fn is_nobody(self) -> bool {
        self == Self::default()
    }
}

fn digest(text: &str) -> Option<[u8; 32]> {
    (!text.is_empty()).then(|| Sha256::digest(text).into())
}
