//! What a run can choose from: the open ways, the policy, and what switching would do to the tables.

use model::{SyncMode, TenantId};
use sqlx::PgConnection;
use store::{
    connections::{self, Connection},
    routes,
    runs::Work,
    streams::Stream,
};

use super::{SCHEDULE, rests::Source};
use crate::{
    Error, Hub, consent,
    engine::{self, Ways},
    route::{Plan, SignIn, Start, Tables, Way},
};

/// The plan of a run, with the ways it names.
pub(crate) struct Planned<'a> {
    pub plan: Plan,
    pub ways: Ways<'a>,
    pub source: Source,
}

pub(super) async fn of_run<'a>(
    hub: &'a Hub,
    tenant: TenantId,
    work: &Work,
    streams: &[Stream],
) -> Result<Planned<'a>, Error> {
    let start = if work.forced_fallback {
        Start::Forced
    } else if work.started_by == SCHEDULE {
        Start::AsUsual
    } else {
        Start::Asked
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
    let source = Source::of(connection);
    let rests = source.rests_until(conn, tenant, hub.clock().now()).await?;
    let plan = Plan {
        direct: match (&ways.direct, rests) {
            (Err(_), _) => Way::Closed,
            (Ok(_), Some(until)) => Way::Resting { until },
            (Ok(_), None) => Way::Open,
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
    Ok(Planned { plan, ways, source })
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
