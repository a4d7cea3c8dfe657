//! When Quartz cron expressions are due, by the clock of a time zone.

use chrono::{DateTime, Utc};
use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use jiff::{Timestamp, tz::TimeZone};
use time::OffsetDateTime;

/// Fields: seconds, minutes, hours, day of the month, month, day of the week, and maybe the year.
const FIELDS: std::ops::RangeInclusive<usize> = 6..=7;

/// The first time after this moment; `None` where it is never due again. `Err` says in words what is wrong with the
/// expression or the zone.
pub fn next(
    expression: &str,
    zone: &str,
    after: OffsetDateTime,
) -> Result<Option<OffsetDateTime>, String> {
    let cron = parse(expression)?;
    let zone = TimeZone::get(zone).map_err(|_| format!("There is no time zone “{zone}”."))?;
    Ok(after_this(&cron, &zone, after.unix_timestamp())
        .and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok()))
}

/// Cron counts by the clock on the wall, as if that one were never put forward or back.
fn after_this(cron: &Cron, zone: &TimeZone, after: i64) -> Option<i64> {
    let wall = zone.to_datetime(Timestamp::from_second(after).ok()?);
    let wall = TimeZone::UTC.to_timestamp(wall).ok()?.as_second();
    let mut wall: DateTime<Utc> = DateTime::from_timestamp(wall, 0)?;
    loop {
        wall = cron.find_next_occurrence(&wall, false).ok()?;
        let shown = TimeZone::UTC.to_datetime(Timestamp::from_second(wall.timestamp()).ok()?);
        let at = zone.to_timestamp(shown).ok()?.as_second();
        // In an hour that comes twice the first one is meant, which may be over.
        if at > after {
            return Some(at);
        }
    }
}

fn parse(expression: &str) -> Result<Cron, String> {
    let fields: Vec<&str> = expression.split_whitespace().collect();
    if !FIELDS.contains(&fields.len()) {
        return Err(format!(
            "A cron expression has six or seven fields, seconds first, such as 0 0 * * * ? for every hour; “{expression}” has {}.",
            fields.len()
        ));
    }
    if fields[0].parse::<u8>().is_err() {
        return Err("The first field of a cron expression, the seconds, is a number.".to_owned());
    }
    // As Quartz has it: Sunday is 1, and one of the two kinds of day is left open.
    if (fields[3] == "?") == (fields[5] == "?") {
        return Err(
            "In a cron expression, either the day of the month or the day of the week is “?”."
                .to_owned(),
        );
    }
    CronParser::builder()
        .seconds(Seconds::Required)
        .year(Year::Optional)
        .alternative_weekdays(true)
        // from a number on, in steps: `0/15`
        .sloppy_ranges(true)
        .build()
        .parse(expression)
        .map_err(|error| format!("The cron expression “{expression}” is not right: {error}."))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_clock_of_the_zone_counts_when_it_is_put_forward_and_back() {
        let berlin = |expression, after| {
            next(expression, "Europe/Berlin", after)
                .expect("right")
                .expect("a time")
        };
        let at_six = "0 0 6 * * ?";
        // Summer time ends on the 25th of October 2026 and begins on the 28th of March 2027.
        assert_eq!(
            berlin(at_six, datetime!(2026-10-24 12:00 UTC)),
            datetime!(2026-10-25 05:00 UTC)
        );
        assert_eq!(
            berlin(at_six, datetime!(2027-03-27 12:00 UTC)),
            datetime!(2027-03-28 04:00 UTC)
        );
        // There is no half past two on that day.
        let missing = berlin("0 30 2 * * ?", datetime!(2027-03-27 12:00 UTC));
        assert_eq!(missing.date(), datetime!(2027-03-28 00:00 UTC).date());
        assert!(next(at_six, "Europe/Berlni", datetime!(2026-10-24 12:00 UTC)).is_err());
    }

    #[test]
    fn an_expression_moves_on_through_the_hour_that_comes_twice() {
        let mut at = datetime!(2026-10-24 23:00 UTC);
        for _ in 0..12 {
            let then = next("0 0/15 * * * ?", "Europe/Berlin", at)
                .expect("right")
                .expect("a time");
            assert!(then > at, "{then} is not after {at}");
            at = then;
        }
    }
}
