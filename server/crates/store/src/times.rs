//! Instants as people and programs read them.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// RFC 3339 in UTC, whole seconds.
pub fn text(at: OffsetDateTime) -> String {
    at.to_offset(time::UtcOffset::UTC)
        .replace_nanosecond(0)
        .unwrap_or(at)
        .format(&Rfc3339)
        .expect("an instant of the database has a year of four digits")
}

/// The same for an instant that may be missing.
pub fn maybe(at: Option<OffsetDateTime>) -> Option<String> {
    at.map(text)
}

/// Whole milliseconds from one instant to another.
pub fn millis(from: OffsetDateTime, to: OffsetDateTime) -> i64 {
    i64::try_from((to - from).whole_milliseconds()).unwrap_or(i64::MAX)
}
