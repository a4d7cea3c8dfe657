//! Schedules: when the runs of a connection start by themselves, and starting what is due.

use std::time::Duration;

use model::{ConnectionId, ScheduleView, TenantId};
use queue::{JobContext, JobError};
use sqlx::PgConnection;
use store::{
    admin::due::{self, Due},
    connections::{self, Stage},
    ids::Id,
    schedules::{self as rows, Schedule},
    times,
};
use sync::integration::Schedule as Times;
use time::OffsetDateTime;

use crate::{
    Error, Hub, Permission, Scope, acts,
    runs::{self, Way},
    scope,
};

pub(crate) const JOB: &str = "start_due_runs";
/// How often it is looked what is due.
pub(crate) const LOOK: Duration = Duration::from_secs(15);
/// Connections of one look; the next look finds the others.
const AT_ONCE: i64 = 500;
/// What is due every so often is spread over this time, so that not all connections start at the same second.
const SPREAD: u128 = 300;
/// Times that are told beforehand.
const TOLD: usize = 3;
/// Longest text.
const LONGEST: usize = 120;
/// Name of the form's field, and of the field in a program's request.
const FIELD: &str = "schedule";

/// When its runs start by themselves; `None` where somebody starts them.
pub(crate) async fn view(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
) -> Result<Option<ScheduleView>, Error> {
    let found = rows::find(conn, tenant, id).await?;
    Ok(found.map(|schedule| ScheduleView {
        coming: coming(&schedule, id).into_iter().map(times::text).collect(),
        next_at: times::maybe(schedule.next_at),
        text: schedule.text,
    }))
}

/// The next time, and those after it.
fn coming(schedule: &Schedule, id: ConnectionId) -> Vec<OffsetDateTime> {
    let times = Times::parse(&schedule.text).unwrap_or(Times::Manual);
    let after = |at: &OffsetDateTime| next(&times, &schedule.text, id, *at);
    std::iter::successors(schedule.next_at, after)
        .take(TOLD)
        .collect()
}

/// Sets when its runs start: `manual`, `every hour`, or cron with its time zone.
pub async fn set(hub: &Hub, scope: &Scope, id: ConnectionId, text: &str) -> Result<(), Error> {
    scope.require(Permission::Manage)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let connection = connections::lock(&mut tx, tenant, id).await?;
    if connection.stage == Stage::Removing {
        return Err(Error::NotFound);
    }
    put(hub, &mut tx, tenant, id, text).await?;
    let words = format!("{}: {}", connection.name, text.trim());
    let subject = id.to_string();
    acts::note(hub, &mut tx, scope, "connection.schedule", &subject, &words).await?;
    Ok(tx.commit().await?)
}

/// The same inside of a larger change.
pub(crate) async fn put(
    hub: &Hub,
    conn: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
    text: &str,
) -> Result<(), Error> {
    let now = hub.clock().now();
    let text = text.trim();
    let times = read(text)?;
    if times == Times::Manual {
        return Ok(rows::remove(conn, tenant, id).await?);
    }
    let next_at = next(&times, text, id, now);
    if next_at.is_none() {
        return Err(wrong(format!("“{text}” is never due again.")));
    }
    let schedule = Schedule {
        text: text.to_owned(),
        next_at,
    };
    Ok(rows::put(conn, tenant, id, &schedule, now).await?)
}

fn read(text: &str) -> Result<Times, Error> {
    if text.chars().count() > LONGEST {
        return Err(wrong(format!("At most {LONGEST} letters.")));
    }
    Times::parse(text).map_err(|why| wrong(format!("“{text}” {why}.")))
}

fn wrong(detail: String) -> Error {
    Error::field(FIELD, detail)
}

/// Cron names its times exactly; what is said in words leaves room for others.
fn next(
    times: &Times,
    text: &str,
    id: ConnectionId,
    after: OffsetDateTime,
) -> Option<OffsetDateTime> {
    let late = if !text.starts_with("every ") {
        0
    } else if text.contains("minute") {
        id.uuid().as_u128() % (SPREAD / 10)
    } else {
        id.uuid().as_u128() % SPREAD
    };
    let late = time::Duration::seconds(i64::try_from(late).unwrap_or_default());
    Some(times.next(after - late)? + late)
}

pub(crate) async fn run(hub: &Hub, _job: &JobContext) -> Result<(), JobError> {
    start_due(hub).await.map_err(JobError::retry)
}

/// One that still runs is left alone until its next time; what was missed while nothing worked here is made up for once.
async fn start_due(hub: &Hub) -> Result<(), Error> {
    let now = hub.clock().now();
    let mut tx = hub.store().platform().await?;
    let due = due::list(&mut tx, now, AT_ONCE).await?;
    tx.commit().await?;
    for one in due {
        // A crash before the next time is noted starts it once more, which doubles nothing.
        if let Err(refused) = start(hub, &one).await {
            tracing::info!(connection.id = %one.connection, %refused, "a run that is due was not started");
        }
        let times = Times::parse(&one.schedule.text).unwrap_or(Times::Manual);
        let next = next(&times, &one.schedule.text, one.connection, now);
        let mut tx = hub.store().tenant(one.tenant).await?;
        rows::move_on(&mut tx, one.tenant, one.connection, &one.schedule, next).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn start(hub: &Hub, due: &Due) -> Result<(), Error> {
    let scope = scope::for_job(hub, due.tenant).await?;
    runs::start(hub, &scope, due.connection, Way::AsSet).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn connections_of_one_schedule_do_not_start_at_the_same_second() {
        let now = datetime!(2026-05-01 12:00 UTC);
        let at = |text: &str, id: u128| {
            let id = ConnectionId::from_uuid(Uuid::from_u128(id));
            next(&Times::parse(text).unwrap(), text, id, now).unwrap()
        };
        assert_eq!(at("every hour", 0), datetime!(2026-05-01 13:00 UTC));
        assert_eq!(at("every hour", 77), datetime!(2026-05-01 12:01:17 UTC));
        assert_eq!(
            at("every 15 minutes", 77),
            datetime!(2026-05-01 12:00:17 UTC)
        );
        assert_eq!(at("0 * * * *", 77), datetime!(2026-05-01 13:00 UTC));
    }

    #[test]
    fn the_next_three_times_follow_each_other() {
        let told = |text: &str, next_at: OffsetDateTime, id: u128| {
            let schedule = Schedule {
                text: text.to_owned(),
                next_at: Some(next_at),
            };
            coming(&schedule, ConnectionId::from_uuid(Uuid::from_u128(id)))
        };
        let first = datetime!(2026-05-01 12:01:17 UTC);
        let hour = time::Duration::HOUR;
        assert_eq!(
            told("every hour", first, 77),
            [first, first + hour, first + hour * 2]
        );
        // By the clock of Berlin, which is put back in between.
        assert_eq!(
            told(
                "0 6 * * * Europe/Berlin",
                datetime!(2026-10-24 04:00 UTC),
                77
            ),
            [
                datetime!(2026-10-24 04:00 UTC),
                datetime!(2026-10-25 05:00 UTC),
                datetime!(2026-10-26 05:00 UTC)
            ]
        );
    }

    #[test]
    fn what_is_no_schedule_is_told() {
        for (text, why) in [("every 7 minutes", "fit into an hour"), ("", "five fields")] {
            let Err(Error::Invalid(errors)) = read(text) else {
                panic!("{text}")
            };
            assert!(errors[0].detail.contains(why), "{errors:?}");
        }
    }
}
