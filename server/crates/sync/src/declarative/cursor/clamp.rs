//! Slices that begin and end with a day, a week or a month.

use serde_json::Value;
use time::{Duration, Time, Weekday};

use super::definition::text;
use crate::declarative::datetime::{DateError, Moment, Span};
use crate::declarative::manifest::Node;
use crate::fault::Fault;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clamp {
    Day,
    /// Weeks that start on this day.
    Week(Weekday),
    Month,
}

impl Clamp {
    pub fn read(cursor: &Node<'_>, config: &Value) -> Result<Option<Self>, Fault> {
        let Some(node) = cursor.child("clamping")? else {
            return Ok(None);
        };
        match text(&node, "target", config)?.as_deref() {
            Some("DAY") => Ok(Some(Self::Day)),
            Some("MONTH") => Ok(Some(Self::Month)),
            Some("WEEK") => weekday(&node).map(|day| Some(Self::Week(day))),
            _ => Err(node.wrong("target", "is none of DAY, WEEK and MONTH")),
        }
    }

    /// The width of the last unit, when the cursor has no granularity.
    pub fn unit(self) -> Span {
        Span::Exact(match self {
            Self::Day => Duration::SECOND,
            Self::Week(_) | Self::Month => Duration::DAY,
        })
    }

    /// The next border, or the moment itself when it is one. Months look at the day alone, as the Python runtime does.
    pub fn ceiling(self, moment: &Moment) -> Result<Moment, DateError> {
        let midnight = midnight(moment);
        match self {
            Self::Day if midnight.local == moment.local => Ok(midnight),
            Self::Day => midnight.plus(&days(1)),
            Self::Week(day) => midnight.plus(&days(days_until(moment, day))),
            Self::Month if moment.local.day() == 1 => Ok(midnight),
            Self::Month => first_of_month(&midnight)?.plus(&Span::Calendar {
                years: 0,
                months: 1,
                fractional: false,
                rest: Duration::ZERO,
            }),
        }
    }

    /// The last border before.
    pub fn floor(self, moment: &Moment) -> Result<Moment, DateError> {
        let midnight = midnight(moment);
        match self {
            Self::Day => Ok(midnight),
            Self::Month => first_of_month(&midnight),
            Self::Week(day) => match days_until(moment, day) {
                0 => Ok(midnight),
                until => midnight.plus(&days(until - 7)),
            },
        }
    }
}

fn weekday(node: &Node<'_>) -> Result<Weekday, Fault> {
    let details = node.child("target_details")?;
    let name = details
        .as_ref()
        .map(|details| details.str("weekday"))
        .transpose()?;
    match name.flatten() {
        Some("MONDAY") => Ok(Weekday::Monday),
        Some("TUESDAY") => Ok(Weekday::Tuesday),
        Some("WEDNESDAY") => Ok(Weekday::Wednesday),
        Some("THURSDAY") => Ok(Weekday::Thursday),
        Some("FRIDAY") => Ok(Weekday::Friday),
        Some("SATURDAY") => Ok(Weekday::Saturday),
        Some("SUNDAY") => Ok(Weekday::Sunday),
        _ => Err(node.wrong("target_details", "names no weekday")),
    }
}

fn midnight(moment: &Moment) -> Moment {
    Moment {
        local: moment.local.replace_time(Time::MIDNIGHT),
        offset: moment.offset,
    }
}

fn first_of_month(midnight: &Moment) -> Result<Moment, DateError> {
    let local = midnight
        .local
        .replace_day(1)
        .map_err(|error| DateError(error.to_string()))?;
    Ok(Moment {
        local,
        offset: midnight.offset,
    })
}

fn days(days: i64) -> Span {
    Span::Exact(Duration::days(days))
}

fn days_until(moment: &Moment, day: Weekday) -> i64 {
    let today = i64::from(moment.local.weekday().number_days_from_monday());
    (i64::from(day.number_days_from_monday()) - today).rem_euclid(7)
}
