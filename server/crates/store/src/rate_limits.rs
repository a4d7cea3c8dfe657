//! Counters that all processes share: so many attempts in a window, per account and per address.

use std::time::Duration;

use seal::token;
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::Error;

/// So often in so long.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// What is counted, for example `sign-in/account`.
    pub bucket: &'static str,
    pub most: i32,
    pub window: Duration,
}

/// Counts one attempt. `Some(wait)`: it was one too many. Commits at once, whatever becomes of the caller's transaction.
pub async fn hit(
    pool: &PgPool,
    limit: Limit,
    key: &str,
    now: OffsetDateTime,
) -> Result<Option<Duration>, Error> {
    let opened = now - limit.window;
    let counted = sqlx::query!(
        "INSERT INTO rate_limits AS counter (bucket, key_hash, window_start, hits)
         VALUES ($1, $2, $3, 1)
         ON CONFLICT (bucket, key_hash) DO UPDATE
         SET hits = CASE WHEN counter.window_start <= $4 THEN 1 ELSE counter.hits + 1 END,
             window_start = CASE WHEN counter.window_start <= $4 THEN $3 ELSE counter.window_start END
         RETURNING hits, window_start",
        limit.bucket,
        &token::hash(key)[..],
        now,
        opened,
    )
    .fetch_one(pool)
    .await?;
    if counted.hits <= limit.most {
        return Ok(None);
    }
    let until = counted.window_start + limit.window;
    Ok(Some(
        (until - now).try_into().unwrap_or(Duration::from_secs(1)),
    ))
}

/// Starts the window anew, for example after the right password.
pub async fn clear(pool: &PgPool, limit: Limit, key: &str) -> Result<(), Error> {
    sqlx::query!(
        "DELETE FROM rate_limits
         WHERE bucket = $1
           AND key_hash = $2",
        limit.bucket,
        &token::hash(key)[..],
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Removes counters that started before `before`.
pub async fn forget(pool: &PgPool, before: OffsetDateTime) -> Result<u64, Error> {
    let gone = sqlx::query!("DELETE FROM rate_limits WHERE window_start < $1", before)
        .execute(pool)
        .await?;
    Ok(gone.rows_affected())
}
