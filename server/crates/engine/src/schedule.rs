//! When a connection is due: Quartz's cron expressions, always in UTC.

use std::time::Duration;

use airbyte::api::{ConnectionPatch, ConnectionStatus, Schedule, ScheduleType};
use time::OffsetDateTime;

/// What answers end in, and requests may.
const UTC: &str = " UTC";

/// The schedule as answers have it; `Err` says in words what is wrong with it.
pub fn kept(schedule: Schedule) -> Result<Schedule, String> {
    match schedule.schedule_type {
        ScheduleType::Manual => Ok(Schedule::default()),
        ScheduleType::Cron => {
            let expression = schedule.cron_expression.unwrap_or_default();
            let expression = plain(&expression).to_owned();
            if next(&expression, OffsetDateTime::now_utc())?.is_none() {
                return Err(format!(
                    "The cron expression “{expression}” is never due again."
                ));
            }
            Ok(Schedule {
                cron_expression: Some(format!("{expression}{UTC}")),
                ..schedule_of(ScheduleType::Cron)
            })
        }
        ScheduleType::Basic | ScheduleType::Unknown => {
            Err("The schedule type is manual or cron.".to_owned())
        }
    }
}

fn schedule_of(schedule_type: ScheduleType) -> Schedule {
    Schedule {
        schedule_type,
        ..Schedule::default()
    }
}

/// When a connection with these settings is due after this moment; `None` where it waits to be asked.
pub fn due(settings: &ConnectionPatch, after: OffsetDateTime) -> Option<OffsetDateTime> {
    let is_active = settings.status.unwrap_or_default() == ConnectionStatus::Active;
    let schedule = settings.schedule.as_ref().filter(|_| is_active)?;
    let expression = schedule.cron_expression.as_deref()?;
    next(plain(expression), after).ok().flatten()
}

fn plain(expression: &str) -> &str {
    let expression = expression.trim();
    expression.strip_suffix(UTC).unwrap_or(expression).trim()
}

fn next(expression: &str, after: OffsetDateTime) -> Result<Option<OffsetDateTime>, String> {
    sync::cron::next(expression, "UTC", after)
}

/// How often it is looked what is due.
pub const LOOK: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn cron(expression: &str) -> Result<Schedule, String> {
        kept(Schedule {
            cron_expression: Some(expression.to_owned()),
            ..schedule_of(ScheduleType::Cron)
        })
    }

    #[test]
    fn answers_name_the_zone_once() {
        for given in ["0 0 * * * ?", "0 0 * * * ? UTC", " 0 0 * * * ?  UTC "] {
            let kept = cron(given).expect("right");
            assert_eq!(kept.cron_expression.as_deref(), Some("0 0 * * * ? UTC"));
        }
    }

    #[test]
    fn days_of_the_week_begin_on_sunday() {
        // The first of May 2026 is a Friday.
        let after = datetime!(2026-05-01 12:00 UTC);
        let at = |expression| next(expression, after).expect("right").expect("a time");
        assert_eq!(at("0 30 6 ? * 1"), datetime!(2026-05-03 06:30 UTC));
        assert_eq!(at("0 30 6 ? * SUN"), datetime!(2026-05-03 06:30 UTC));
        assert_eq!(at("0 30 6 ? * MON-FRI"), datetime!(2026-05-04 06:30 UTC));
        assert_eq!(at("0 0 0 L * ?"), datetime!(2026-05-31 00:00 UTC));
        assert_eq!(at("0 5/15 * * * ?"), datetime!(2026-05-01 12:05 UTC));
        assert_eq!(at("0 0 12 * * ? 2027"), datetime!(2027-01-01 12:00 UTC));
        assert_eq!(next("0 0 12 * * ? 2020", after), Ok(None));
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (expression, told) in [
            ("0 * * * ?", "six or seven fields"),
            ("* * * * * ?", "the seconds, is a number"),
            ("0 0 * * * *", "either the day"),
            ("0 0 * ? * ?", "either the day"),
            ("0 99 * * * ?", "not right"),
            ("0 0 12 * * ? 2020", "never due again"),
            ("", "six or seven fields"),
        ] {
            let refused = cron(expression).expect_err(expression);
            assert!(refused.contains(told), "{expression}: {refused}");
        }
        assert!(kept(schedule_of(ScheduleType::Basic)).is_err());
    }

    #[test]
    fn only_what_is_active_is_due() {
        let mut settings = ConnectionPatch {
            schedule: Some(cron("0 0 * * * ?").expect("right")),
            ..ConnectionPatch::default()
        };
        let after = datetime!(2026-05-01 12:00 UTC);
        assert_eq!(due(&settings, after), Some(datetime!(2026-05-01 13:00 UTC)));
        settings.status = Some(ConnectionStatus::Inactive);
        assert_eq!(due(&settings, after), None);
        assert_eq!(due(&ConnectionPatch::default(), after), None);
    }
}
