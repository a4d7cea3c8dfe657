//! `strftime` as CPython on Linux has it: Python's own `%f`, `%z`, `%Z`, the C library's for the rest, flags included.

use std::fmt::Write as _;

use time::{Date, PrimitiveDateTime, Time};

use super::Moment;
use super::moment::offset_text;

pub(super) const DAY_NAMES: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A date counts as its midnight.
pub fn strftime_date(date: Date, format: &str) -> String {
    strftime(
        &Moment::new(PrimitiveDateTime::new(date, Time::MIDNIGHT), None),
        format,
    )
}

pub fn strftime(moment: &Moment, format: &str) -> String {
    let mut out = String::with_capacity(format.len() + 16);
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = directive(moment, &rest[at..], &mut out);
    }
    out.push_str(rest);
    out
}

/// Widest field: more is a mistake.
const WIDEST: usize = 1024;

/// How a number is padded, and letters are cased.
#[derive(Clone, Copy, PartialEq)]
enum Flag {
    Usual,
    None,
    Spaces,
    Zeros,
    Upper,
}

/// Writes one directive and returns what follows it.
fn directive<'f>(moment: &Moment, text: &'f str, out: &mut String) -> &'f str {
    let mut chars = text.char_indices().skip(1);
    let mut flag = Flag::Usual;
    let mut width = 0;
    for (at, c) in &mut chars {
        match c {
            '0'..='9' if width > 0 || c != '0' => {
                let digit = c.to_digit(10).and_then(|digit| usize::try_from(digit).ok());
                width = (width * 10 + digit.unwrap_or(0)).min(WIDEST);
            }
            '-' => flag = Flag::None,
            '_' => flag = Flag::Spaces,
            '0' => flag = Flag::Zeros,
            '^' | '#' => flag = Flag::Upper,
            'E' | 'O' => {}
            c => {
                let after = &text[at + c.len_utf8()..];
                let from = out.len();
                if !write_one(moment, c, flag, out) {
                    out.push_str(&text[..at + c.len_utf8()]);
                    return after;
                }
                if flag == Flag::Upper {
                    let upper = out[from..].to_uppercase();
                    out.replace_range(from.., &upper);
                }
                widen(out, from, width);
                return after;
            }
        }
    }
    out.push_str(text);
    ""
}

/// Fills up to a width: numbers with zeros, names with spaces.
fn widen(out: &mut String, from: usize, width: usize) {
    let written = &out[from..];
    let missing = width.saturating_sub(written.chars().count());
    let numeric = written.bytes().all(|byte| byte.is_ascii_digit());
    let fill = if numeric { "0" } else { " " };
    out.insert_str(from, &fill.repeat(missing));
}

/// False when there is no such directive.
fn write_one(moment: &Moment, directive: char, flag: Flag, out: &mut String) -> bool {
    let local = &moment.local;
    let date = local.date();
    let (hour, minute, second, micro) = local.time().as_hms_micro();
    let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
    let weekday = usize::from(date.weekday().number_days_from_monday());
    let month = u8::from(date.month());
    let number = |out: &mut String, value: i64, width: usize, pad: char| {
        padded(out, value, width, pad, flag);
        true
    };
    let part = |out: &mut String, format: &str| {
        out.push_str(&strftime(moment, format));
        true
    };
    let word = |out: &mut String, word: &str| {
        out.push_str(word);
        true
    };
    match directive {
        'Y' => number(out, date.year().into(), 1, '0'),
        'm' => number(out, month.into(), 2, '0'),
        'd' => number(out, date.day().into(), 2, '0'),
        'H' => number(out, hour.into(), 2, '0'),
        'M' => number(out, minute.into(), 2, '0'),
        'S' => number(out, second.into(), 2, '0'),
        'f' => write!(out, "{micro:06}").is_ok(),
        'z' => moment.offset.is_none_or(|o| word(out, &offset_text(o, ""))),
        'Z' => zone_name(moment, out),
        'j' => number(out, date.ordinal().into(), 3, '0'),
        'y' => number(out, (date.year() % 100).into(), 2, '0'),
        'C' => number(out, (date.year() / 100).into(), 1, '0'),
        'I' => number(out, twelve.into(), 2, '0'),
        'e' => number(out, date.day().into(), 2, ' '),
        'k' => number(out, hour.into(), 2, ' '),
        'l' => number(out, twelve.into(), 2, ' '),
        'p' => word(out, if hour < 12 { "AM" } else { "PM" }),
        'P' => word(out, if hour < 12 { "am" } else { "pm" }),
        'A' => word(out, DAY_NAMES[weekday]),
        'a' => word(out, &DAY_NAMES[weekday][..3]),
        'B' => word(out, MONTHS[usize::from(month) - 1]),
        'b' | 'h' => word(out, &MONTHS[usize::from(month) - 1][..3]),
        'u' => number(out, date.weekday().number_from_monday().into(), 1, '0'),
        'w' => number(out, date.weekday().number_days_from_sunday().into(), 1, '0'),
        'U' => number(out, date.sunday_based_week().into(), 2, '0'),
        'W' => number(out, date.monday_based_week().into(), 2, '0'),
        'V' => number(out, date.iso_week().into(), 2, '0'),
        'G' => number(out, date.to_iso_week_date().0.into(), 1, '0'),
        'g' => number(out, (date.to_iso_week_date().0 % 100).into(), 2, '0'),
        's' => write!(out, "{}", local.assume_utc().unix_timestamp()).is_ok(),
        'F' => part(out, "%Y-%m-%d"),
        'T' | 'X' => part(out, "%H:%M:%S"),
        'D' | 'x' => part(out, "%m/%d/%y"),
        'R' => part(out, "%H:%M"),
        'r' => part(out, "%I:%M:%S %p"),
        'c' => part(out, "%a %b %e %H:%M:%S %Y"),
        'n' => word(out, "\n"),
        't' => word(out, "\t"),
        '%' => word(out, "%"),
        _ => false,
    }
}

fn padded(out: &mut String, value: i64, width: usize, pad: char, flag: Flag) {
    let pad = match flag {
        Flag::None => return out.push_str(&value.to_string()),
        Flag::Spaces => ' ',
        Flag::Zeros => '0',
        Flag::Usual | Flag::Upper => pad,
    };
    _ = match pad {
        ' ' => write!(out, "{value:width$}"),
        _ => write!(out, "{value:0width$}"),
    };
}

/// `UTC`, `UTC+01:00`, or nothing for a moment without an offset.
fn zone_name(moment: &Moment, out: &mut String) -> bool {
    if let Some(offset) = moment.offset {
        out.push_str("UTC");
        if !offset.is_utc() {
            out.push_str(&offset_text(offset, ":"));
        }
    }
    true
}
