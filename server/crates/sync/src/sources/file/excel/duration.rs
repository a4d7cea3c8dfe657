//! A duration as a workbook holds it, in days, spelled as ISO 8601 has it: `PT36H30M`.

use std::fmt::Write;

const DAY_MILLIS: f64 = 86_400_000.0;
const HOUR_MILLIS: f64 = 3_600_000.0;
const MINUTE_MILLIS: f64 = 60_000.0;
/// More are no duration, and milliseconds would not be told exactly.
const MOST_DAYS: f64 = 10_000_000.0;

/// Hours, minutes and seconds; not days, which have no fixed number of hours to PostgreSQL. Each part of a negative one has
/// the sign, as PostgreSQL reads and writes it. Nothing for what cannot be one.
pub fn iso(days: f64) -> Option<String> {
    if !days.is_finite() || days.abs() > MOST_DAYS {
        return None;
    }
    let millis = (days.abs() * DAY_MILLIS).round();
    let sign = if days < 0.0 { "-" } else { "" };
    let hours = (millis / HOUR_MILLIS).floor();
    let minutes = (millis % HOUR_MILLIS / MINUTE_MILLIS).floor();
    let seconds = millis % MINUTE_MILLIS / 1000.0;
    let mut text = "PT".to_owned();
    for (amount, unit) in [(hours, 'H'), (minutes, 'M'), (seconds, 'S')] {
        if amount > 0.0 {
            write!(text, "{sign}{amount}{unit}").expect("a text takes everything");
        }
    }
    if text == "PT" {
        text.push_str("0S");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_hours_minutes_and_seconds() {
        for (days, spelled) in [
            (1.5, "PT36H"),
            (0.0, "PT0S"),
            (36.5 / 24.0, "PT36H30M"),
            (90.0 / 86_400.0, "PT1M30S"),
            (1.25 / 86_400.0, "PT1.25S"),
            // As a spreadsheet program rounds 10:20.
            (0.430_555_555_555_556, "PT10H20M"),
            (-1.5 / 24.0, "PT-1H-30M"),
        ] {
            assert_eq!(iso(days).as_deref(), Some(spelled));
        }
        assert_eq!(iso(f64::NAN), None);
        assert_eq!(iso(1e300), None);
    }
}
