//! `strptime` as Python has it: a pattern that backtracks over shorter numbers, names in any case, spaces as any space.

mod fields;

use super::strftime::{DAY_NAMES, MONTHS};
use super::{DateError, Moment};
use fields::Fields;

/// Reads a text once; [`Pattern`] is for many.
pub fn strptime(text: &str, format: &str) -> Result<Moment, DateError> {
    Pattern::compile(format).parse(text)
}

/// A compiled format.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    items: Result<Vec<Item>, DateError>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Item {
    Spaces,
    Literal(char),
    Field(char),
}

impl Pattern {
    pub fn compile(format: &str) -> Self {
        let expanded = format.replace("%_ms", "%f");
        Self {
            source: format.to_owned(),
            items: items(&expanded, format),
        }
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn parse(&self, text: &str) -> Result<Moment, DateError> {
        let items = self.items.as_ref().map_err(Clone::clone)?;
        let found = greedy(items, text).or_else(|| matched(items, text, Fields::default()));
        let Some((fields, rest)) = found else {
            let message = format!("time data '{text}' does not match format '{}'", self.source);
            return Err(DateError(message));
        };
        if !rest.is_empty() {
            return Err(DateError(format!("unconverted data remains: {rest}")));
        }
        fields
            .moment()
            .ok_or_else(|| DateError(format!("time data '{text}' is no date of the calendar")))
    }
}

fn items(format: &str, source: &str) -> Result<Vec<Item>, DateError> {
    let mut items = Vec::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            if items.last() != Some(&Item::Spaces) {
                items.push(Item::Spaces);
            }
            continue;
        }
        if c != '%' {
            items.push(Item::Literal(c));
            continue;
        }
        match chars.next() {
            Some('%') => items.push(Item::Literal('%')),
            Some('c') => items.extend(self::items("%a %b %d %H:%M:%S %Y", source)?),
            Some('x') => items.extend(self::items("%m/%d/%y", source)?),
            Some('X') => items.extend(self::items("%H:%M:%S", source)?),
            Some(c) if "aAbBdfHIjmMpSUwWuVGyYzZ".contains(c) => items.push(Item::Field(c)),
            Some(c) => {
                return Err(DateError(format!(
                    "'{c}' is a bad directive in format '{source}'"
                )));
            }
            None => return Err(DateError(format!("stray % in format '{source}'"))),
        }
    }
    Ok(items)
}

/// The first way to read the items, and what is left behind them.
fn matched<'t>(items: &[Item], text: &'t str, fields: Fields) -> Option<(Fields, &'t str)> {
    let Some((item, others)) = items.split_first() else {
        return Some((fields, text));
    };
    match item {
        Item::Literal(c) => {
            let first = text.chars().next()?;
            let same = first == *c || first.to_lowercase().eq(c.to_lowercase());
            if !same {
                return None;
            }
            matched(others, &text[first.len_utf8()..], fields)
        }
        Item::Spaces => {
            let rest = text.trim_start();
            if rest.len() == text.len() {
                return None;
            }
            matched(others, rest, fields)
        }
        Item::Field(directive) => lengths(*directive, text).into_iter().find_map(|length| {
            let mut fields = fields;
            fields.read(*directive, text.get(..length)?)?;
            matched(others, &text[length..], fields)
        }),
    }
}

/// The same without a way back: each field takes all it can. What it reads, [`matched`] reads the same.
fn greedy<'t>(items: &[Item], text: &'t str) -> Option<(Fields, &'t str)> {
    let mut fields = Fields::default();
    let mut rest = text;
    for item in items {
        rest = match item {
            Item::Literal(c) => rest.strip_prefix(*c)?,
            Item::Spaces => rest.strip_prefix(' ')?.trim_start(),
            Item::Field(directive) => {
                let length = longest(*directive, rest)?;
                fields.read(*directive, rest.get(..length)?)?;
                &rest[length..]
            }
        };
    }
    Some((fields, rest))
}

/// How many digits a field of numbers takes at most.
fn most_digits(directive: char) -> Option<usize> {
    match directive {
        'd' | 'H' | 'I' | 'm' | 'M' | 'S' | 'U' | 'W' | 'V' => Some(2),
        'j' => Some(3),
        'f' => Some(6),
        'w' | 'u' => Some(1),
        _ => None,
    }
}

/// The longest a field may be.
fn longest(directive: char, text: &str) -> Option<usize> {
    let digits = || text.bytes().take_while(u8::is_ascii_digit).count();
    match (directive, most_digits(directive)) {
        (_, Some(most)) => Some(digits().min(most)).filter(|length| *length > 0),
        ('y', _) => (digits() >= 2).then_some(2),
        ('Y' | 'G', _) => (digits() >= 4).then_some(4),
        ('z', _) if text.starts_with('Z') => Some(1),
        ('z', _) => offset_end(text),
        _ => name_length(directive, text),
    }
}

/// How long a field may be, in the order a regular expression would try.
fn lengths(directive: char, text: &str) -> Vec<usize> {
    let Some(longest) = longest(directive, text) else {
        return Vec::new();
    };
    match directive {
        'z' if longest > 1 => (5..=longest).rev().collect(),
        _ if most_digits(directive).is_some() => (1..=longest).rev().collect(),
        _ => vec![longest],
    }
}

/// The end of an offset: a sign, `hhmm`, optionally seconds and a fraction.
fn offset_end(text: &str) -> Option<usize> {
    let end = text
        .char_indices()
        .skip(1)
        .find(|(_, c)| !c.is_ascii_digit() && *c != ':' && *c != '.')
        .map_or(text.len(), |(at, _)| at);
    (end >= 5).then_some(end.min(16))
}

fn name_length(directive: char, text: &str) -> Option<usize> {
    let starts = |name: &str| {
        text.get(..name.len())
            .is_some_and(|t| t.eq_ignore_ascii_case(name))
    };
    let longest = |names: &[&str], cut: bool| {
        let names = names
            .iter()
            .map(|name| if cut { &name[..3] } else { *name });
        names.filter(|name| starts(name)).map(str::len).max()
    };
    match directive {
        'a' => longest(&DAY_NAMES, true),
        'A' => longest(&DAY_NAMES, false),
        'b' => longest(&MONTHS, true),
        'B' => longest(&MONTHS, false),
        'p' => longest(&["am", "pm"], false),
        'Z' => longest(&["utc", "gmt"], false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_python_reads_is_read_the_same() {
        for (text, format, expected) in [
            ("2021-02-03", "%Y-%m-%d", "2021-02-03 00:00:00"),
            ("2021-2-3", "%Y-%m-%d", "2021-02-03 00:00:00"),
            ("2021111", "%Y%m%d", "2021-11-01 00:00:00"),
            ("202111", "%Y%m%d", "2021-01-01 00:00:00"),
            (
                "2021-02-03T04:05:06.5Z",
                "%Y-%m-%dT%H:%M:%S.%fZ",
                "2021-02-03 04:05:06.500000",
            ),
            (
                "2021-02-03T04:05:06+0130",
                "%Y-%m-%dT%H:%M:%S%z",
                "2021-02-03 04:05:06+01:30",
            ),
            (
                "2021-02-03T04:05:06-01:30",
                "%Y-%m-%dT%H:%M:%S%z",
                "2021-02-03 04:05:06-01:30",
            ),
            (
                "2021-02-03T04:05:06Z",
                "%Y-%m-%dT%H:%M:%S%z",
                "2021-02-03 04:05:06+00:00",
            ),
            (
                "Wed, 03 feb 2021 04:05 PM",
                "%a, %d %b %Y %I:%M %p",
                "2021-02-03 16:05:00",
            ),
            ("03/Feb/21", "%d/%b/%y", "2021-02-03 00:00:00"),
            ("2021 034", "%Y %j", "2021-02-03 00:00:00"),
            ("2021-W05-3", "%G-W%V-%u", "2021-02-03 00:00:00"),
            ("2021  05 3", "%Y %W %w", "2021-02-03 00:00:00"),
        ] {
            assert_eq!(
                strptime(text, format).map(|m| m.text(' ')),
                Ok(expected.to_owned()),
                "{text}"
            );
        }
        for (text, format) in [
            ("2021-02-03x", "%Y-%m-%d"),
            ("2021-02-30", "%Y-%m-%d"),
            ("21-02-03", "%Y-%m-%d"),
            ("2021-02-03", "%Y-%m-%d "),
            ("2021-02-03", "%Y-%m-%Q"),
            ("2021-02-03T04:05:06+01", "%Y-%m-%dT%H:%M:%S%z"),
        ] {
            assert!(strptime(text, format).is_err(), "{text}");
        }
    }
}
