//! Attempts of jobs.

use serde_json::Value;
use sqlx::{PgConnection, PgPool};

/// Opens an attempt, and closes those that a crash left open.
pub async fn begin(conn: &mut PgConnection, job: i64, number: i32) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE engine.attempts
         SET status = 'failed', finished_at = now()
         WHERE job_id = $1
           AND status = 'running'",
        job,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO engine.attempts (job_id, number, status) VALUES ($1, $2, 'running')",
        job,
        number
    )
    .execute(conn)
    .await
    .map(drop)
}

pub async fn end(
    conn: &mut PgConnection,
    job: i64,
    status: &str,
    failure: Option<&Value>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE engine.attempts
         SET status = $2, failure = $3, finished_at = now()
         WHERE job_id = $1
           AND status = 'running'",
        job,
        status,
        failure,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// How many attempts failed by a fault of the connector or the destination, crashes of ours not counted.
pub async fn failed(pool: &PgPool, job: i64) -> sqlx::Result<i64> {
    let failed = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM engine.attempts WHERE job_id = $1 AND status = 'failed' AND failure IS NOT NULL"#,
        job,
    );
    failed.fetch_one(pool).await
}
