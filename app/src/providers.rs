//! Clients registered at providers, so that people sign in there instead of pasting keys: the platform's in the operator's
//! console, a workspace's own in its settings.

pub mod api;
mod list;
mod one;

pub use list::{OwnListPage, PlatformListPage};
pub use one::{OwnPage, PlatformPage};

use crate::paths;

/// Whose client it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Platform,
    Own,
}

impl Whose {
    const fn list(self) -> &'static str {
        match self {
            Self::Platform => paths::ADMIN_APPS,
            Self::Own => paths::SETTINGS_APPS,
        }
    }

    fn one(self, provider: &str) -> String {
        format!("{}/{}", self.list(), paths::escape(provider))
    }
}
