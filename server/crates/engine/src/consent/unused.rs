//! Sign-ins that no source was made with before their secret ended: left to be given back, as those of removed sources are.

use queue::{JobContext, JobError, NewJob, Worker};
use serde_json::json;
use sqlx::PgConnection;

use super::give_back::{TRIES, grant_of};
use crate::{Engine, Error, tables::grants::Row};

/// The queue's name for it.
const JOB: &str = "engine.unused_sign_in";

/// Lets this worker look after them.
pub(super) fn register(engine: &Engine, worker: &mut Worker) {
    let engine = engine.clone();
    worker.register(JOB, move |job| {
        let engine = engine.clone();
        async move { run(&engine, &job).await }
    });
}

/// Looks once no source can be made with it any more. A job of its own: while it waits, the last source may go and leave
/// the grant to be given back.
pub(super) async fn watch(conn: &mut PgConnection, row: &Row) -> Result<(), Error> {
    let job = NewJob::new(JOB, json!({ "version": 1, "grant": row.id }));
    let job = NewJob {
        run_at: Some(row.open_until),
        max_attempts: TRIES,
        ..job.tenant(row.workspace_id)
    };
    queue::enqueue(conn, job).await?;
    Ok(())
}

async fn run(engine: &Engine, cx: &JobContext) -> Result<(), JobError> {
    let id = grant_of(&cx.payload)?;
    engine.leave_unused(id).await.map_err(JobError::retry)
}
