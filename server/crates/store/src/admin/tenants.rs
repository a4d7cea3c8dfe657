//! The list of all tenants, with what an operator wants to see at a glance.

use model::{TenantId, TenantRow, TenantState};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, ids::Id, times};

/// Which tenants; everything is optional.
#[derive(Debug, Clone, Default)]
pub struct TenantFilter {
    /// Part of the name or of the owner's address, or the whole id.
    pub q: Option<String>,
    pub state: Option<TenantState>,
    /// Only older than this one.
    pub after: Option<TenantId>,
    /// Only this one.
    pub only: Option<TenantId>,
}

struct Row {
    id: Uuid,
    name: String,
    state: String,
    created_at: OffsetDateTime,
    owner_email: String,
    steps_done: i64,
    steps: i64,
    connections: i64,
    connections_bad: i64,
    rows: i64,
    last_run_at: Option<OffsetDateTime>,
}

impl Row {
    fn read(self) -> Result<TenantRow, Error> {
        let id = TenantId::from_uuid(self.id);
        Ok(TenantRow {
            id,
            name: self.name,
            owner_email: self.owner_email,
            state: TenantState::parse(&self.state).ok_or_else(|| Error::Corrupt {
                table: "tenants",
                column: "state",
                id: id.to_string(),
            })?,
            steps_done: self.steps_done,
            steps: self.steps,
            connections: self.connections,
            connections_bad: self.connections_bad,
            rows: self.rows,
            last_run_at: times::maybe(self.last_run_at),
            created_at: times::text(self.created_at),
        })
    }
}

/// Newest first.
pub async fn list(
    conn: &mut PgConnection,
    filter: &TenantFilter,
    limit: i64,
) -> Result<Vec<TenantRow>, Error> {
    let q = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
    let exact: Option<TenantId> = q.and_then(|q| q.parse().ok());
    sqlx::query_as!(
        Row,
        r#"SELECT tenant.id, tenant.name, tenant.state, tenant.created_at,
                  COALESCE(owner.email, '') AS "owner_email!",
                  step.done AS "steps_done!", step.total AS "steps!",
                  connection.total AS "connections!", connection.bad AS "connections_bad!",
                  run.rows AS "rows!", run.last_at AS last_run_at
           FROM tenants AS tenant
           LEFT JOIN LATERAL (
               SELECT users.email, users.email_key
               FROM memberships AS membership
               JOIN users ON users.id = membership.user_id
               WHERE membership.tenant_id = tenant.id
                 AND membership.role = 'owner'
               ORDER BY membership.created_at
               LIMIT 1) AS owner ON true
           CROSS JOIN LATERAL (
               SELECT count(*) AS total,
                      count(*) FILTER (WHERE state IN ('done', 'not_configured')) AS done
               FROM provision_steps
               WHERE tenant_id = tenant.id) AS step
           CROSS JOIN LATERAL (
               SELECT count(*) AS total, count(*) FILTER (WHERE problem IS NOT NULL) AS bad
               FROM connections
               WHERE tenant_id = tenant.id
                 AND stage IN ('active', 'paused')) AS connection
           CROSS JOIN LATERAL (
               SELECT COALESCE(sum(rows_written), 0)::bigint AS rows, max(created_at) AS last_at
               FROM runs
               WHERE tenant_id = tenant.id) AS run
           WHERE ($1::uuid IS NULL OR tenant.id = $1)
             AND ($2::text IS NULL OR tenant.id = $3 OR strpos(lower(tenant.name), lower($2)) > 0
                 OR strpos(owner.email_key, lower($2)) > 0)
             AND ($4::text IS NULL OR tenant.state = $4)
             AND ($5::uuid IS NULL OR tenant.id < $5)
           ORDER BY tenant.id DESC
           LIMIT $6"#,
        filter.only.map(Id::uuid),
        q,
        exact.map(Id::uuid),
        filter.state.map(TenantState::name),
        filter.after.map(Id::uuid),
        limit,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Row::read)
    .collect()
}

/// Tenants with a step that is done, but of no use yet, and why.
pub async fn refusals(conn: &mut PgConnection) -> Result<Vec<(TenantId, String)>, Error> {
    let rows = sqlx::query!(
        r#"SELECT tenant_id, refusal AS "refusal!"
           FROM provision_steps
           WHERE state = 'done'
             AND refusal IS NOT NULL
           ORDER BY tenant_id"#,
    )
    .fetch_all(conn)
    .await?;
    let read = |id, why| (TenantId::from_uuid(id), why);
    Ok(rows
        .into_iter()
        .map(|row| read(row.tenant_id, row.refusal))
        .collect())
}
