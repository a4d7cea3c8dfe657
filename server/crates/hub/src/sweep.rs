//! Regular clean-up: settings that never passed a test, what was granted for them, their sealed copies, rows of samples that
//! expired, trips to providers that are over, links and events of long ago. Events that nobody works on are enqueued again,
//! and so are removals that failed.

use std::time::Duration;

use queue::{JobContext, JobError};
use store::admin::leftovers::{self, Gone, Waiting};

use crate::{Error, Hub, connections, consent, webhooks};

pub(crate) const JOB: &str = "sweep_leftovers";
/// How long settings that did not pass stay, so that a person can correct them.
const KEEP: Duration = Duration::from_hours(1);
/// How long the list of links says what became of them.
const KEEP_LINKS: Duration = Duration::from_hours(30 * 24);
/// How long an event is known again: senders try for days, not for weeks.
const KEEP_EVENTS: Duration = Duration::from_hours(30 * 24);

pub(crate) async fn run(hub: &Hub, _job: &JobContext) -> Result<(), JobError> {
    sweep(hub).await.map_err(JobError::retry)
}

/// Connections that never worked go as any other does: with what was granted for them, and with their files.
async fn remove(hub: &Hub) -> Result<(), Error> {
    let mut tx = hub.store().platform().await?;
    let gone = leftovers::removing(&mut tx, hub.clock().now() - KEEP).await?;
    for Gone { tenant, connection } in gone {
        queue::enqueue(&mut tx, connections::removal(tenant, connection)).await?;
    }
    Ok(tx.commit().await?)
}

/// What was granted for settings that are forgotten now.
async fn give_back(hub: &Hub) -> Result<(), Error> {
    let mut tx = hub.store().platform().await?;
    let waiting = leftovers::waiting(&mut tx, hub.clock().now() - KEEP).await?;
    tx.commit().await?;
    for Waiting {
        tenant,
        connection,
        test,
    } in waiting
    {
        if let Err(error) = consent::revoke_waiting(hub, tenant, connection, test).await {
            tracing::warn!(%error, %connection, "a sign-in that came to nothing was not given back");
        }
    }
    Ok(())
}

async fn sweep(hub: &Hub) -> Result<(), Error> {
    remove(hub).await?;
    give_back(hub).await?;
    let now = hub.clock().now();
    let mut tx = hub.store().platform().await?;
    leftovers::tried(&mut tx, now - KEEP).await?;
    leftovers::expired_samples(&mut tx, now).await?;
    store::oauth::flows::forget(&mut tx, now - KEEP).await?;
    store::links::forget(&mut tx, now - KEEP_LINKS).await?;
    store::webhooks::events::forget(&mut tx, now - KEEP_EVENTS).await?;
    tx.commit().await?;
    webhooks::late(hub).await
}
