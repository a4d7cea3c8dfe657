//! What a run can choose from: the open ways, the policy, and what switching would do to the tables.

use std::time::Duration;

use model::{Route, SyncMode, TenantId};
use sqlx::PgConnection;
use store::{
    breakers,
    connections::{self, Connection},
    routes,
    runs::Work,
    streams::Stream,
};
use time::OffsetDateTime;

use super::{tries::Outcome, upstream::upstream};
use crate::{
    Error, Hub, consent,
    engine::{self, Ways},
    route::{Plan, SignIn, Start, Tables, Way, class},
};

/// Failures in a row after which a source is left alone …
const TRIP_AFTER: i32 = 5;
/// … for this long at first, twice as long each time it fails right afterwards …
const FIRST_REST: Duration = Duration::from_mins(1);
/// … and no longer than this.
const LONGEST_REST: Duration = Duration::from_hours(1);

/// The plan of a run, with the ways it names.
pub(crate) struct Planned<'a> {
    pub plan: Plan,
    pub ways: Ways<'a>,
    pub upstream: String,
}

pub(super) async fn of_run<'a>(
    hub: &'a Hub,
    tenant: TenantId,
    work: &Work,
    streams: &[Stream],
) -> Result<Planned<'a>, Error> {
    let start = if work.forced_fallback {
        Start::Forced
    } else {
        Start::AsUsual
    };
    let renewable = consent::can_renew(hub, tenant, work.connection).await?;
    let mut tx = hub.store().tenant(tenant).await?;
    let connection = connections::get(&mut tx, tenant, work.connection).await?;
    let mut planned = of_connection(hub, &mut tx, tenant, &connection, start, streams).await?;
    tx.commit().await?;
    if renewable {
        planned.plan.sign_in = SignIn::Renewable;
    }
    Ok(planned)
}

pub(crate) async fn of_connection<'a>(
    hub: &'a Hub,
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: &Connection,
    start: Start,
    streams: &[Stream],
) -> Result<Planned<'a>, Error> {
    let ways = engine::ways(hub, conn, tenant, connection).await?;
    let upstream = upstream(connection);
    let breaker = breakers::find(conn, tenant, &upstream).await?;
    let rests = breaker
        .open_until
        .is_some_and(|until| until > hub.clock().now());
    let plan = Plan {
        direct: match &ways.direct {
            Err(_) => Way::Closed,
            Ok(_) if rests => Way::Resting,
            Ok(_) => Way::Open,
        },
        airbyte: match &ways.airbyte {
            Err(_) => Way::Closed,
            Ok(_) => Way::Open,
        },
        policy: routes::policy(conn, tenant, connection.id).await?,
        start,
        sign_in: SignIn::Fixed,
        tables: tables(streams),
    };
    Ok(Planned {
        plan,
        ways,
        upstream,
    })
}

/// Appending is safe only where nobody else appends the same rows.
fn tables(streams: &[Stream]) -> Tables {
    let appended = streams.iter().any(|stream| {
        stream.choice.selected
            && matches!(
                stream.choice.mode,
                SyncMode::FullRefreshAppend | SyncMode::IncrementalAppend
            )
    });
    if appended {
        Tables::Appended
    } else {
        Tables::Safe
    }
}

/// Notes what a direct try came to, in the transaction that ends it.
pub(super) async fn note(
    conn: &mut PgConnection,
    tenant: TenantId,
    upstream: &str,
    route: Route,
    outcome: Outcome,
    now: OffsetDateTime,
) -> Result<(), Error> {
    match (route, outcome) {
        (Route::Direct, Outcome::Succeeded) => breakers::close(conn, tenant, upstream).await?,
        (Route::Direct, Outcome::Failed(why)) if class::is_outage(why) => {
            let breaker = breakers::failed(conn, tenant, upstream, now).await?;
            let rests = breaker.open_until.is_some_and(|until| until > now);
            // Whoever fails right after a rest gets the next one at once.
            if !rests && (breaker.failures >= TRIP_AFTER || breaker.trips > 0) {
                breakers::open(conn, tenant, upstream, now + rest(breaker.trips)).await?;
            }
        }
        // Airbyte has breakers of its own; and who answers, though not as hoped, is not out of order.
        (Route::Airbyte, _) | (Route::Direct, Outcome::Failed(_) | Outcome::Stopped) => {}
    }
    Ok(())
}

fn rest(trips: i32) -> Duration {
    let doublings = u32::try_from(trips).unwrap_or(0).min(10);
    (FIRST_REST * 2_u32.pow(doublings)).min(LONGEST_REST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_grow_to_an_hour() {
        let minutes = |trips| rest(trips).as_secs() / 60;
        assert_eq!(
            [minutes(0), minutes(1), minutes(5), minutes(6), minutes(40)],
            [1, 2, 32, 60, 60]
        );
    }
}
