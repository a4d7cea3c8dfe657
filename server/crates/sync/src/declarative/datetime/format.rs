//! The formats of the low-code language: `strptime` patterns and the special ones for timestamps, both ways.

use super::strptime::Pattern;
use super::{DateError, Moment, strftime};
use crate::declarative::template::number::{float_text, to_float, to_int};

/// A compiled `datetime_format`.
#[derive(Debug, Clone)]
pub enum Format {
    /// `%s`: seconds since 1970.
    Seconds,
    /// `%s_as_float`: the same with a fraction.
    FloatSeconds,
    /// `%ms`: milliseconds since 1970.
    Millis,
    /// `%epoch_microseconds`: microseconds since 1970.
    Micros,
    /// Everything else.
    Pattern(Box<Pattern>),
}

impl Format {
    pub fn compile(format: &str) -> Self {
        match format {
            "%s" => Self::Seconds,
            "%s_as_float" => Self::FloatSeconds,
            "%ms" => Self::Millis,
            "%epoch_microseconds" => Self::Micros,
            _ => Self::Pattern(Box::new(Pattern::compile(format))),
        }
    }

    /// Reads a moment; one without an offset is taken as UTC.
    pub fn parse(&self, text: &str) -> Result<Moment, DateError> {
        match self {
            Self::Seconds => Moment::from_micros(int(text)?.saturating_mul(1_000_000)),
            Self::Millis => Moment::from_micros(int(text)?.saturating_mul(1000)),
            Self::Micros => Moment::from_micros(int(text)?),
            Self::FloatSeconds => from_float(float(text)?),
            Self::Pattern(pattern) => pattern.parse(text).map(Moment::aware),
        }
    }

    /// Whether texts of this format are ordered as their moments are, at least for dates of this age.
    pub fn is_sortable(&self) -> bool {
        match self {
            Self::Pattern(pattern) => pattern.is_sortable(),
            _ => true,
        }
    }

    pub fn format(&self, moment: &Moment) -> String {
        let micros = moment.micros();
        match self {
            // Python cuts towards zero and goes through a float on the way
            Self::Seconds => (micros / 1_000_000).to_string(),
            Self::FloatSeconds => float_text(seconds(micros)),
            Self::Millis => cut(seconds(micros) * 1000.0),
            Self::Micros => cut(seconds(micros) * 1_000_000.0),
            Self::Pattern(pattern) => pattern.format(moment),
        }
    }
}

/// `timestamp()` of Python.
pub fn seconds(micros: i128) -> f64 {
    to_float(micros) / 1e6
}

fn cut(value: f64) -> String {
    to_int(value).unwrap_or(0).to_string()
}

/// Seconds with a fraction, to the nearest microsecond, half to even.
pub fn from_float(seconds: f64) -> Result<Moment, DateError> {
    let whole = seconds.floor();
    let micros = ((seconds - whole) * 1e6).round_ties_even();
    let whole = to_int(whole).ok_or_else(DateError::overflow)?;
    let micros = to_int(micros).ok_or_else(DateError::overflow)?;
    Moment::from_micros(whole.saturating_mul(1_000_000).saturating_add(micros))
}

/// `int(text)` of Python: spaces around and underscores inside are fine.
fn int(text: &str) -> Result<i128, DateError> {
    bare(text)
        .parse()
        .map_err(|_| DateError::new(format!("invalid literal for int() with base 10: '{text}'")))
}

/// Without spaces around and underscores between digits.
fn bare(text: &str) -> String {
    let plain = text.trim();
    let between = !plain.starts_with('_') && !plain.ends_with('_') && !plain.contains("__");
    if between {
        plain.replace('_', "")
    } else {
        plain.to_owned()
    }
}

fn float(text: &str) -> Result<f64, DateError> {
    bare(text)
        .parse::<f64>()
        .ok()
        .filter(|value| value.is_finite())
        .ok_or_else(|| DateError::new(format!("could not convert string to float: '{text}'")))
}

impl Pattern {
    /// From years down, each unit once.
    fn is_sortable(&self) -> bool {
        let fields: String = self
            .source()
            .split('%')
            .skip(1)
            .filter_map(|part| part.chars().next())
            .filter(|c| !matches!(c, 'z' | 'Z' | '_'))
            .collect();
        !fields.is_empty() && "YmdHMSf".starts_with(&fields)
    }

    fn format(&self, moment: &Moment) -> String {
        let format = self.source();
        if !format.contains("%_ms") {
            return strftime(moment, format);
        }
        // as the Python runtime does it: wherever the microseconds' digits stand, they are replaced
        let micro = moment.local.microsecond();
        strftime(moment, &format.replace("%_ms", "%f"))
            .replace(&format!("{micro:06}"), &format!("{:03}", micro / 1000))
    }
}
