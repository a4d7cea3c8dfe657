//! A Config API behind a login of its own: the public API takes the credentials, and what stands before this one does not.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::Listed;
use crate::{Error, error::REDIRECT};

/// What stands there for less may be about maintenance, or a token that ended, and what it hides is worth waiting for.
const MOMENT: Duration = Duration::from_mins(1);

impl Listed {
    /// What an error of the Config API says of it, where the public API takes the same credentials.
    pub(super) fn closed(error: &Error) -> Option<Self> {
        match error {
            Error::Credentials { .. } => Some(Self::Refused),
            Error::Unreadable { what, .. } if *what == REDIRECT => Some(Self::LedAway),
            Error::Unreadable { .. } => Some(Self::Page),
            _ => None,
        }
    }
}

/// Since when something stands in place of what is told about jobs.
#[derive(Default)]
pub(in crate::client) struct Page(Mutex<Option<Instant>>);

impl Page {
    /// Whether this error will come again whenever somebody asks.
    pub(super) fn stays(&self, error: &Error) -> bool {
        if Listed::closed(error).is_none() {
            return false;
        }
        let since = *self.since().get_or_insert_with(Instant::now);
        since.elapsed() >= MOMENT
    }

    pub(super) fn forget(&self) {
        *self.since() = None;
    }

    fn since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_it_is_believed_when_it_stays() {
        let refusal = Error::Credentials {
            message: "401 Unauthorized".to_owned(),
        };
        for error in [
            Error::unreadable("job", "it is no JSON"),
            Error::unreadable(REDIRECT, "it leads away"),
            refusal,
        ] {
            let seen = Page::default();
            assert!(!seen.stays(&error), "{error}");
            let earlier = Instant::now().checked_sub(MOMENT);
            *seen.since() = Some(earlier.expect("the machine runs for minutes"));
            assert!(seen.stays(&error), "{error}");
            assert!(!seen.stays(&Error::invalid("no")));
            seen.forget();
            assert!(!seen.stays(&error), "another one");
        }
    }
}
