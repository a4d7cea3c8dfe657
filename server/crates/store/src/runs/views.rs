//! Runs as lists and pages show them, and what earlier runs read.

use model::{
    ConnectionId, Decision, Method, RunId, RunRow, RunState, RunView, StreamReceipt, TenantId,
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::run_state;
use crate::{Error, ids::Id, times};

/// Which runs are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub connection: Option<ConnectionId>,
    pub state: Option<RunState>,
    /// Older than this one.
    pub after: Option<RunId>,
    pub limit: i64,
}

/// One run with all its columns.
#[derive(Debug, Clone)]
pub struct Run {
    pub row: RunRow,
    pub rate: Option<i64>,
    pub raw: Option<String>,
    pub fallback_used: bool,
    pub forced_fallback: bool,
    pub debug: bool,
    pub engine_job: Option<i64>,
    pub engine_connection: Option<Uuid>,
    pub sandbox: Option<String>,
}

impl Run {
    pub fn view(self, streams: Vec<StreamReceipt>, decisions: Vec<Decision>) -> RunView {
        RunView {
            row: self.row,
            streams,
            rate: self.rate,
            raw: self.raw,
            fallback_used: self.fallback_used,
            forced_fallback: self.forced_fallback,
            debug: self.debug,
            decisions,
            engine_job: self.engine_job,
            engine_connection: self.engine_connection.map(|id| id.to_string()),
            sandbox: self.sandbox,
        }
    }
}

struct Row {
    id: Uuid,
    connection_id: Uuid,
    connection_name: String,
    engine_connection: Option<Uuid>,
    state: String,
    started_by: String,
    method: String,
    fallback_used: bool,
    forced_fallback: bool,
    debug: bool,
    engine_job: Option<i64>,
    rows_read: i64,
    rows_written: i64,
    bytes: i64,
    rows_per_second: Option<i64>,
    problem: Option<String>,
    raw: Option<String>,
    sandbox: Option<String>,
    created_at: OffsetDateTime,
    started_at: Option<OffsetDateTime>,
    finished_at: Option<OffsetDateTime>,
}

impl Row {
    fn read(self) -> Result<Run, Error> {
        let method = Method::parse(&self.method).ok_or_else(|| Error::Corrupt {
            table: "runs",
            column: "method",
            id: self.id.to_string(),
        })?;
        let from = self.started_at.unwrap_or(self.created_at);
        Ok(Run {
            row: RunRow {
                id: RunId::from_uuid(self.id),
                connection: ConnectionId::from_uuid(self.connection_id),
                connection_name: self.connection_name,
                state: run_state(&self.state, "runs", self.id)?,
                started_by: self.started_by,
                method,
                rows_read: self.rows_read,
                rows_written: self.rows_written,
                bytes: self.bytes,
                created_at: times::text(self.created_at),
                started_at: times::maybe(self.started_at),
                finished_at: times::maybe(self.finished_at),
                millis: self
                    .finished_at
                    .map(|finished| times::millis(from, finished)),
                problem: self.problem,
            },
            rate: self.rows_per_second,
            raw: self.raw,
            fallback_used: self.fallback_used,
            forced_fallback: self.forced_fallback,
            debug: self.debug,
            engine_job: self.engine_job,
            engine_connection: self.engine_connection,
            sandbox: self.sandbox,
        })
    }
}

/// The newest first.
pub async fn list(
    conn: &mut PgConnection,
    tenant: TenantId,
    filter: &Filter,
) -> Result<Vec<Run>, Error> {
    sqlx::query_as!(
        Row,
        "SELECT r.id, r.connection_id, c.name AS connection_name, COALESCE(direct.engine_connection, c.engine_connection) AS engine_connection, r.state, r.started_by, r.method,
                r.fallback_used, r.forced_fallback, r.debug, r.engine_job, r.rows_read, r.rows_written, r.bytes, r.rows_per_second, r.problem, r.raw,
                r.sandbox, r.created_at, r.started_at, r.finished_at
         FROM runs r
         JOIN connections c ON c.tenant_id = r.tenant_id AND c.id = r.connection_id
         LEFT JOIN direct_connections direct ON direct.tenant_id = r.tenant_id AND direct.connection_id = r.connection_id
             AND r.method = 'direct'
         WHERE r.tenant_id = $1
           AND ($2::uuid IS NULL OR r.connection_id = $2)
           AND ($3::text IS NULL OR r.state = $3)
           AND ($4::uuid IS NULL OR r.id < $4)
         ORDER BY r.id DESC
         LIMIT $5",
        tenant.uuid(),
        filter.connection.map(Id::uuid),
        filter.state.map(RunState::name),
        filter.after.map(Id::uuid),
        filter.limit,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Row::read)
    .collect()
}

pub async fn view(conn: &mut PgConnection, tenant: TenantId, id: RunId) -> Result<Run, Error> {
    sqlx::query_as!(
        Row,
        "SELECT r.id, r.connection_id, c.name AS connection_name, COALESCE(direct.engine_connection, c.engine_connection) AS engine_connection, r.state, r.started_by, r.method,
                r.fallback_used, r.forced_fallback, r.debug, r.engine_job, r.rows_read, r.rows_written, r.bytes, r.rows_per_second, r.problem, r.raw,
                r.sandbox, r.created_at, r.started_at, r.finished_at
         FROM runs r
         JOIN connections c ON c.tenant_id = r.tenant_id AND c.id = r.connection_id
         LEFT JOIN direct_connections direct ON direct.tenant_id = r.tenant_id AND direct.connection_id = r.connection_id
             AND r.method = 'direct'
         WHERE r.tenant_id = $1
           AND r.id = $2",
        tenant.uuid(),
        id.uuid(),
    )
    .fetch_one(conn)
    .await?
    .read()
}

struct ReceiptRow {
    namespace: String,
    name: String,
    table_name: String,
    state: String,
    rows_read: i64,
    rows_written: i64,
    values_nulled: i64,
    bytes: i64,
    table_rows: Option<i64>,
    verified: bool,
    problem: Option<String>,
}

/// The receipts of one run, by name.
pub async fn receipts(
    conn: &mut PgConnection,
    tenant: TenantId,
    run: RunId,
) -> Result<Vec<StreamReceipt>, Error> {
    let rows = sqlx::query_as!(
        ReceiptRow,
        "SELECT namespace, name, table_name, state, rows_read, rows_written, values_nulled, bytes, table_rows, verified, problem
         FROM run_streams
         WHERE tenant_id = $1
           AND run_id = $2
         ORDER BY name, namespace",
        tenant.uuid(),
        run.uuid(),
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(StreamReceipt {
                state: run_state(&row.state, "run_streams", run.uuid())?,
                namespace: Some(row.namespace).filter(|namespace| !namespace.is_empty()),
                name: row.name,
                table: row.table_name,
                rows_read: row.rows_read,
                rows_written: row.rows_written,
                values_nulled: row.values_nulled,
                bytes: row.bytes,
                table_rows: row.table_rows,
                verified: row.verified,
                problem: row.problem,
            })
        })
        .collect()
}

/// What the last green runs of a connection read: namespace, name and rows, the newest first. A partial run counts with the
/// tables that balance once somebody asked for another one: who syncs again after “it read nothing” says that nothing is right.
pub async fn history(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    unattended: &str,
    runs: i64,
) -> Result<Vec<(String, String, i64)>, Error> {
    let rows = sqlx::query!(
        "SELECT s.namespace, s.name, s.rows_read
         FROM (SELECT tenant_id, id
               FROM runs
               WHERE tenant_id = $1
                 AND connection_id = $2
                 AND (state = 'succeeded'
                      OR state = 'partial'
                         AND EXISTS (SELECT 1
                                     FROM runs later
                                     WHERE later.tenant_id = $1
                                       AND later.connection_id = $2
                                       AND later.id > runs.id
                                       AND later.started_by <> $3))
               ORDER BY id DESC
               LIMIT $4) r
         JOIN run_streams s ON s.tenant_id = r.tenant_id AND s.run_id = r.id
         WHERE s.verified
         ORDER BY r.id DESC",
        tenant.uuid(),
        connection.uuid(),
        unattended,
        runs,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.namespace, row.name, row.rows_read))
        .collect())
}
