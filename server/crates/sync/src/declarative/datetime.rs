//! Points in time, spans and their formats, with the rules of Python's `datetime`, `isodate` and the low-code language.

mod duration;
mod format;
mod iso;
mod minmax;
mod moment;
mod span;
mod strftime;
mod strptime;
#[cfg(test)]
mod tests;

pub use duration::parse_duration;
pub use format::{Format, from_float, seconds};
pub use iso::parse_iso;
pub use minmax::MinMax;
pub use moment::{Moment, date_text, offset_text};
pub use span::Span;
pub use strftime::{strftime, strftime_date};
pub use strptime::strptime;

use thiserror::Error;

/// A date, time or span that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct DateError(pub String);

impl DateError {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    fn overflow() -> Self {
        Self::new("date value out of range")
    }
}
