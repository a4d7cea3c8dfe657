//! ISO 8601 durations as `isodate` reads them: `P1DT12H`, `-P2W`, `P1M`.

use time::Duration;

use super::{DateError, Span};

/// Units in the order they may come, behind `P` and behind `T`.
const DATE_UNITS: [(char, f64); 4] = [('Y', 0.0), ('M', 0.0), ('W', 604_800.0), ('D', 86_400.0)];
const TIME_UNITS: [(char, f64); 3] = [('H', 3600.0), ('M', 60.0), ('S', 1.0)];

pub fn parse_duration(text: &str) -> Result<Span, DateError> {
    read(text).ok_or_else(|| DateError::new(format!("Unable to parse duration string '{text}'")))
}

fn read(text: &str) -> Option<Span> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let body = unsigned.strip_prefix('P')?;
    // `P` alone says nothing; `PT` is taken as zero
    if body.is_empty() {
        return None;
    }
    let (date, time) = match body.split_once('T') {
        Some((date, time)) => (date, time),
        None => (body, ""),
    };
    let mut total = Total::default();
    total.add(date, &DATE_UNITS)?;
    total.add(time, &TIME_UNITS)?;
    let span = total.span()?;
    Some(if negative { span.times(-1) } else { span })
}

#[derive(Default)]
struct Total {
    years: f64,
    months: f64,
    micros: f64,
}

impl Total {
    fn add(&mut self, mut text: &str, units: &[(char, f64)]) -> Option<()> {
        let mut allowed = units.iter();
        while !text.is_empty() {
            let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')?;
            let value = number(&text[..end])?;
            let unit = text[end..].chars().next()?;
            let (_, seconds) = allowed.find(|(found, _)| *found == unit)?;
            match (unit, *seconds) {
                ('Y', _) => self.years = value,
                ('M', 0.0) => self.months = value,
                (_, seconds) => self.micros += value * seconds * 1e6,
            }
            text = &text[end + unit.len_utf8()..];
        }
        Some(())
    }

    fn span(&self) -> Option<Span> {
        let micros = self.micros.round_ties_even();
        // far beyond the years a date can have
        if micros.abs() > 8.6e19 {
            return None;
        }
        let rest = Duration::checked_seconds_f64((micros / 1e6).trunc())?
            + Duration::checked_seconds_f64((micros % 1e6) / 1e6)?;
        let rest = Duration::microseconds(i64::try_from(nearest_micro(rest)).ok()?);
        if self.years == 0.0 && self.months == 0.0 {
            return Some(Span::Exact(rest));
        }
        Some(Span::Calendar {
            years: whole(self.years)?,
            months: whole(self.months)?,
            fractional: self.years.fract() != 0.0 || self.months.fract() != 0.0,
            rest,
        })
    }
}

/// Fractions of a second lose a nanosecond on the way through a float.
fn nearest_micro(duration: Duration) -> i128 {
    (duration.whole_nanoseconds() + 500).div_euclid(1000)
}

fn whole(value: f64) -> Option<i64> {
    format!("{:.0}", value.trunc()).parse().ok()
}

/// Digits with at most one fraction; a dot needs digits on both sides.
fn number(text: &str) -> Option<f64> {
    let plain = text.replace(',', ".");
    let good = match plain.split_once('.') {
        Some((whole, fraction)) => {
            !whole.is_empty() && !fraction.is_empty() && !fraction.contains('.')
        }
        None => !plain.is_empty(),
    };
    if good { plain.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_what_isodate_makes_of_them() {
        for (text, expected) in [
            ("P1D", "1 day, 0:00:00"),
            ("PT1H30M", "1:30:00"),
            ("P1W2D", "9 days, 0:00:00"),
            ("-P1D", "-1 day, 0:00:00"),
            ("PT0.000001S", "0:00:00.000001"),
            ("P0,5D", "12:00:00"),
            ("PT", "0:00:00"),
            ("P1M", "1 month, 0:00:00"),
            ("P1Y2M3DT4S", "1 years, 2 months, 3 days, 0:00:04"),
            ("P0M", "0:00:00"),
            ("+P5D", "5 days, 0:00:00"),
        ] {
            assert_eq!(
                parse_duration(text).map(|s| s.text()),
                Ok(expected.to_owned()),
                "{text}"
            );
        }
        for text in [
            "", "P", "1D", "P1", "P1H", "PT1D", "P1D1W", "P.5D", "P1.D", "p1d", "P1DT1Hx",
        ] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
