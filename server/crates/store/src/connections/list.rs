//! The list of connections with everything that its rows and state words are made of, in one statement.

use model::{ConnectionId, RunState, TenantId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Stage, run_state};
use crate::{Error, ids::Id};

/// Which rows are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Part of the name.
    pub text: Option<String>,
    pub integration: Option<String>,
    /// Older than this one.
    pub after: Option<ConnectionId>,
    pub limit: i64,
}

/// One connection with its sums.
#[derive(Debug, Clone)]
pub struct Summary {
    pub id: ConnectionId,
    pub name: String,
    pub integration: String,
    /// What the hub's Airbyte calls it, where the bundled catalogue does not know it.
    pub offered_as: Option<String>,
    pub stage: Stage,
    pub problem: Option<String>,
    pub problem_kind: Option<String>,
    pub created_at: OffsetDateTime,
    /// A test waits or runs.
    pub testing: bool,
    /// The run on its way.
    pub run: Option<RunState>,
    /// Selected streams.
    pub tables: i64,
    pub rows: i64,
    pub landed_at: Option<OffsetDateTime>,
}

struct Row {
    id: Uuid,
    name: String,
    integration: String,
    offered_as: Option<String>,
    stage: String,
    problem: Option<String>,
    problem_kind: Option<String>,
    created_at: OffsetDateTime,
    testing: bool,
    run: Option<String>,
    tables: i64,
    rows: i64,
    landed_at: Option<OffsetDateTime>,
}

impl Row {
    fn read(self) -> Result<Summary, Error> {
        Ok(Summary {
            id: ConnectionId::from_uuid(self.id),
            stage: Stage::read(&self.stage, self.id)?,
            run: self
                .run
                .map(|state| run_state(&state, "runs", self.id))
                .transpose()?,
            name: self.name,
            integration: self.integration,
            offered_as: self.offered_as,
            problem: self.problem,
            problem_kind: self.problem_kind,
            created_at: self.created_at,
            testing: self.testing,
            tables: self.tables,
            rows: self.rows,
            landed_at: self.landed_at,
        })
    }
}

/// The newest first. What is on its way out is left out.
pub async fn list(
    conn: &mut PgConnection,
    tenant: TenantId,
    filter: &Filter,
) -> Result<Vec<Summary>, Error> {
    sqlx::query_as!(
        Row,
        r#"WITH page AS MATERIALIZED (
               SELECT id, name, integration, stage, problem, problem_kind, created_at
               FROM connections
               WHERE tenant_id = $1
                 AND stage <> 'removing'
                 AND ($2::text IS NULL OR position(lower($2) IN lower(name)) > 0)
                 AND ($3::text IS NULL OR integration = $3)
                 AND ($4::uuid IS NULL OR id < $4)
               ORDER BY id DESC
               LIMIT $5),
           landed AS (
               SELECT connection_id,
                      count(*) FILTER (WHERE selected) AS tables,
                      sum(table_rows) FILTER (WHERE selected) AS rows,
                      max(landed_at) AS landed_at
               FROM connection_streams
               WHERE tenant_id = $1
                 AND connection_id IN (SELECT id FROM page)
               GROUP BY connection_id)
           SELECT c.id, c.name, c.integration, COALESCE(o.name, w.name) AS "offered_as?", c.stage, c.problem, c.problem_kind, c.created_at,
                  EXISTS (SELECT FROM connection_tests t
                          WHERE t.tenant_id = $1 AND t.connection_id = c.id
                            AND t.state IN ('waiting', 'running')) AS "testing!",
                  (SELECT r.state FROM runs r
                   WHERE r.tenant_id = $1 AND r.connection_id = c.id
                     AND r.state IN ('queued', 'running', 'cancelling')) AS run,
                  COALESCE(landed.tables, 0) AS "tables!", COALESCE(landed.rows, 0)::bigint AS "rows!", landed.landed_at
           FROM page AS c
           LEFT JOIN landed ON landed.connection_id = c.id
           LEFT JOIN offered_sources o ON o.slug = c.integration
           LEFT JOIN own_integrations w ON w.tenant_id = $1 AND w.slug = c.integration
           ORDER BY c.id DESC"#,
        tenant.uuid(),
        filter.text,
        filter.integration,
        filter.after.map(Id::uuid),
        filter.limit,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Row::read)
    .collect()
}

/// The row of one connection.
pub async fn summary(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
) -> Result<Summary, Error> {
    sqlx::query_as!(
        Row,
        r#"SELECT c.id, c.name, c.integration, COALESCE(o.name, w.name) AS "offered_as?", c.stage, c.problem, c.problem_kind, c.created_at,
                  EXISTS (SELECT FROM connection_tests t
                          WHERE t.tenant_id = c.tenant_id AND t.connection_id = c.id
                            AND t.state IN ('waiting', 'running')) AS "testing!",
                  (SELECT r.state FROM runs r
                   WHERE r.tenant_id = c.tenant_id AND r.connection_id = c.id
                     AND r.state IN ('queued', 'running', 'cancelling')) AS run,
                  s.tables AS "tables!", s.rows AS "rows!", s.landed_at
           FROM connections c
           LEFT JOIN offered_sources o ON o.slug = c.integration
           LEFT JOIN own_integrations w ON w.tenant_id = c.tenant_id AND w.slug = c.integration
           CROSS JOIN LATERAL (
               SELECT count(*) FILTER (WHERE selected) AS tables,
                      COALESCE(sum(table_rows) FILTER (WHERE selected), 0)::bigint AS rows,
                      max(landed_at) AS landed_at
               FROM connection_streams
               WHERE tenant_id = c.tenant_id AND connection_id = c.id) s
           WHERE c.tenant_id = $1
             AND c.id = $2
             AND c.stage <> 'removing'"#,
        tenant.uuid(),
        id.uuid(),
    )
    .fetch_one(conn)
    .await?
    .read()
}
