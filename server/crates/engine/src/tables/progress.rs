//! What each stream of a job brought so far.

use airbyte::protocol::StreamDescriptor;
use sqlx::{PgConnection, PgPool};

pub struct Row {
    pub namespace: String,
    pub name: String,
    pub status: String,
    pub target: Option<String>,
    pub read: i64,
    pub written: i64,
    pub bytes: i64,
    pub nulled: i64,
    pub table_rows: Option<i64>,
    pub verified: bool,
    pub problem: Option<String>,
}

/// Counts of one stream in the attempt that runs.
#[derive(Debug, Clone)]
pub struct Counts {
    pub stream: StreamDescriptor,
    pub read: i64,
    pub written: i64,
    pub bytes: i64,
}

/// What an attempt came to for one stream.
pub struct End {
    pub counts: Counts,
    pub status: &'static str,
    pub target: Option<String>,
    pub nulled: i64,
    pub table_rows: Option<i64>,
    pub verified: bool,
    pub problem: Option<String>,
}

pub fn namespace(stream: &StreamDescriptor) -> &str {
    stream.namespace.as_deref().unwrap_or_default()
}

pub async fn list(pool: &PgPool, job: i64) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"SELECT namespace, name, status, target, read_before + read AS "read!", written_before + written AS "written!",
                bytes_before + bytes AS "bytes!", nulled, table_rows, verified, problem
         FROM engine.job_streams
         WHERE job_id = $1
         ORDER BY position"#,
        job,
    )
    .fetch_all(pool)
    .await
}

pub async fn insert(
    conn: &mut PgConnection,
    job: i64,
    streams: &[StreamDescriptor],
) -> sqlx::Result<()> {
    let namespaces: Vec<String> = streams
        .iter()
        .map(|stream| namespace(stream).to_owned())
        .collect();
    let names: Vec<String> = streams.iter().map(|stream| stream.name.clone()).collect();
    sqlx::query!(
        "INSERT INTO engine.job_streams (job_id, namespace, name, position, status)
         SELECT $1, s.namespace, s.name, s.position, 'pending'
         FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS s (namespace, name, position)
         ON CONFLICT DO NOTHING",
        job,
        &namespaces,
        &names,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// An attempt begins: what earlier ones committed counts, what they only read will be read again.
pub async fn begin(conn: &mut PgConnection, job: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE engine.job_streams
         SET read_before = read_before + written, written_before = written_before + written,
             bytes_before = bytes_before + bytes, read = 0, written = 0, bytes = 0, status = 'pending', problem = NULL
         WHERE job_id = $1
           AND status <> 'succeeded'",
        job,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Progress of several streams, and of the job, in one statement.
pub async fn save(pool: &PgPool, job: i64, counts: &[Counts]) -> sqlx::Result<()> {
    let column = |get: fn(&Counts) -> i64| counts.iter().map(get).collect::<Vec<i64>>();
    let namespaces: Vec<String> = counts
        .iter()
        .map(|one| namespace(&one.stream).to_owned())
        .collect();
    let names: Vec<String> = counts.iter().map(|one| one.stream.name.clone()).collect();
    sqlx::query!(
        "UPDATE engine.job_streams AS s
         SET read = p.read, written = p.written, bytes = p.bytes,
             status = CASE s.status WHEN 'pending' THEN 'running' ELSE s.status END
         FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[]) AS p (namespace, name, read, written, bytes)
         WHERE s.job_id = $1
           AND s.namespace = p.namespace
           AND s.name = p.name",
        job,
        &namespaces,
        &names,
        &column(|one| one.read),
        &column(|one| one.written),
        &column(|one| one.bytes),
    )
    .execute(pool)
    .await?;
    total(&mut *pool.acquire().await?, job).await
}

/// The job's totals from its streams.
pub async fn total(conn: &mut PgConnection, job: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE engine.jobs AS j
         SET records_read = t.read, records_written = t.written, bytes = t.bytes, updated_at = now()
         FROM (SELECT COALESCE(sum(read_before + read), 0)::bigint AS read,
                      COALESCE(sum(written_before + written), 0)::bigint AS written,
                      COALESCE(sum(bytes_before + bytes), 0)::bigint AS bytes
               FROM engine.job_streams
               WHERE job_id = $1) AS t
         WHERE j.id = $1",
        job,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// The attempt's result for one stream.
pub async fn end(conn: &mut PgConnection, job: i64, end: &End) -> sqlx::Result<()> {
    let counts = &end.counts;
    sqlx::query!(
        "UPDATE engine.job_streams
         SET status = $4, target = COALESCE($5, target), read = $6, written = $7, bytes = $8, nulled = nulled + $9,
             table_rows = COALESCE($10, table_rows), verified = $11, problem = $12
         WHERE job_id = $1
           AND namespace = $2
           AND name = $3",
        job,
        namespace(&counts.stream),
        counts.stream.name,
        end.status,
        end.target,
        counts.read,
        counts.written,
        counts.bytes,
        end.nulled,
        end.table_rows,
        end.verified,
        end.problem,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Streams that did not come to an end take the job's.
pub async fn end_rest(conn: &mut PgConnection, job: i64, status: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE engine.job_streams
         SET status = $2
         WHERE job_id = $1
           AND status IN ('pending', 'running', 'incomplete')",
        job,
        status,
    )
    .execute(conn)
    .await
    .map(drop)
}
