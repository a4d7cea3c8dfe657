//! Dates and times from PostgreSQL's binary form to the protocol's texts.
//!
//! PostgreSQL counts from 1 January 2000 and reaches from 4713 BC to the year 294276; years before 1 are written with
//! ` BC` at the end, as the protocol says.

use super::value::Finite;

/// Days from 0000-03-01, where the calendar's cycle is easiest to count, to 2000-01-01.
const DAYS_TO_2000: i64 = 730_425;
const DAYS_PER_400_YEARS: i64 = 146_097;
const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// What stands after a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    None,
    Utc,
}

/// `date`: days. The two ends of the range mean infinity.
pub fn date(days: i32, out: &mut Vec<u8>) -> Finite {
    if days == i32::MAX || days == i32::MIN {
        return Finite::No;
    }
    out.push(b'"');
    let era = calendar_date(i64::from(days), out);
    finish(era, out)
}

/// `timestamp` and `timestamptz`: microseconds. The two ends of the range mean infinity.
pub fn timestamp(micros: i64, zone: Zone, out: &mut Vec<u8>) -> Finite {
    if micros == i64::MAX || micros == i64::MIN {
        return Finite::No;
    }
    out.push(b'"');
    let era = calendar_date(micros.div_euclid(MICROS_PER_DAY), out);
    out.push(b'T');
    clock(micros.rem_euclid(MICROS_PER_DAY), out);
    if zone == Zone::Utc {
        out.push(b'Z');
    }
    finish(era, out)
}

/// `time`: microseconds since midnight; 24:00:00 is a value of its own.
pub fn time(micros: i64, out: &mut Vec<u8>) {
    out.push(b'"');
    clock(micros, out);
    out.push(b'"');
}

/// `timetz`: the zone counts seconds west of Greenwich. Where they are no whole minutes, they are written, too.
pub fn time_with_zone(micros: i64, west: i32, out: &mut Vec<u8>) {
    out.push(b'"');
    clock(micros, out);
    let east = -i64::from(west);
    out.push(if east < 0 { b'-' } else { b'+' });
    two(east.abs() / 3600, out);
    out.push(b':');
    two(east.abs() / 60 % 60, out);
    if east % 60 != 0 {
        out.push(b':');
        two(east.abs() % 60, out);
    }
    out.push(b'"');
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Era {
    Common,
    Before,
}

fn finish(era: Era, out: &mut Vec<u8>) -> Finite {
    if era == Era::Before {
        out.extend_from_slice(b" BC");
    }
    out.push(b'"');
    Finite::Yes
}

/// Writes `YYYY-MM-DD` of a day counted from 2000-01-01, by the rule of 400-year cycles that begin in March.
fn calendar_date(days: i64, out: &mut Vec<u8>) -> Era {
    let days = days + DAYS_TO_2000;
    let cycle = days.div_euclid(DAYS_PER_400_YEARS);
    let day_of_cycle = days.rem_euclid(DAYS_PER_400_YEARS);
    let year_of_cycle =
        (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36_524 - day_of_cycle / 146_096) / 365;
    let day_of_year =
        day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_cycle + cycle * 400 + i64::from(month <= 2);
    // There is no year zero: the year before 1 is 1 BC.
    let (year, era) = if year > 0 {
        (year, Era::Common)
    } else {
        (1 - year, Era::Before)
    };
    if year > 9999 {
        out.extend_from_slice(itoa::Buffer::new().format(year).as_bytes());
    } else {
        two(year / 100, out);
        two(year % 100, out);
    }
    out.push(b'-');
    two(month, out);
    out.push(b'-');
    two(day, out);
    era
}

fn clock(micros: i64, out: &mut Vec<u8>) {
    let seconds = micros / MICROS_PER_SECOND;
    two(seconds / 3600, out);
    out.push(b':');
    two(seconds / 60 % 60, out);
    out.push(b':');
    two(seconds % 60, out);
    let rest = micros % MICROS_PER_SECOND;
    if rest > 0 {
        out.push(b'.');
        two(rest / 10_000, out);
        two(rest / 100 % 100, out);
        two(rest % 100, out);
    }
}

/// Two digits of a number from 0 to 99.
fn two(number: i64, out: &mut Vec<u8>) {
    let digit = |value: i64| b'0' + u8::try_from(value % 10).unwrap_or_default();
    out.extend_from_slice(&[digit(number / 10), digit(number)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn dates_of_every_era() {
        let cases = [
            (0, "\"2000-01-01\""),
            (-1, "\"1999-12-31\""),
            (59, "\"2000-02-29\""),
            (60, "\"2000-03-01\""),
            (-10_957, "\"1970-01-01\""),
            (-730_119, "\"0001-01-01\""),
            (-730_120, "\"0001-12-31 BC\""),
            (-746_117, "\"0044-03-15 BC\""),
            (2_921_940, "\"10000-01-01\""),
        ];
        for (days, expected) in cases {
            assert_eq!(
                text(|out| assert_eq!(date(days, out), Finite::Yes)),
                expected,
                "{days}"
            );
        }
        assert_eq!(text(|out| assert_eq!(date(i32::MAX, out), Finite::No)), "");
    }

    #[test]
    fn times_and_zones() {
        assert_eq!(text(|out| time(86_399_999_999, out)), "\"23:59:59.999999\"");
        assert_eq!(text(|out| time(MICROS_PER_DAY, out)), "\"24:00:00\"");
        assert_eq!(
            text(|out| time_with_zone(0, -7200, out)),
            "\"00:00:00+02:00\""
        );
        assert_eq!(
            text(|out| time_with_zone(0, 12_600, out)),
            "\"00:00:00-03:30\""
        );
        assert_eq!(
            text(|out| time_with_zone(MICROS_PER_DAY, -57_599, out)),
            "\"24:00:00+15:59:59\""
        );
        assert_eq!(
            text(|out| time_with_zone(0, 1, out)),
            "\"00:00:00-00:00:01\""
        );
        assert_eq!(
            text(|out| assert_eq!(timestamp(-1, Zone::Utc, out), Finite::Yes)),
            "\"1999-12-31T23:59:59.999999Z\""
        );
        assert_eq!(
            text(|out| assert_eq!(timestamp(500_000, Zone::None, out), Finite::Yes)),
            "\"2000-01-01T00:00:00.500000\""
        );
        assert_eq!(
            text(|out| assert_eq!(timestamp(i64::MIN, Zone::Utc, out), Finite::No)),
            ""
        );
    }
}
