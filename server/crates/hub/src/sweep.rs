//! Regular clean-up: settings that never passed a test, what was granted for them, their sealed copies, rows of samples that expired, trips to
//! providers that are over, links and events of long ago. Events that nobody works on are enqueued again.

use std::time::Duration;

use queue::{JobContext, JobError};
use store::admin::leftovers::{self, Waiting};

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

/// What was granted for settings that are forgotten now.
async fn give_back(hub: &Hub) -> Result<(), Error> {
    let before = hub.clock().now() - KEEP;
    let mut tx = hub.store().platform().await?;
    for Waiting { tenant, connection } in leftovers::signed_in(&mut tx, before).await? {
        queue::enqueue(&mut tx, connections::removal(tenant, connection)).await?;
    }
    let waiting = leftovers::waiting(&mut tx, before).await?;
    tx.commit().await?;
    for Waiting { tenant, connection } in waiting {
        if let Err(error) = consent::revoke_waiting(hub, tenant, connection).await {
            tracing::warn!(%error, %connection, "a sign-in that came to nothing was not given back");
        }
    }
    Ok(())
}

async fn sweep(hub: &Hub) -> Result<(), Error> {
    give_back(hub).await?;
    let now = hub.clock().now();
    let mut tx = hub.store().platform().await?;
    leftovers::unchecked(&mut tx, now - KEEP).await?;
    leftovers::expired_samples(&mut tx, now).await?;
    store::oauth::flows::forget(&mut tx, now - KEEP).await?;
    store::links::forget(&mut tx, now - KEEP_LINKS).await?;
    store::webhooks::events::forget(&mut tx, now - KEEP_EVENTS).await?;
    tx.commit().await?;
    webhooks::late(hub).await
}
