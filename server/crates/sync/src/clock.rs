//! The present, in the protocol's units. The one place of this crate that asks the clock.

use time::OffsetDateTime;

/// Milliseconds since 1970.
pub fn now() -> i64 {
    let millis = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
    i64::try_from(millis).unwrap_or(i64::MAX)
}

/// The same as the fraction that TRACE and CONTROL messages carry.
pub fn now_millis() -> f64 {
    OffsetDateTime::now_utc()
        .unix_timestamp_nanos()
        .to_string()
        .parse::<f64>()
        .unwrap_or_default()
        / 1e6
}

/// The same as a point in time.
pub fn utc() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
