//! `airbyte_schedule`: `manual`, `every N hours`, or a cron expression with its time zone, as Airbyte's Quartz has it.

mod quartz;

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::section::Section;
use crate::{cron, yaml::Node};

/// The only zone the public API keeps.
const UTC: &str = "UTC";
pub(super) const MANUAL: &str = "manual";
const FORMS: &str = "is no schedule: manual, every hour, every 15 minutes, or {cron: \"0 6 * * *\", time_zone: Europe/Berlin}";

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    Manual,
    Cron {
        /// Quartz: seconds first.
        expression: String,
        zone: String,
    },
}

impl Schedule {
    /// `manual`, `every 15 minutes`, or cron with or without seconds and with or without a zone: `0 6 * * * Europe/Berlin`.
    /// `Err` says what is wrong, as the end of a sentence that begins with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        words(text)
    }

    /// The first time after this moment; `None` where somebody has to start it.
    pub fn next(&self, after: OffsetDateTime) -> Option<OffsetDateTime> {
        match self {
            Self::Manual => None,
            Self::Cron { expression, zone } => cron::next(expression, zone, after).ok().flatten(),
        }
    }

    /// As [`Self::parse`] reads it.
    pub fn text(&self) -> String {
        match self {
            Self::Manual => "manual".to_owned(),
            Self::Cron { expression, zone } => format!("{expression} {zone}"),
        }
    }

    /// What the document says, or else what is usual.
    pub(super) fn read(section: &Section<'_>, usual: &str) -> Self {
        let name = "airbyte_schedule";
        let Some(value) = section.get(name) else {
            return words(usual).unwrap_or(Self::Manual);
        };
        let read = if let Node::Map(_) = value.node {
            let Some(inner) = section.child(name, &["cron", "time_zone"]) else {
                return Self::Manual;
            };
            let expression = inner.need_word("cron");
            if expression.is_empty() {
                return Self::Manual;
            }
            let zone = inner.word("time_zone");
            zoned(&expression, zone.as_deref().unwrap_or(UTC))
        } else {
            let Some(text) = section.word(name) else {
                return Self::Manual;
            };
            words(&text)
        };
        let schedule = read.unwrap_or_else(|why| {
            section.problem(value.at, name, &why);
            Self::Manual
        });
        if schedule.is_never_due() {
            let why = "is never due: no month that it names has such a day";
            section.meaningless(value.at, name, why);
        }
        schedule
    }

    /// Whether it asks for a day that its months never have.
    fn is_never_due(&self) -> bool {
        match self {
            Self::Manual => false,
            Self::Cron { expression, .. } => quartz::is_never_due(expression),
        }
    }

    /// The connection's schedule: the public API's, or the Config API's where only that can keep the zone.
    pub fn api(&self) -> Value {
        match self {
            Self::Manual => json!({"scheduleType": "manual"}),
            Self::Cron { expression, zone } if zone == UTC => {
                json!({"scheduleType": "cron", "cronExpression": expression})
            }
            Self::Cron { expression, zone } => json!({
                "scheduleType": "cron",
                "scheduleData": {"cron": {"cronExpression": expression, "cronTimeZone": zone}},
            }),
        }
    }

    /// What whoever sends it should know.
    pub(super) fn note(&self) -> Option<String> {
        let Self::Cron { zone, .. } = self else {
            return None;
        };
        (zone != UTC).then(|| {
            format!("Airbyte's public API keeps schedules in UTC; the zone {zone} can be set by its Config API only, whose form this schedule has.")
        })
    }
}

fn words(text: &str) -> Result<Schedule, String> {
    let text = text.trim();
    if text == "manual" {
        return Ok(Schedule::Manual);
    }
    if let Some(every) = text.strip_prefix("every ") {
        return interval(every).map(|expression| Schedule::Cron {
            expression,
            zone: UTC.to_owned(),
        });
    }
    let cron = text.strip_prefix("cron ").unwrap_or(text);
    // The zone, if there is one, is the last word: no field of cron is called like a place.
    let is_zone = |word: &str| {
        word.starts_with(char::is_alphabetic) && (word.contains('/') || TimeZone::get(word).is_ok())
    };
    match cron.rsplit_once(' ') {
        Some((expression, zone)) if is_zone(zone) => zoned(expression, zone),
        _ => zoned(cron, UTC),
    }
}

fn zoned(cron: &str, zone: &str) -> Result<Schedule, String> {
    let known = TimeZone::get(zone)
        .map_err(|_| format!("has no time zone {zone:?}: one like Europe/Berlin"))?;
    Ok(Schedule::Cron {
        expression: quartz::of(cron)?,
        zone: known.iana_name().unwrap_or(zone).to_owned(),
    })
}

/// Cron has no intervals, only times: one must fit evenly into the hour or the day.
fn interval(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split_whitespace().collect();
    let (count, unit) = match parts[..] {
        [unit] => (1, unit),
        [count, unit] => (count.parse::<u32>().map_err(|_| FORMS)?, unit),
        _ => return Err(FORMS.to_owned()),
    };
    let fits = |whole: u32| count > 0 && whole.is_multiple_of(count);
    match (unit.strip_suffix('s').unwrap_or(unit), count) {
        ("minute", 60) | ("hour", 1) => Ok("0 0 * * * ?".to_owned()),
        ("minute", _) if fits(60) => Ok(format!("0 0/{count} * * * ?")),
        ("minute", _) => Err(
            "does not fit into an hour: every 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30 or 60 minutes"
                .to_owned(),
        ),
        ("hour", 24) | ("day", 1) => Ok("0 0 0 * * ?".to_owned()),
        ("hour", _) if fits(24) => Ok(format!("0 0 0/{count} * * ?")),
        ("hour", _) => {
            Err("does not fit into a day: every 1, 2, 3, 4, 6, 8, 12 or 24 hours".to_owned())
        }
        ("day", 7) | ("week", 1) => Ok("0 0 0 ? * MON".to_owned()),
        ("day" | "week", _) => {
            Err("is more than a cron expression can tell: every day, or every week".to_owned())
        }
        _ => Err(FORMS.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_quartz() {
        for (text, expression, zone) in [
            ("every hour", "0 0 * * * ?", "UTC"),
            ("every 1 hour", "0 0 * * * ?", "UTC"),
            ("every 6 hours", "0 0 0/6 * * ?", "UTC"),
            ("every 15 minutes", "0 0/15 * * * ?", "UTC"),
            ("every day", "0 0 0 * * ?", "UTC"),
            ("every week", "0 0 0 ? * MON", "UTC"),
            ("0 6 * * *", "0 0 6 * * ?", "UTC"),
            (
                "cron 30 6 * * 1-5 Europe/Berlin",
                "0 30 6 ? * MON-FRI",
                "Europe/Berlin",
            ),
            ("0 0 6 ? * MON UTC", "0 0 6 ? * MON", "UTC"),
            ("0 6 * * MON Japan", "0 0 6 ? * MON", "Japan"),
            (
                "0 0 6 ? * MON#1 America/Argentina/Salta",
                "0 0 6 ? * MON#1",
                "America/Argentina/Salta",
            ),
        ] {
            let expected = Schedule::Cron {
                expression: expression.to_owned(),
                zone: zone.to_owned(),
            };
            assert_eq!(words(text).as_ref(), Ok(&expected), "{text}");
            assert_eq!(words(&expected.text()), Ok(expected), "{text}");
        }
        assert_eq!(words("manual"), Ok(Schedule::Manual));
    }

    #[test]
    fn what_cron_cannot_tell_is_refused() {
        for (text, why) in [
            ("every 5 hours", "1, 2, 3, 4, 6, 8, 12 or 24"),
            ("every 0 hours", "1, 2, 3, 4, 6, 8, 12 or 24"),
            ("every 7 minutes", "fit into an hour"),
            ("every 2 days", "every day, or every week"),
            ("every now and then", "is no schedule"),
            ("0 6 * * * Europe/Berlni", "Europe/Berlni"),
            ("sometimes", "five fields"),
        ] {
            let said = words(text).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
    }
}
