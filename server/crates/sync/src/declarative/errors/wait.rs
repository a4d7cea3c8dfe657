//! When a server wants to be asked again, by the header of its answer.

use std::time::Duration;

use time::OffsetDateTime;

use crate::clock;
use crate::declarative::request::Page;
use crate::outbound::Outbound;

/// The moment that `Retry-After` names.
pub fn until(page: &Page) -> Option<OffsetDateTime> {
    Outbound::retry_after(page.header("retry-after")?)
}

/// How long that is from now; nothing when it is over.
pub fn named_pause(page: &Page) -> Option<Duration> {
    Duration::try_from(until(page)? - clock::utc()).ok()
}

/// When a pause ends that begins now.
pub fn after(pause: Duration) -> Option<OffsetDateTime> {
    clock::utc().checked_add(pause.try_into().ok()?)
}
