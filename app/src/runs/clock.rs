//! The distance between two instants, without a calendar library: date libraries are too heavy for the browser.

/// Milliseconds from one RFC 3339 instant in UTC to another.
pub fn between(from: &str, to: &str) -> Option<i64> {
    Some(
        seconds(to)?
            .saturating_sub(seconds(from)?)
            .saturating_mul(1000),
    )
}

/// Seconds since 1970; fractions are left out.
fn seconds(at: &str) -> Option<i64> {
    let part = |range| {
        at.get(range)
            .and_then(|digits: &str| digits.parse::<i64>().ok())
    };
    let (year, month, day) = (part(0..4)?, part(5..7)?, part(8..10)?);
    let (hour, minute, second) = (part(11..13)?, part(14..16)?, part(17..19)?);
    Some(days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

/// Days since 1970 in the Gregorian calendar: years are counted from March, so that the leap day comes last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_have_a_distance() {
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds("2026-11-21T06:07:59.123Z"), Some(1_795_241_279));
        assert_eq!(
            between("2024-02-28T23:59:58Z", "2024-03-01T00:00:00Z"),
            Some(86_402_000)
        );
        assert_eq!(between("soon", "2024-03-01T00:00:00Z"), None);
    }
}
