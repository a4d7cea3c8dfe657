//! New times of one of a tenant's own: its connections follow, except where somebody has set others.

use model::ConnectionId;
use store::{
    TenantTx,
    connections::{self, Filter, Stage},
    schedules as rows,
};
use sync::integration::Schedule;

use crate::{Error, Hub, schedules};

/// No connection is left out: it would keep the old times for good.
const ALL: i64 = i64::MAX;

/// Puts the new times on the connections that still have those of before. Answers which, and what is to be noted about each:
/// later, because whoever holds the chain of notes may not wait for a connection.
pub(super) async fn follow(
    hub: &Hub,
    tx: &mut TenantTx,
    slug: &str,
    before: &str,
    now: &str,
) -> Result<Vec<(ConnectionId, String)>, Error> {
    let mut moved = Vec::new();
    if before == now {
        return Ok(moved);
    }
    let tenant = tx.tenant();
    let filter = Filter {
        integration: Some(slug.to_owned()),
        limit: ALL,
        ..Filter::default()
    };
    for row in connections::list(tx, tenant, &filter).await? {
        // Locked first: somebody may be setting other times just now.
        let connection = connections::lock(tx, tenant, row.id).await?;
        let set = rows::find(tx, tenant, row.id).await?;
        // Without a row somebody starts the runs.
        let text = set.map_or_else(|| Schedule::Manual.text(), |set| set.text);
        if text != before || connection.stage == Stage::Removing {
            continue;
        }
        schedules::put(hub, tx, tenant, row.id, now).await?;
        moved.push((row.id, format!("{}: {now}", connection.name)));
    }
    Ok(moved)
}
