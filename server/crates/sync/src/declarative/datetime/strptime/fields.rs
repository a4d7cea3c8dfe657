//! What was read of a date, and the moment it makes.

use time::{Date, Duration, Month, PrimitiveDateTime, Time, UtcOffset, Weekday};

use crate::declarative::datetime::Moment;
use crate::declarative::datetime::strftime::{DAY_NAMES, MONTHS};

/// Powers of ten: fractions of a second have up to six digits.
const TENS: [u32; 6] = [1, 10, 100, 1000, 10_000, 100_000];

/// What was read so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fields {
    year: Option<i32>,
    month: Option<u8>,
    day: Option<u8>,
    hour: u8,
    minute: u8,
    second: u8,
    micro: u32,
    afternoon: Option<bool>,
    ordinal: Option<u16>,
    /// Days since Monday.
    weekday: Option<u8>,
    /// Week of the year, and whether weeks start on Monday.
    week: Option<(u8, bool)>,
    iso_year: Option<i32>,
    iso_week: Option<u8>,
    offset: Option<UtcOffset>,
}

impl Fields {
    pub fn read(&mut self, directive: char, text: &str) -> Option<()> {
        let small = |low: u8, high: u8| {
            text.parse::<u8>()
                .ok()
                .filter(|value| (low..=high).contains(value))
        };
        match directive {
            'Y' => self.year = Some(text.parse().ok()?),
            'y' => self.year = Some(two_digit_year(text.parse().ok()?)),
            'G' => self.iso_year = Some(text.parse().ok()?),
            'm' => self.month = Some(small(1, 12)?),
            'd' => self.day = Some(small(1, 31)?),
            'H' => self.hour = small(0, 23)?,
            'I' => self.hour = small(1, 12)?,
            'M' => self.minute = small(0, 59)?,
            'S' => self.second = small(0, 61)?,
            'f' => self.micro = text.parse::<u32>().ok()? * TENS[6 - text.len()],
            'j' => self.ordinal = Some(text.parse().ok().filter(|d| (1..=366).contains(d))?),
            'p' => self.afternoon = Some(text.eq_ignore_ascii_case("pm")),
            'u' => self.weekday = Some(small(1, 7)? - 1),
            'w' => self.weekday = Some((small(0, 6)? + 6) % 7),
            'U' => self.week = Some((small(0, 53)?, false)),
            'W' => self.week = Some((small(0, 53)?, true)),
            'V' => self.iso_week = Some(small(1, 53)?),
            'a' | 'A' => self.weekday = Some(index(&DAY_NAMES, text)?),
            'b' | 'B' => self.month = Some(index(&MONTHS, text)? + 1),
            'z' => self.offset = Some(offset(text)?),
            _ => {}
        }
        Some(())
    }

    pub fn moment(&self) -> Option<Moment> {
        let hour = match (self.afternoon, self.hour) {
            (Some(false), 12) => 0,
            (Some(true), hour) if hour < 12 => hour + 12,
            (_, hour) => hour,
        };
        // a leap second is the next minute's first for Python's `datetime`: it refuses it
        let time = Time::from_hms_micro(hour, self.minute, self.second, self.micro).ok()?;
        let local = PrimitiveDateTime::new(self.date()?, time);
        Some(Moment::new(local, self.offset))
    }

    fn date(&self) -> Option<Date> {
        if let (Some(year), Some(week), Some(day)) = (self.iso_year, self.iso_week, self.weekday) {
            return Date::from_iso_week_date(year, week, Weekday::Monday.nth_next(day)).ok();
        }
        let year = self.year.unwrap_or(1900);
        if year < 1 {
            return None;
        }
        if let (Some(ordinal), None) = (self.ordinal, self.month) {
            // the 366th day of a short year is the next one's first
            let days = Duration::days(i64::from(ordinal) - 1);
            return Date::from_ordinal_date(year, 1).ok()?.checked_add(days);
        }
        if let (Some((week, monday)), Some(day), None) = (self.week, self.weekday, self.month) {
            return week_date(year, week, day, monday);
        }
        let month = Month::try_from(self.month.unwrap_or(1)).ok()?;
        Date::from_calendar_date(year, month, self.day.unwrap_or(1)).ok()
    }
}

fn week_date(year: i32, week: u8, weekday: u8, monday: bool) -> Option<Date> {
    let first = Date::from_ordinal_date(year, 1).ok()?;
    let mut first_day = i64::from(first.weekday().number_days_from_monday());
    let mut day = i64::from(weekday);
    if !monday {
        first_day = (first_day + 1) % 7;
        day = (day + 1) % 7;
    }
    let days = if week == 0 {
        day - first_day
    } else {
        (7 - first_day) % 7 + 7 * (i64::from(week) - 1) + day
    };
    first.checked_add(Duration::days(days))
}

fn two_digit_year(year: i32) -> i32 {
    if year <= 68 { 2000 + year } else { 1900 + year }
}

fn index(names: &[&str], text: &str) -> Option<u8> {
    let found = names
        .iter()
        .position(|name| name.eq_ignore_ascii_case(text) || name[..3].eq_ignore_ascii_case(text))?;
    u8::try_from(found).ok()
}

/// `Z`, `+hhmm`, `+hh:mm`, `+hh:mm:ss`; fractions of a second are dropped.
fn offset(text: &str) -> Option<UtcOffset> {
    if text == "Z" {
        return Some(UtcOffset::UTC);
    }
    let sign: i32 = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let plain = text[1..].split('.').next()?;
    let colons = plain.contains(':');
    let parts: Vec<&str> = if colons {
        plain.split(':').collect()
    } else {
        let pair = |at: usize| plain.get(at..at + 2);
        [pair(0), pair(2), pair(4)].into_iter().flatten().collect()
    };
    let used: usize = parts.iter().map(|part| part.len()).sum();
    let digits = plain.bytes().filter(u8::is_ascii_digit).count();
    if parts.len() < 2 || parts.len() > 3 || used != digits || parts.iter().any(|p| p.len() != 2) {
        return None;
    }
    let numbers: Vec<i32> = parts.iter().filter_map(|part| part.parse().ok()).collect();
    if numbers.iter().skip(1).any(|n| *n > 59) || numbers[0] > 23 {
        return None;
    }
    let seconds = numbers[0] * 3600 + numbers[1] * 60 + numbers.get(2).copied().unwrap_or(0);
    UtcOffset::from_whole_seconds(sign * seconds).ok()
}
