//! A Config API behind a login of its own: the public API takes the credentials, and what stands before this one does not.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::Listed;
use crate::{Error, error::REDIRECT};

/// A page for people that stands there for less may be about maintenance, and what it hides is worth waiting for.
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

/// Since when a page for people stands in place of what is told about jobs.
#[derive(Default)]
pub(in crate::client) struct Page(Mutex<Option<Instant>>);

impl Page {
    /// Whether this error will come again whenever somebody asks.
    pub(super) fn stays(&self, error: &Error) -> bool {
        match Listed::closed(error) {
            Some(Listed::Page) => {
                let since = *self.since().get_or_insert_with(Instant::now);
                since.elapsed() >= MOMENT
            }
            Some(_) => true,
            None => false,
        }
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
    fn a_page_is_believed_when_it_stays_and_a_login_at_once() {
        let (seen, page) = (Page::default(), Error::unreadable("job", "it is no JSON"));
        assert!(!seen.stays(&page));
        let earlier = Instant::now().checked_sub(MOMENT);
        *seen.since() = Some(earlier.expect("the machine runs for minutes"));
        assert!(seen.stays(&page));
        seen.forget();
        assert!(!seen.stays(&page), "another one");

        let login = Error::unreadable(REDIRECT, "it leads away");
        assert!(seen.stays(&login));
        let refusal = Error::Credentials {
            message: "401 Unauthorized".to_owned(),
        };
        assert!(seen.stays(&refusal));
        assert!(!seen.stays(&Error::invalid("no")));
    }
}
