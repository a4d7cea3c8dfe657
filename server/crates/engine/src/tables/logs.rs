//! Log lines of jobs.

use sqlx::PgPool;
use time::OffsetDateTime;

pub struct Row {
    pub n: i64,
    pub at: OffsetDateTime,
    pub level: String,
    pub stream: Option<String>,
    pub text: String,
}

pub async fn after(pool: &PgPool, job: i64, after: i64, limit: i64) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        "SELECT n, at, level, stream, text
         FROM engine.job_logs
         WHERE job_id = $1
           AND n > $2
         ORDER BY n
         LIMIT $3",
        job,
        after,
        limit,
    )
    .fetch_all(pool)
    .await
}

/// How far the log of a job goes.
pub struct Length {
    /// The number of the last line.
    pub last: i64,
    /// How many lines are details.
    pub details: i64,
}

pub async fn length(pool: &PgPool, job: i64) -> sqlx::Result<Length> {
    sqlx::query_as!(
        Length,
        r#"SELECT COALESCE(max(n), 0) AS "last!", count(*) FILTER (WHERE level = 'DEBUG') AS "details!"
           FROM engine.job_logs
           WHERE job_id = $1"#,
        job,
    )
    .fetch_one(pool)
    .await
}

#[expect(
    clippy::as_conversions,
    reason = "how sqlx is told that a list holds nothing in places; nothing is converted"
)]
pub async fn insert(pool: &PgPool, job: i64, rows: &[Row]) -> sqlx::Result<()> {
    let numbers: Vec<i64> = rows.iter().map(|row| row.n).collect();
    let times: Vec<OffsetDateTime> = rows.iter().map(|row| row.at).collect();
    let levels: Vec<String> = rows.iter().map(|row| row.level.clone()).collect();
    let streams: Vec<Option<String>> = rows.iter().map(|row| row.stream.clone()).collect();
    let texts: Vec<String> = rows.iter().map(|row| row.text.clone()).collect();
    sqlx::query!(
        "INSERT INTO engine.job_logs (job_id, n, at, level, stream, text)
         SELECT $1, l.n, l.at, l.level, l.stream, l.text
         FROM unnest($2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[]) AS l (n, at, level, stream, text)
         ON CONFLICT DO NOTHING",
        job,
        &numbers,
        &times,
        &levels,
        &streams as &[Option<String>],
        &texts,
    )
    .execute(pool)
    .await
    .map(drop)
}

/// Removes the logs of all but the newest jobs of the job's connection.
pub async fn trim(pool: &PgPool, job: i64, keep: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM engine.job_logs
         WHERE job_id IN (
             SELECT id
             FROM engine.jobs
             WHERE connection_id = (SELECT connection_id FROM engine.jobs WHERE id = $1)
             ORDER BY created_at DESC, id DESC
             OFFSET $2)",
        job,
        keep,
    )
    .execute(pool)
    .await
    .map(drop)
}
