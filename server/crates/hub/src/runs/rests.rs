//! Whom the direct way leaves alone, and until when: places that keep failing, whichever connection goes there, and accounts
//! that were asked to slow down.

use std::time::Duration;

use model::{Class, Route, TenantId};
use sqlx::PgConnection;
use store::{breakers, connections::Connection};
use time::OffsetDateTime;

use super::{tries::Outcome, upstream::upstream};
use crate::{
    Error,
    route::{PATIENCE, class},
};

/// Failures in a row after which a place is left alone …
const TRIP_AFTER: i32 = 5;
/// … for this long at first, twice as long each time it fails right afterwards …
const FIRST_REST: Duration = Duration::from_mins(1);
/// … and no longer than this.
const LONGEST_REST: Duration = Duration::from_hours(1);
/// No word of a source keeps runs away for longer: quotas are counted by the day.
const LONGEST_WISH: Duration = Duration::from_hours(24);

/// Whom a connection asks.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// It fails for everybody who goes there.
    place: String,
    /// Is asked to slow down for itself. Only the connection tells two accounts at one place apart.
    account: String,
}

/// What a try says about the source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    pub route: Route,
    pub outcome: Outcome,
    /// When the source wants to be asked again.
    pub until: Option<OffsetDateTime>,
    /// It brought rows before it failed.
    pub advanced: bool,
}

impl Source {
    pub(crate) fn of(connection: &Connection) -> Self {
        Self {
            place: upstream(connection),
            account: connection.id.to_string(),
        }
    }

    /// `None`: it may be asked now.
    pub(crate) async fn rests_until(
        &self,
        conn: &mut PgConnection,
        tenant: TenantId,
        now: OffsetDateTime,
    ) -> Result<Option<OffsetDateTime>, Error> {
        let place = breakers::find(conn, tenant, &self.place).await?;
        let account = breakers::find(conn, tenant, &self.account).await?;
        let until = place.open_until.max(account.open_until);
        Ok(until.filter(|until| *until > now))
    }

    /// Notes what a direct try came to, in the transaction that ends it.
    pub(super) async fn note(
        &self,
        conn: &mut PgConnection,
        tenant: TenantId,
        said: Said,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        match (said.route, said.outcome) {
            (Route::Direct, Outcome::Succeeded) => {
                breakers::close(conn, tenant, &self.place).await?;
                breakers::close(conn, tenant, &self.account).await?;
            }
            (Route::Direct, Outcome::Failed(Class::RateLimited)) => {
                if let Some(until) = said.until.and_then(|until| wish(until, now)) {
                    breakers::pause(conn, tenant, &self.account, until, now).await?;
                }
            }
            (Route::Direct, Outcome::Failed(why)) if class::is_outage(why) && !said.advanced => {
                let breaker = breakers::failed(conn, tenant, &self.place, now).await?;
                let rests = breaker.open_until.is_some_and(|until| until > now);
                // Whoever fails right after a rest gets the next one at once.
                if !rests && (breaker.failures >= TRIP_AFTER || breaker.trips > 0) {
                    breakers::open(conn, tenant, &self.place, now + rest(breaker.trips)).await?;
                }
            }
            // Airbyte has breakers of its own; and who answers, though not as hoped or not to the end, is not out of order.
            (Route::Airbyte, _) | (Route::Direct, Outcome::Failed(_) | Outcome::Stopped) => {}
        }
        Ok(())
    }
}

fn rest(trips: i32) -> Duration {
    let doublings = u32::try_from(trips).unwrap_or(0).min(10);
    (FIRST_REST * 2_u32.pow(doublings)).min(LONGEST_REST)
}

/// Until when the next runs do as a source wishes. What is short is over before they come.
fn wish(until: OffsetDateTime, now: OffsetDateTime) -> Option<OffsetDateTime> {
    (until - now > PATIENCE).then(|| until.min(now + LONGEST_WISH))
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

    #[test]
    fn a_wish_is_kept_unless_it_is_short_and_for_a_day_at_most() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let kept = |minutes| wish(now + Duration::from_mins(minutes), now);
        let kept = |minutes| kept(minutes).map(|until| (until - now).whole_minutes());
        assert_eq!([kept(0), kept(2), kept(3)], [None, None, Some(3)]);
        assert_eq!([kept(60), kept(100_000)], [Some(60), Some(24 * 60)]);
    }
}
