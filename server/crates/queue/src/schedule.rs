//! Regular jobs: at most one of a kind is waiting, whatever the number of workers.

use std::time::Duration;

use serde_json::Value;
use sqlx::PgPool;

use crate::{Error, NewJob, begin, enqueue};

/// A job to repeat.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Regular {
    pub kind: &'static str,
    pub every: Duration,
}

/// Makes sure that the next one waits at the next round time. Called by every worker; the first one wins.
pub(crate) async fn ensure_next(pool: &PgPool, regular: Regular) -> Result<(), Error> {
    let mut tx = begin(pool).await?;
    let next = sqlx::query_scalar!(
        r#"SELECT to_timestamp((floor(extract(epoch FROM now())::float8 / $1) + 1) * $1) AS "next!""#,
        regular.every.as_secs_f64(),
    )
    .fetch_one(&mut *tx)
    .await?;
    let job = NewJob {
        run_at: Some(next),
        max_attempts: 3,
        ..NewJob::new(regular.kind, Value::Null).dedup("regular")
    };
    enqueue(&mut tx, job).await?;
    Ok(tx.commit().await?)
}
