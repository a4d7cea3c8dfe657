//! A point in time, with or without an offset from UTC: Python's `datetime`.

use std::cmp::Ordering;
use std::fmt::Write as _;

use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

use super::{DateError, Span};

/// What clocks show in one place, and where that place is, if known. Whole microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub local: PrimitiveDateTime,
    pub offset: Option<UtcOffset>,
}

impl Moment {
    pub const EPOCH: Self = Self {
        local: PrimitiveDateTime::new(
            match Date::from_ordinal_date(1970, 1) {
                Ok(date) => date,
                Err(_) => Date::MIN,
            },
            Time::MIDNIGHT,
        ),
        offset: Some(UtcOffset::UTC),
    };

    /// Cut to microseconds.
    pub fn new(local: PrimitiveDateTime, offset: Option<UtcOffset>) -> Self {
        let micros = local.microsecond();
        let local = local.replace_microsecond(micros).unwrap_or(local);
        Self { local, offset }
    }

    pub fn utc(at: OffsetDateTime) -> Self {
        let at = at.to_offset(UtcOffset::UTC);
        Self::new(
            PrimitiveDateTime::new(at.date(), at.time()),
            Some(UtcOffset::UTC),
        )
    }

    pub fn from_micros(micros: i128) -> Result<Self, DateError> {
        let nanos = micros.checked_mul(1000).ok_or_else(DateError::overflow)?;
        let at =
            OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|_| DateError::overflow())?;
        if !(1..=9999).contains(&at.year()) {
            return Err(DateError::overflow());
        }
        Ok(Self::utc(at))
    }

    /// Microseconds since 1970; without an offset taken as UTC.
    pub fn micros(&self) -> i128 {
        let offset = self.offset.unwrap_or(UtcOffset::UTC);
        self.local
            .assume_offset(offset)
            .unix_timestamp_nanos()
            .div_euclid(1000)
    }

    #[must_use]
    pub fn aware(self) -> Self {
        Self {
            local: self.local,
            offset: self.offset.or(Some(UtcOffset::UTC)),
        }
    }

    /// The same point as clocks at UTC show it.
    pub fn to_utc(self) -> Result<Self, DateError> {
        Self::from_micros(self.micros())
    }

    /// The order of two points; `None` between one with and one without an offset.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self.offset, other.offset) {
            (None, Some(_)) | (Some(_), None) => None,
            _ => Some(self.micros().cmp(&other.micros())),
        }
    }

    pub fn plus(self, span: &Span) -> Result<Self, DateError> {
        self.shifted(span, 1)
    }

    pub fn minus(self, span: &Span) -> Result<Self, DateError> {
        self.shifted(span, -1)
    }

    fn shifted(self, span: &Span, sign: i32) -> Result<Self, DateError> {
        let date = span.shift_months(self.local.date(), sign)?;
        let local = self.local.replace_date(date);
        let local = local
            .checked_add(span.times(sign).exact())
            .filter(|local| (1..=9999).contains(&local.year()))
            .ok_or_else(DateError::overflow)?;
        Ok(Self {
            local,
            offset: self.offset,
        })
    }

    /// The time between; `None` when only one of them has an offset.
    pub fn since(&self, earlier: &Self) -> Option<Duration> {
        self.compare(earlier)?;
        let micros = self.micros() - earlier.micros();
        Some(duration_of(micros))
    }

    /// `isoformat` with this separator.
    pub fn text(&self, separator: char) -> String {
        let mut out = date_text(self.local.date());
        out.push(separator);
        let (hour, minute, second, micro) = self.local.time().as_hms_micro();
        _ = write!(out, "{hour:02}:{minute:02}:{second:02}");
        if micro != 0 {
            _ = write!(out, ".{micro:06}");
        }
        if let Some(offset) = self.offset {
            out.push_str(&offset_text(offset, ":"));
        }
        out
    }

    pub fn repr(&self) -> String {
        let (hour, minute, second, micro) = self.local.time().as_hms_micro();
        let date = self.local.date();
        let mut out = format!(
            "datetime.datetime({}, {}, {}, {hour}, {minute}",
            date.year(),
            u8::from(date.month()),
            date.day()
        );
        if second != 0 || micro != 0 {
            _ = write!(out, ", {second}");
        }
        if micro != 0 {
            _ = write!(out, ", {micro}");
        }
        if self.offset.is_some() {
            out.push_str(", tzinfo=datetime.timezone.utc");
        }
        out.push(')');
        out
    }
}

/// Microseconds as a duration, bounded to what one holds.
pub fn duration_of(micros: i128) -> Duration {
    let seconds = i64::try_from(micros.div_euclid(1_000_000)).unwrap_or(i64::MAX / 2);
    let rest = i64::try_from(micros.rem_euclid(1_000_000)).unwrap_or(0);
    Duration::seconds(seconds) + Duration::microseconds(rest)
}

/// `2024-01-31`.
pub fn date_text(date: Date) -> String {
    format!(
        "{:04}-{:02}-{:02}",
        date.year(),
        u8::from(date.month()),
        date.day()
    )
}

/// `+01:00`, with seconds if there are any.
pub fn offset_text(offset: UtcOffset, between: &str) -> String {
    let (hours, minutes, seconds) = offset.as_hms();
    let sign = if offset.is_negative() { '-' } else { '+' };
    let mut out = format!("{sign}{:02}{between}{:02}", hours.abs(), minutes.abs());
    if seconds != 0 {
        _ = write!(out, "{between}{:02}", seconds.abs());
    }
    out
}
