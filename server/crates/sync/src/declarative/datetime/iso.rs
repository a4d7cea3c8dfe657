//! ISO 8601 as `dateutil.parser.isoparse` reads it.

use time::{Date, Duration, Month, PrimitiveDateTime, Time, UtcOffset};

use super::{DateError, Moment};

/// A date, optionally with a time and an offset. Without an offset the moment has none.
pub fn parse_iso(text: &str) -> Result<Moment, DateError> {
    read(text).ok_or_else(|| DateError::new(format!("'{text}' is no ISO 8601 date or time")))
}

fn read(text: &str) -> Option<Moment> {
    if !text.is_ascii() {
        return None;
    }
    // only what does not look like months and days at all is tried as weeks and days of the year
    let (date, used) = match common(text) {
        Some(((year, month, day), used)) => {
            let month = Month::try_from(month).ok()?;
            (Date::from_calendar_date(year, month, day).ok()?, used)
        }
        None => uncommon(text)?,
    };
    if date.year() < 1 {
        return None;
    }
    let Some(rest) = text.get(used..).filter(|rest| !rest.is_empty()) else {
        return Some(Moment::new(
            PrimitiveDateTime::new(date, Time::MIDNIGHT),
            None,
        ));
    };
    // whatever stands between date and time is taken for a separator
    let clock = Clock::read(&rest[1..])?;
    let local = PrimitiveDateTime::new(date, clock.time);
    let local = if clock.next_day {
        local.checked_add(Duration::DAY)?
    } else {
        local
    };
    Some(Moment::new(local, clock.offset))
}

/// Digits at a place; shorter ends of the text count as they are.
fn digits<T: std::str::FromStr>(text: &str, from: usize, to: usize) -> Option<T> {
    let part = text.get(from..to.min(text.len()))?;
    if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    part.parse().ok()
}

/// `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, `YYYYMMDD`: the numbers as they stand.
fn common(text: &str) -> Option<((i32, u8, u8), usize)> {
    if text.len() < 4 {
        return None;
    }
    let year = digits(text, 0, 4)?;
    if text.len() == 4 {
        return Some(((year, 1, 1), 4));
    }
    let dash = usize::from(text.as_bytes()[4] == b'-');
    let after = 6 + dash;
    if text.len() < after {
        return None;
    }
    let month = digits(text, after - 2, after)?;
    if text.len() == after {
        return (dash == 1).then_some(((year, month, 1), after));
    }
    if dash == 1 && text.as_bytes()[after] != b'-' {
        return None;
    }
    let end = after + dash + 2;
    if text.len() < end {
        return None;
    }
    Some(((year, month, digits(text, end - 2, end)?), end))
}

/// Weeks and days of the year.
fn uncommon(text: &str) -> Option<(Date, usize)> {
    let year: i32 = digits(text, 0, 4)?;
    let dash = usize::from(text.as_bytes().get(4) == Some(&b'-'));
    let from = 4 + dash;
    if text.as_bytes().get(from) != Some(&b'W') {
        let day: u16 = (text.len() >= from + 3)
            .then(|| digits(text, from, from + 3))
            .flatten()?;
        return Some((Date::from_ordinal_date(year, day).ok()?, from + 3));
    }
    let week: i64 = digits(text, from + 1, from + 3)?;
    let mut used = from + 3;
    let mut day: i64 = 1;
    if text.len() > used {
        if (text.as_bytes()[used] == b'-') != (dash == 1) {
            return None;
        }
        used += dash;
        day = digits(text, used, used + 1)?;
        used += 1;
    }
    if !(1..54).contains(&week) || !(1..8).contains(&day) {
        return None;
    }
    let fourth = Date::from_calendar_date(year, Month::January, 4).ok()?;
    let monday = i64::from(fourth.weekday().number_days_from_monday());
    let days = (week - 1) * 7 + day - 1 - monday;
    Some((fourth.checked_add(Duration::days(days))?, used))
}

struct Clock {
    time: Time,
    offset: Option<UtcOffset>,
    next_day: bool,
}

impl Clock {
    fn read(text: &str) -> Option<Self> {
        let zone = text.find(['-', '+', 'Z', 'z']).unwrap_or(text.len());
        let (clock, zone) = text.split_at(zone);
        let (clock, fraction) = match clock.find(['.', ',']) {
            Some(at) => (&clock[..at], Some(&clock[at + 1..])),
            None => (clock, None),
        };
        let mut parts = [0_u8; 3];
        let count = hms(clock, &mut parts)?;
        let micros = match fraction {
            Some(fraction) if count == 3 => micros(fraction)?,
            Some(_) => return None,
            None => 0,
        };
        let next_day = parts[0] == 24;
        if next_day {
            if parts[1] != 0 || parts[2] != 0 || micros != 0 {
                return None;
            }
            parts[0] = 0;
        }
        let offset = if zone.is_empty() {
            None
        } else {
            Some(parse_offset(zone)?)
        };
        let time = Time::from_hms_micro(parts[0], parts[1], parts[2], micros).ok()?;
        Some(Self {
            time,
            offset,
            next_day,
        })
    }
}

/// `hh`, `hhmm`, `hhmmss` or the same with colons; how many parts there are.
fn hms(text: &str, parts: &mut [u8; 3]) -> Option<usize> {
    if text.len() < 2 {
        return None;
    }
    let colon = usize::from(text.as_bytes().get(2) == Some(&b':'));
    let mut at = 0;
    let mut count = 0;
    while at < text.len() {
        if count == 3 {
            return None;
        }
        if count > 0 && colon == 1 {
            if text.as_bytes()[at] != b':' {
                return None;
            }
            at += 1;
        }
        parts[count] = digits(text, at, at + 2)?;
        at += 2;
        count += 1;
    }
    Some(count)
}

fn micros(fraction: &str) -> Option<u32> {
    if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let six: String = fraction.chars().chain("000000".chars()).take(6).collect();
    six.parse().ok()
}

/// `Z`, `+hh`, `+hhmm`, `+hh:mm`.
pub fn parse_offset(text: &str) -> Option<UtcOffset> {
    if text.eq_ignore_ascii_case("z") {
        return Some(UtcOffset::UTC);
    }
    if ![3, 5, 6].contains(&text.len()) {
        return None;
    }
    let sign: i8 = match text.as_bytes()[0] {
        b'-' => -1,
        b'+' => 1,
        _ => return None,
    };
    let hours: i8 = digits(text, 1, 3)?;
    let from = if text.as_bytes().get(3) == Some(&b':') {
        4
    } else {
        3
    };
    let minutes: i8 = if text.len() == 3 {
        0
    } else {
        digits(text, from, text.len())?
    };
    if minutes > 59 || hours > 23 {
        return None;
    }
    UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_dateutil_reads_is_read_the_same() {
        for (text, expected) in [
            ("2021-02-03", "2021-02-03 00:00:00"),
            ("2021", "2021-01-01 00:00:00"),
            ("2021-02", "2021-02-01 00:00:00"),
            ("20210203T0405", "2021-02-03 04:05:00"),
            (
                "2021-02-03T04:05:06.1234567Z",
                "2021-02-03 04:05:06.123456+00:00",
            ),
            (
                "2021-02-03 04:05:06,5+01:30",
                "2021-02-03 04:05:06.500000+01:30",
            ),
            ("2021-02-03T24:00", "2021-02-04 00:00:00"),
            ("2021-W01-1", "2021-01-04 00:00:00"),
            ("2021-034", "2021-02-03 00:00:00"),
            ("2021-02-03T04-0500", "2021-02-03 04:00:00-05:00"),
        ] {
            assert_eq!(
                parse_iso(text).map(|m| m.text(' ')),
                Ok(expected.to_owned()),
                "{text}"
            );
        }
        for text in [
            "",
            "202",
            "202102",
            "2021-13-01",
            "2021-02-30",
            "abc",
            "2021-02-03T",
            "2021-02-03T25:00",
            "2021-02-03T04:05:06+1",
        ] {
            assert!(parse_iso(text).is_err(), "{text}");
        }
    }
}
