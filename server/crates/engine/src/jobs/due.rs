//! Each minute: starts what is due by its schedule, and removes files that nobody uses. What still runs is left alone
//! until its next time.

use queue::{JobContext, JobError};
use time::OffsetDateTime;

use super::start::{Order, start};
use crate::api::connections::settings_of;
use crate::runtime::manifest;
use crate::tables::connections;
use crate::{Engine, Error, schedule};

/// The queue's name for looking what is due.
pub(super) const JOB: &str = "engine.due";
/// Connections of one look; the next look finds the others.
const AT_ONCE: i64 = 500;

pub(super) async fn run(engine: &Engine, _: &JobContext) -> Result<(), JobError> {
    manifest::sweep(&engine.config.data_dir);
    begin(engine).await.map_err(JobError::retry)
}

async fn begin(engine: &Engine) -> Result<(), Error> {
    let pool = &engine.config.pool;
    let now = OffsetDateTime::now_utc();
    for row in connections::due(pool, now, AT_ONCE).await? {
        // A crash before the next time is noted starts it once more, which is refused while it runs.
        if let Err(refused) = start(engine, None, row.id, Order::plain("sync")).await {
            tracing::info!(connection = %row.id, ?refused, "a connection that is due was not started");
        }
        let next = schedule::due(&settings_of(&row)?, now);
        connections::set_next_run(pool, row.id, next).await?;
    }
    Ok(())
}
