//! When a server wants to be asked again, by the header of its answer.

use time::format_description::well_known::Rfc2822;
use time::{Duration, OffsetDateTime};

use crate::clock;
use crate::declarative::request::Page;

/// `Retry-After` in seconds or as a date.
pub fn until(page: &Page) -> Option<OffsetDateTime> {
    read(page.header("retry-after")?.trim(), clock::utc())
}

fn read(text: &str, now: OffsetDateTime) -> Option<OffsetDateTime> {
    if let Ok(seconds) = text.parse::<f64>() {
        let wait = std::time::Duration::try_from_secs_f64(seconds).ok()?;
        return now.checked_add(Duration::try_from(wait).ok()?);
    }
    // HTTP writes GMT where mail writes an offset.
    OffsetDateTime::parse(&text.replace("GMT", "+0000"), &Rfc2822).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_nonsense_is_not() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let at = |text| read(text, now).map(OffsetDateTime::unix_timestamp);
        assert_eq!(at("30"), Some(30));
        assert_eq!(at("0.5"), Some(0));
        assert_eq!(at("Thu, 01 Jan 1970 00:02:00 GMT"), Some(120));
        for nonsense in ["", "soon", "-5", "NaN", "1e400"] {
            assert_eq!(at(nonsense), None, "{nonsense}");
        }
    }
}
