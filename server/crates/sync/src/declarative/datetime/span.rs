//! Spans of time: exact ones (`timedelta`) and those that count months (`isodate.Duration`).

use std::cmp::Ordering;
use std::fmt::Write as _;

use time::{Date, Duration, Month};

use super::DateError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    Exact(Duration),
    Calendar {
        years: i64,
        months: i64,
        /// It was written with a fraction of a year or month, which no date can be moved by.
        fractional: bool,
        rest: Duration,
    },
}

impl Span {
    pub const ZERO: Self = Self::Exact(Duration::ZERO);

    pub fn exact(&self) -> Duration {
        match self {
            Self::Exact(duration) => *duration,
            Self::Calendar { rest, .. } => *rest,
        }
    }

    /// Years and months.
    fn calendar(&self) -> (i64, i64) {
        match self {
            Self::Exact(_) => (0, 0),
            Self::Calendar { years, months, .. } => (*years, *months),
        }
    }

    fn fractional(&self) -> bool {
        matches!(
            self,
            Self::Calendar {
                fractional: true,
                ..
            }
        )
    }

    pub fn is_zero(&self) -> bool {
        match self {
            Self::Exact(duration) => duration.is_zero(),
            // objects without a notion of emptiness count as true in Python
            Self::Calendar { .. } => false,
        }
    }

    /// Exact spans have an order.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Exact(a), Self::Exact(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    /// Moves a date by the years and months; the day is cut to the month's last.
    pub fn shift_months(&self, date: Date, sign: i32) -> Result<Date, DateError> {
        if self.fractional() {
            return Err(DateError::new(
                "fractional years or months not supported for date calculations",
            ));
        }
        let (years, months) = self.calendar();
        if years == 0 && months == 0 {
            return Ok(date);
        }
        let sign = i64::from(sign);
        let months = sign
            .saturating_mul(months)
            .saturating_add(i64::from(u8::from(date.month())) - 1);
        let year = sign
            .saturating_mul(years)
            .saturating_add(i64::from(date.year()) + months.div_euclid(12));
        let year = i32::try_from(year)
            .ok()
            .filter(|year| (1..=9999).contains(year));
        let year = year.ok_or_else(DateError::overflow)?;
        let month = u8::try_from(months.rem_euclid(12) + 1)
            .ok()
            .and_then(|m| Month::try_from(m).ok());
        let month = month.ok_or_else(DateError::overflow)?;
        let day = date.day().min(month.length(year));
        Date::from_calendar_date(year, month, day).map_err(|_| DateError::overflow())
    }

    #[must_use]
    pub fn plus(&self, other: &Self, sign: i32) -> Self {
        let exact = self.exact().saturating_add(multiplied(other.exact(), sign));
        if let (Self::Exact(_), Self::Exact(_)) = (self, other) {
            return Self::Exact(exact);
        }
        let ((years, months), (more_years, more_months)) = (self.calendar(), other.calendar());
        Self::Calendar {
            years: years.saturating_add(i64::from(sign).saturating_mul(more_years)),
            months: months.saturating_add(i64::from(sign).saturating_mul(more_months)),
            fractional: self.fractional() || other.fractional(),
            rest: exact,
        }
    }

    #[must_use]
    pub fn times(&self, factor: i32) -> Self {
        match self {
            Self::Exact(duration) => Self::Exact(multiplied(*duration, factor)),
            Self::Calendar {
                years,
                months,
                fractional,
                rest,
            } => Self::Calendar {
                years: years.saturating_mul(factor.into()),
                months: months.saturating_mul(factor.into()),
                fractional: *fractional,
                rest: multiplied(*rest, factor),
            },
        }
    }

    /// Days, seconds and microseconds, the last two never negative.
    pub fn parts(&self) -> (i64, i64, i64) {
        let micros = self.exact().whole_microseconds();
        let part = |value: i128| i64::try_from(value).unwrap_or(i64::MAX);
        let seconds = micros.div_euclid(1_000_000);
        (
            part(seconds.div_euclid(86_400)),
            part(seconds.rem_euclid(86_400)),
            part(micros.rem_euclid(1_000_000)),
        )
    }

    /// `1 day, 2:00:00`.
    pub fn text(&self) -> String {
        let mut parts = Vec::new();
        if let Self::Calendar {
            years,
            months,
            fractional,
            ..
        } = self
        {
            if *years != 0 {
                parts.push(format!("{years} years"));
            }
            if *months != 0 {
                let unit = if *months <= 1 && !fractional {
                    "month"
                } else {
                    "months"
                };
                parts.push(format!("{months} {unit}"));
            }
        }
        let (days, seconds, micros) = self.parts();
        let mut out = String::new();
        if days != 0 {
            let plural = if days.abs() == 1 { "" } else { "s" };
            _ = write!(out, "{days} day{plural}, ");
        }
        _ = write!(
            out,
            "{}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        );
        if micros != 0 {
            _ = write!(out, ".{micros:06}");
        }
        parts.push(out);
        parts.join(", ")
    }

    pub fn repr(&self) -> String {
        let (days, seconds, micros) = self.parts();
        if let Self::Calendar { years, months, .. } = self {
            return format!(
                "isodate.duration.Duration({days}, {seconds}, {micros}, years={years}, months={months})"
            );
        }
        let parts: Vec<String> = [
            ("days", days),
            ("seconds", seconds),
            ("microseconds", micros),
        ]
        .into_iter()
        .filter(|(_, value)| *value != 0)
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
        let inner = if parts.is_empty() {
            "0".to_owned()
        } else {
            parts.join(", ")
        };
        format!("datetime.timedelta({inner})")
    }
}

/// Bounded to what a duration holds.
fn multiplied(duration: Duration, factor: i32) -> Duration {
    let bound = if duration.is_negative() == (factor < 0) {
        Duration::MAX
    } else {
        Duration::MIN
    };
    duration.checked_mul(factor).unwrap_or(bound)
}
