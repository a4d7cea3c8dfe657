//! The type of a column, guessed from its values: only what every value fits, and never at the cost of a digit.

mod misfit;

use serde_json::{Value, json};

use crate::sources::postgres::json_text;
pub use misfit::LeftOut;

/// What a column of a table file can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Boolean,
    Integer,
    Number,
    Date,
    Timestamp,
    TimestampTz,
    /// A time of day. Only a workbook says that it is one.
    Time,
    Text,
}

/// In order of preference: the first that every value fits.
const TYPED: [Kind; 7] = [
    Kind::Boolean,
    Kind::Integer,
    Kind::Number,
    Kind::Date,
    Kind::Timestamp,
    Kind::TimestampTz,
    Kind::Time,
];

impl Kind {
    pub fn schema(self) -> Value {
        match self {
            Self::Boolean => json!({"type": ["null", "boolean"]}),
            Self::Integer => json!({"type": ["null", "integer"]}),
            Self::Number => json!({"type": ["null", "number"]}),
            Self::Date => json!({"type": ["null", "string"], "format": "date"}),
            Self::Timestamp => {
                json!({"type": ["null", "string"], "format": "date-time", "airbyte_type": "timestamp_without_timezone"})
            }
            Self::TimestampTz => {
                json!({"type": ["null", "string"], "format": "date-time", "airbyte_type": "timestamp_with_timezone"})
            }
            Self::Time => {
                json!({"type": ["null", "string"], "format": "time", "airbyte_type": "time_without_timezone"})
            }
            Self::Text => json!({"type": ["null", "string"]}),
        }
    }

    /// The kind a schema was made from.
    pub fn of(schema: &Value) -> Self {
        TYPED
            .into_iter()
            .find(|kind| kind.schema() == *schema)
            .unwrap_or(Self::Text)
    }

    /// Whether a value can be of this kind.
    pub fn fits(self, text: &[u8]) -> bool {
        match self {
            Self::Boolean => {
                text.eq_ignore_ascii_case(b"true") || text.eq_ignore_ascii_case(b"false")
            }
            Self::Integer => is_integer(text),
            Self::Number => is_number(text),
            Self::Date => date(text).is_some_and(<[u8]>::is_empty),
            Self::Timestamp => timestamp(text).is_some_and(|stamp| stamp.zone.is_empty()),
            Self::TimestampTz => timestamp(text).is_some_and(|stamp| zone(stamp.zone).is_some()),
            Self::Time => is_clock(text),
            Self::Text => true,
        }
    }

    /// Whether a value does not fit, and the destination would take it all the same and lose some of it.
    pub fn loses(self, text: &[u8]) -> bool {
        misfit::is_lossy(self, text) && !self.fits(text)
    }

    /// Writes a value as JSON. One that does not fit is written as text, for the destination to refuse and report; it is
    /// left out where the destination would rather change it.
    pub fn write(self, value: &[u8], out: &mut Vec<u8>) -> Written {
        let text = value.trim_ascii();
        if value.is_empty() || (text.is_empty() && self != Self::Text) {
            out.extend_from_slice(b"null");
        } else if self == Self::Text {
            json_text(value, out);
        } else if self.fits(text) {
            self.write_fitting(text, out);
        } else if self.loses(text) {
            out.extend_from_slice(b"null");
            return Written::LeftOut;
        } else {
            json_text(value, out);
        }
        Written::Value
    }

    fn write_fitting(self, text: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Boolean => out.extend(text.to_ascii_lowercase()),
            Self::Integer | Self::Number => out.extend_from_slice(text),
            Self::Timestamp | Self::TimestampTz => write_timestamp(text, out),
            Self::Date | Self::Time | Self::Text => json_text(text, out),
        }
    }
}

/// What was written for a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// The value, be it text that does not fit, or null for an empty one.
    Value,
    /// Null, which the row has to say.
    LeftOut,
}

/// The kinds a column's values leave possible.
#[derive(Debug, Clone)]
pub struct Guess {
    possible: Vec<Kind>,
    seen: bool,
}

impl Default for Guess {
    fn default() -> Self {
        Self {
            possible: TYPED.to_vec(),
            seen: false,
        }
    }
}

impl Guess {
    pub fn see(&mut self, value: &[u8]) {
        let text = value.trim_ascii();
        if !text.is_empty() {
            self.seen = true;
            self.possible
                .retain(|kind| *kind != Kind::Time && kind.fits(text));
        }
    }

    /// The file itself says that this is a time of day. What only looks like one may be a duration.
    pub fn see_time(&mut self) {
        self.seen = true;
        self.possible.retain(|kind| *kind == Kind::Time);
    }

    /// The file itself says that this is text, whatever it looks like.
    pub fn see_text(&mut self) {
        self.seen = true;
        self.possible.clear();
    }

    pub fn is_empty(&self) -> bool {
        !self.seen
    }

    pub fn kind(&self) -> Kind {
        if self.seen {
            self.possible.first().copied().unwrap_or(Kind::Text)
        } else {
            Kind::Text
        }
    }
}

/// Digits that survive a round trip: no leading zero (postcodes, article numbers), at most 18.
fn is_integer(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    (1..=18).contains(&digits.len())
        && digits.iter().all(u8::is_ascii_digit)
        && (digits.len() == 1 || digits[0] != b'0')
}

/// A number as JSON writes it.
fn is_number(text: &[u8]) -> bool {
    text.last().is_some_and(u8::is_ascii_digit)
        && serde_json::from_slice::<serde_json::Number>(text).is_ok()
}

/// What follows `YYYY-MM-DD`.
fn date(text: &[u8]) -> Option<&[u8]> {
    let (date, rest) = text.split_at_checked(10)?;
    let (month, day) = (two(date, 5)?, two(date, 8)?);
    let ok = date[..4].iter().all(u8::is_ascii_digit)
        && date[4] == b'-'
        && date[7] == b'-'
        && (1..=12).contains(&month)
        && (1..=31).contains(&day);
    ok.then_some(rest)
}

/// `HH:MM:SS`, then perhaps a fraction.
fn is_clock(text: &[u8]) -> bool {
    let Some((time, fraction)) = text.split_at_checked(8) else {
        return false;
    };
    let below = |at, end| two(time, at).is_some_and(|number| number < end);
    let is_fraction = match fraction {
        [] => true,
        [b'.', digits @ ..] => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    below(0, 24)
        && time[2] == b':'
        && below(3, 60)
        && time[5] == b':'
        && below(6, 60)
        && is_fraction
}

struct Stamp<'a> {
    seconds: Option<&'a [u8]>,
    zone: &'a [u8],
}

/// `YYYY-MM-DD HH:MM`, then perhaps seconds with a fraction, then perhaps a zone.
fn timestamp(text: &[u8]) -> Option<Stamp<'_>> {
    let rest = date(text)?;
    let (time, mut rest) = rest.split_at_checked(6)?;
    let ok = matches!(time[0], b'T' | b't' | b' ')
        && two(time, 1)? < 24
        && time[3] == b':'
        && two(time, 4)? < 60;
    let mut seconds = None;
    if rest.first() == Some(&b':') && two(rest, 1)? < 60 {
        let fraction = rest[3..].strip_prefix(b".").map_or(0, |digits| {
            1 + digits
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count()
        });
        if fraction == 1 {
            return None;
        }
        seconds = Some(&rest[..3 + fraction]);
        rest = &rest[3 + fraction..];
    }
    ok.then_some(Stamp {
        seconds,
        zone: rest,
    })
}

/// A zone as RFC 3339 writes it: `Z` or `+02:00`.
fn zone(text: &[u8]) -> Option<String> {
    let (sign, digits) = match text {
        [b'Z' | b'z'] | [b' ', b'U', b'T', b'C'] => return Some("Z".to_owned()),
        [sign @ (b'+' | b'-'), digits @ ..] => (char::from(*sign), digits),
        _ => return None,
    };
    let hours = two(digits, 0)?;
    let minutes = match &digits[2..] {
        [] => 0,
        [b':', rest @ ..] | rest if rest.len() == 2 => two(rest, 0)?,
        _ => return None,
    };
    (hours <= 15 && minutes < 60).then(|| format!("{sign}{hours:02}:{minutes:02}"))
}

fn write_timestamp(text: &[u8], out: &mut Vec<u8>) {
    let stamp = timestamp(text).expect("the value was found to fit");
    out.push(b'"');
    out.extend_from_slice(&text[..10]);
    out.push(b'T');
    out.extend_from_slice(&text[11..16]);
    out.extend_from_slice(stamp.seconds.unwrap_or(b":00"));
    out.extend_from_slice(zone(stamp.zone).unwrap_or_default().as_bytes());
    out.push(b'"');
}

fn two(text: &[u8], at: usize) -> Option<u8> {
    match text.get(at..at + 2)? {
        [a, b] if a.is_ascii_digit() && b.is_ascii_digit() => Some((a - b'0') * 10 + (b - b'0')),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(values: &[&str]) -> Kind {
        let mut guess = Guess::default();
        for value in values {
            guess.see(value.as_bytes());
        }
        guess.kind()
    }

    #[test]
    fn guesses_only_what_every_value_fits() {
        let cases: [(&[&str], Kind); 16] = [
            (&["1", "", "-20"], Kind::Integer),
            (&["1", "2.5", "1e9"], Kind::Number),
            (&["00123"], Kind::Text),
            (&["1234567890123456789"], Kind::Number),
            (&["1,5"], Kind::Text),
            (&["1."], Kind::Text),
            (&["NaN"], Kind::Text),
            (&["TRUE", "false"], Kind::Boolean),
            (&["2024-02-29"], Kind::Date),
            (&["2024-13-01"], Kind::Text),
            (
                &["2024-02-29 10:00", "2024-02-29T10:00:05.123"],
                Kind::Timestamp,
            ),
            (
                &[
                    "2024-02-29T10:00:00Z",
                    "2024-02-29 10:00:00+0200",
                    "2024-02-29 10:00-03",
                ],
                Kind::TimestampTz,
            ),
            (&["2024-02-29", "2024-02-29 10:00"], Kind::Text),
            (&["1", "x"], Kind::Text),
            (&["", " "], Kind::Text),
            (&[], Kind::Text),
        ];
        for (values, expected) in cases {
            assert_eq!(kind(values), expected, "{values:?}");
        }
    }

    #[test]
    fn only_a_file_that_says_so_has_times_of_day() {
        assert_eq!(kind(&["10:30:00"]), Kind::Text);
        let mut guess = Guess::default();
        guess.see_time();
        guess.see_time();
        assert_eq!(guess.kind(), Kind::Time);
        guess.see(b"2024-01-01");
        assert_eq!(guess.kind(), Kind::Text);
    }

    #[test]
    fn a_time_of_day_has_seconds_and_no_zone() {
        for text in ["10:30:00", "23:59:59.5"] {
            assert!(Kind::Time.fits(text.as_bytes()), "{text}");
        }
        for text in ["24:00:00", "10:30", "10:60:00", "10:30:00.", "10:30:00Z"] {
            assert!(!Kind::Time.fits(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn writes_values_and_keeps_what_does_not_fit() {
        let written = |kind: Kind, value: &str| {
            let mut out = Vec::new();
            kind.write(value.as_bytes(), &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(Kind::Integer, " 7 "), "7");
        assert_eq!(written(Kind::Integer, "n/a"), "\"n/a\"");
        assert_eq!(written(Kind::Integer, " "), "null");
        assert_eq!(written(Kind::Text, " "), "\" \"");
        assert_eq!(written(Kind::Text, ""), "null");
        assert_eq!(written(Kind::Integer, "007"), "null");
        assert_eq!(written(Kind::Boolean, "TRUE"), "true");
        assert_eq!(
            written(Kind::Timestamp, "2024-02-29 10:00"),
            "\"2024-02-29T10:00:00\""
        );
        assert_eq!(
            written(Kind::TimestampTz, "2024-02-29 10:00:05.5+0230"),
            "\"2024-02-29T10:00:05.5+02:30\""
        );
    }

    #[test]
    fn schemas_lead_back_to_kinds() {
        for kind in TYPED.into_iter().chain([Kind::Text]) {
            assert_eq!(Kind::of(&kind.schema()), kind);
        }
    }
}
