//! Dates and times as connectors write them, as the integers PostgreSQL stores.
//!
//! RFC 3339 is the rule; what real connectors add to it is accepted too: a space for the `T`, missing seconds or zone,
//! `+0100`, `+01`, `UTC`, dates with slashes, years before Christ.

use super::value::Refused;

const DAY: i64 = 86_400_000_000;
const HOUR: i64 = 3_600_000_000;
const MINUTE: i64 = 60_000_000;
const SECOND: i64 = 1_000_000;
/// Days from 1970-01-01 to 2000-01-01, where PostgreSQL starts counting.
const EPOCH_DAYS: i64 = 10_957;
/// PostgreSQL's ranges, as days and microseconds since 2000-01-01.
const FIRST_DAY: i64 = -2_451_545;
const LAST_DATE: i64 = 2_145_031_948;
const LAST_TIMESTAMP: i64 = 9_223_371_331_199_999_999;
/// Offsets PostgreSQL takes in `timetz`: under 16 hours.
const WIDEST_OFFSET: i64 = 16 * 3600;

/// Milliseconds since 1970 as a `timestamptz`.
pub fn from_unix_millis(millis: i64) -> i64 {
    millis.saturating_mul(1000).saturating_sub(EPOCH_DAYS * DAY)
}

/// Days since 2000-01-01. A time behind the date is cut off.
pub fn date(text: &[u8]) -> Result<i32, Refused> {
    let moment = Moment::parse(text)?;
    if !(FIRST_DAY..=LAST_DATE).contains(&moment.day) {
        return Err(Refused::OutOfRange);
    }
    i32::try_from(moment.day).map_err(|_| Refused::OutOfRange)
}

/// Microseconds since 2000-01-01 of the wall clock; a zone is ignored, as PostgreSQL does.
pub fn timestamp(text: &[u8]) -> Result<i64, Refused> {
    let moment = Moment::parse(text)?;
    in_range(moment.day, moment.micros)
}

/// Microseconds since 2000-01-01 UTC; without a zone the text is taken as UTC.
pub fn timestamp_tz(text: &[u8]) -> Result<i64, Refused> {
    let moment = Moment::parse(text)?;
    in_range(moment.day, moment.micros - moment.offset * SECOND)
}

fn in_range(day: i64, micros: i64) -> Result<i64, Refused> {
    if !(FIRST_DAY..=LAST_TIMESTAMP / DAY + 1).contains(&day) {
        return Err(Refused::OutOfRange);
    }
    let value = day
        .checked_mul(DAY)
        .and_then(|start| start.checked_add(micros))
        .ok_or(Refused::OutOfRange)?;
    if (FIRST_DAY * DAY..=LAST_TIMESTAMP).contains(&value) {
        Ok(value)
    } else {
        Err(Refused::OutOfRange)
    }
}

/// Microseconds since midnight; a zone is ignored.
pub fn time(text: &[u8]) -> Result<i64, Refused> {
    Ok(clock(text)?.0)
}

/// Microseconds since midnight and seconds WEST of Greenwich, as `timetz` stores it; without a zone: UTC.
pub fn time_tz(text: &[u8]) -> Result<(i64, i32), Refused> {
    let (micros, offset) = clock(text)?;
    Ok((
        micros,
        i32::try_from(-offset).map_err(|_| Refused::OutOfRange)?,
    ))
}

fn clock(text: &[u8]) -> Result<(i64, i64), Refused> {
    let mut cursor = Cursor(text.trim_ascii());
    // A whole timestamp may stand where a time is expected.
    if !cursor.0.get(1..3).is_some_and(|head| head.contains(&b':')) {
        let moment = Moment::parse(text)?;
        return Ok((moment.micros, moment.offset));
    }
    cursor.accept(b'T');
    let micros = cursor.time()?;
    let offset = cursor.zone()?;
    cursor.end()?;
    Ok((micros, offset))
}

/// A point on the wall clock and how far that clock is from Greenwich.
struct Moment {
    /// Days since 2000-01-01.
    day: i64,
    micros: i64,
    /// Seconds east of Greenwich.
    offset: i64,
}

impl Moment {
    fn parse(text: &[u8]) -> Result<Self, Refused> {
        let mut cursor = Cursor(text.trim_ascii());
        let era = cursor.take_era();
        let (year, month, day) = cursor.date()?;
        let (mut micros, mut offset) = (0, 0);
        if cursor.accept(b'T') || cursor.accept(b't') || cursor.accept(b' ') {
            micros = cursor.time()?;
            offset = cursor.zone()?;
        } else if !cursor.0.is_empty() {
            offset = cursor.zone()?;
        }
        cursor.end()?;
        let year = match era {
            Era::Common => year,
            Era::BeforeChrist => 1 - year,
        };
        Ok(Self {
            day: days(year, month, day) - EPOCH_DAYS,
            micros,
            offset,
        })
    }
}

enum Era {
    Common,
    BeforeChrist,
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn accept(&mut self, byte: u8) -> bool {
        if self.0.first() == Some(&byte) {
            self.0 = self.0.get(1..).unwrap_or_default();
            return true;
        }
        false
    }

    fn end(&self) -> Result<(), Refused> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Refused::Unreadable)
        }
    }

    fn take_era(&mut self) -> Era {
        for (word, era) in [(&b"BC"[..], Era::BeforeChrist), (b"AD", Era::Common)] {
            if let Some(rest) = self.0.strip_suffix(word) {
                self.0 = rest.trim_ascii_end();
                return era;
            }
        }
        Era::Common
    }

    /// Between `least` and `most` digits.
    fn number(&mut self, least: usize, most: usize) -> Result<i64, Refused> {
        let count = self
            .0
            .iter()
            .take(most)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if count < least {
            return Err(Refused::Unreadable);
        }
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        Ok(digits
            .iter()
            .fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
    }

    fn date(&mut self) -> Result<(i64, i64, i64), Refused> {
        let negative = !self.accept(b'+') && self.accept(b'-');
        let year = self.number(4, 7)?;
        let separator = self
            .0
            .first()
            .copied()
            .filter(|byte| matches!(byte, b'-' | b'/' | b'.'))
            .ok_or(Refused::Unreadable)?;
        self.accept(separator);
        let month = self.number(1, 2)?;
        if !self.accept(separator) {
            return Err(Refused::Unreadable);
        }
        let day = self.number(1, 2)?;
        let year = if negative { -year } else { year };
        // There is no year 0 between 1 BC and 1 AD; MySQL's 0000-00-00 is no date.
        if (year == 0 && !negative)
            || !(1..=12).contains(&month)
            || day < 1
            || day > days_in(year, month)
        {
            return Err(Refused::Unreadable);
        }
        Ok((year, month, day))
    }

    /// `HH:MM[:SS[.fraction]]` as microseconds; digits beyond the sixth are cut off.
    fn time(&mut self) -> Result<i64, Refused> {
        let hour = self.number(1, 2)?;
        if !self.accept(b':') {
            return Err(Refused::Unreadable);
        }
        let minute = self.number(2, 2)?;
        let second = if self.accept(b':') {
            self.number(2, 2)?
        } else {
            0
        };
        let fraction = if self.accept(b'.') || self.accept(b',') {
            self.fraction()?
        } else {
            0
        };
        let total = hour * HOUR + minute * MINUTE + second * SECOND + fraction;
        // 24:00:00 and a leap second are what PostgreSQL takes, too.
        if minute > 59 || second > 60 || total > DAY {
            return Err(Refused::Unreadable);
        }
        Ok(total)
    }

    fn fraction(&mut self) -> Result<i64, Refused> {
        let count = self
            .0
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if count == 0 {
            return Err(Refused::Unreadable);
        }
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        Ok(digits
            .iter()
            .chain(std::iter::repeat(&b'0'))
            .take(6)
            .fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
    }

    /// Nothing, `Z`, `UTC`, `GMT` or `±HH[:MM[:SS]]`, as seconds east.
    fn zone(&mut self) -> Result<i64, Refused> {
        self.0 = self.0.trim_ascii_start();
        match self.0 {
            [] | [b'Z' | b'z'] | b"UTC" | b"GMT" | b"utc" => {
                self.0 = &[];
                return Ok(0);
            }
            _ => {}
        }
        let west = self.accept(b'-');
        if !west && !self.accept(b'+') {
            return Err(Refused::Unreadable);
        }
        let hours = self.number(1, 2)?;
        self.accept(b':');
        let minutes = if self.0.is_empty() {
            0
        } else {
            self.number(2, 2)?
        };
        self.accept(b':');
        let seconds = if self.0.is_empty() {
            0
        } else {
            self.number(2, 2)?
        };
        let offset = hours * 3600 + minutes * 60 + seconds;
        if minutes > 59 || seconds > 59 || offset >= WIDEST_OFFSET {
            return Err(Refused::Unreadable);
        }
        Ok(if west { -offset } else { offset })
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the Gregorian calendar, carried back without limit.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 12 * HOUR;

    #[test]
    fn the_ways_a_moment_is_written() {
        let noon = 366 * DAY + NOON;
        for text in [
            "2001-01-01T12:00:00Z",
            "2001-01-01 12:00:00Z",
            "2001-01-01T12:00Z",
            "2001-01-01T12:00:00",
            "2001-01-01T13:00:00+01:00",
            "2001-01-01T13:00:00+0100",
            "2001-01-01T13:00:00+01",
            "2001-01-01 07:00:00.000000-05",
            "2001/01/01 12:00:00 UTC",
            "2001-1-1T12:00:00.000000000z",
            " 2001-01-01T12:00:00Z ",
            "2001-01-01T12:00:00Z AD",
            "+2001-01-01T12:00:00Z",
        ] {
            assert_eq!(timestamp_tz(text.as_bytes()), Ok(noon), "{text}");
        }
        assert_eq!(timestamp_tz(b"2000-01-01T00:00:00.1234567Z"), Ok(123_456));
        assert_eq!(
            timestamp(b"2000-01-01T01:00:00+05:00"),
            Ok(HOUR),
            "a zone is ignored where the column has none"
        );
        assert_eq!(
            timestamp_tz(b"2000-01-02"),
            Ok(DAY),
            "a date is its midnight"
        );
    }

    #[test]
    fn dates_reach_from_4714_bc_to_the_end() {
        assert_eq!(date(b"2000-01-01"), Ok(0));
        assert_eq!(date(b"1999-12-31T23:59:59Z"), Ok(-1));
        assert_eq!(date(b"0001-12-31 BC"), Ok(-730_120), "the last day of 1 BC");
        assert_eq!(date(b"0001-01-01"), Ok(-730_119), "the day after it");
        assert_eq!(date(b"4714-11-24 BC"), Ok(-2_451_545));
        assert_eq!(date(b"4714-11-23 BC"), Err(Refused::OutOfRange));
        assert_eq!(date(b"5874897-12-31"), Ok(2_145_031_948));
        assert_eq!(date(b"5874898-01-01"), Err(Refused::OutOfRange));
        assert_eq!(
            timestamp(b"294276-12-31T23:59:59.999999"),
            Ok(9_223_371_331_199_999_999)
        );
        assert_eq!(
            timestamp(b"294277-01-01T00:00:00"),
            Err(Refused::OutOfRange)
        );
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "0000-00-00",
            "2001-02-29",
            "2001-13-01",
            "yesterday",
            "20010101",
            "2001-01",
            "2001-01-01X",
            "1700000000",
            "2001-01-01T25:00:00Z",
            "2001-01-01T12:61:00Z",
        ] {
            assert_eq!(
                timestamp_tz(text.as_bytes()),
                Err(Refused::Unreadable),
                "{text}"
            );
        }
    }

    #[test]
    fn times_with_and_without_zone() {
        assert_eq!(time(b"12:00:00"), Ok(NOON));
        assert_eq!(time(b"9:30"), Ok(9 * HOUR + 30 * MINUTE));
        assert_eq!(time(b"24:00:00"), Ok(DAY));
        assert_eq!(time(b"12:00:00+02"), Ok(NOON));
        assert_eq!(time_tz(b"12:00:00.5+02:00"), Ok((NOON + SECOND / 2, -7200)));
        assert_eq!(time_tz(b"12:00:00-01:30"), Ok((NOON, 5400)));
        assert_eq!(time_tz(b"12:00:00Z"), Ok((NOON, 0)));
        assert_eq!(time(b"2001-01-01T12:00:00Z"), Ok(NOON));
        assert_eq!(time(b"noon"), Err(Refused::Unreadable));
    }
}
