//! Decisions of runs: which way was taken, by which rule, and what each try came to.

use model::{
    Class, ConnectionId, Decision, Method, Route, RouteSuccess, Rule, RunId, TenantId, Tries,
};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use crate::{Error, error::one_row, ids::Id, times};

pub mod asked;
mod sign_in;

pub use sign_in::refused_directly;

/// What a new one says. `route` is absent where nothing more is tried.
#[derive(Debug, Clone, Copy)]
pub struct New {
    pub n: i32,
    pub rule: Rule,
    pub route: Option<Route>,
    pub not_before: Option<OffsetDateTime>,
    pub at: OffsetDateTime,
}

/// One as the run's job needs it.
#[derive(Debug, Clone)]
pub struct Step {
    pub n: i32,
    pub rule: Rule,
    pub route: Option<Route>,
    pub not_before: Option<OffsetDateTime>,
    pub engine_job: Option<i64>,
    pub started_at: Option<OffsetDateTime>,
    pub finished_at: Option<OffsetDateTime>,
    pub class: Option<Class>,
    pub problem: Option<String>,
    pub raw: Option<String>,
    pub until: Option<OffsetDateTime>,
    /// What this try brought, without the earlier ones of its job.
    pub rows_read: i64,
    pub rows_written: i64,
    pub bytes: i64,
    /// It failed, and had brought rows that need not be read again.
    pub advanced: bool,
    pub decided_at: OffsetDateTime,
}

impl Step {
    pub fn view(self) -> Decision {
        Decision {
            n: self.n,
            rule: self.rule,
            route: self.route,
            decided_at: times::text(self.decided_at),
            not_before: times::maybe(self.not_before),
            millis: self
                .started_at
                .zip(self.finished_at)
                .map(|(from, until)| times::millis(from, until)),
            started_at: times::maybe(self.started_at),
            finished_at: times::maybe(self.finished_at),
            class: self.class,
            problem: self.problem,
            raw: self.raw,
            engine_job: self.engine_job,
            rows_read: self.rows_read,
            rows_written: self.rows_written,
            bytes: self.bytes,
            advanced: self.advanced,
        }
    }
}

struct Row {
    n: i32,
    rule: String,
    route: Option<String>,
    not_before: Option<OffsetDateTime>,
    engine_job: Option<i64>,
    started_at: Option<OffsetDateTime>,
    finished_at: Option<OffsetDateTime>,
    class: Option<String>,
    problem: Option<String>,
    raw: Option<String>,
    until: Option<OffsetDateTime>,
    rows_read: i64,
    rows_written: i64,
    bytes: i64,
    advanced: bool,
    decided_at: OffsetDateTime,
}

impl Row {
    fn read(self, run: RunId) -> Result<Step, Error> {
        let corrupt = |column| Error::Corrupt {
            table: "run_decisions",
            column,
            id: format!("{run}/{}", self.n),
        };
        let route = |text: &String| Route::parse(text).ok_or_else(|| corrupt("route"));
        let class = |text: &String| Class::parse(text).ok_or_else(|| corrupt("class"));
        Ok(Step {
            n: self.n,
            rule: Rule::parse(&self.rule).ok_or_else(|| corrupt("rule"))?,
            route: self.route.as_ref().map(route).transpose()?,
            not_before: self.not_before,
            engine_job: self.engine_job,
            started_at: self.started_at,
            finished_at: self.finished_at,
            class: self.class.as_ref().map(class).transpose()?,
            problem: self.problem,
            raw: self.raw,
            until: self.until,
            rows_read: self.rows_read,
            rows_written: self.rows_written,
            bytes: self.bytes,
            advanced: self.advanced,
            decided_at: self.decided_at,
        })
    }
}

/// Of one run, the first one first.
pub async fn list(
    conn: &mut PgConnection,
    tenant: TenantId,
    run: RunId,
) -> Result<Vec<Step>, Error> {
    sqlx::query_as!(
        Row,
        "SELECT n, rule, route, not_before, engine_job, started_at, finished_at, class, problem, raw, until, rows_read,
                rows_written, bytes, advanced, decided_at
         FROM run_decisions
         WHERE tenant_id = $1
           AND run_id = $2
         ORDER BY n",
        tenant.uuid(),
        run.uuid(),
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| row.read(run))
    .collect()
}

/// Writes one down, and which way the run takes now.
pub async fn insert(
    conn: &mut PgConnection,
    tenant: TenantId,
    run: RunId,
    new: New,
    method: Option<Method>,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO run_decisions (tenant_id, run_id, n, rule, route, decided_at, not_before)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        tenant.uuid(),
        run.uuid(),
        new.n,
        new.rule.name(),
        new.route.map(Route::name),
        new.at,
        new.not_before,
    )
    .execute(&mut *conn)
    .await?;
    let Some(method) = method else {
        return Ok(());
    };
    let changed = sqlx::query!(
        "UPDATE runs
         SET method = $3,
             fallback_used = $4
         WHERE tenant_id = $1
           AND id = $2",
        tenant.uuid(),
        run.uuid(),
        method.name(),
        method == Method::AirbyteFallback,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// Its try has begun, as this job of the engine.
pub async fn begin(
    conn: &mut PgConnection,
    tenant: TenantId,
    run: RunId,
    n: i32,
    engine_job: i64,
    at: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE run_decisions
         SET engine_job = $4,
             started_at = $5
         WHERE tenant_id = $1
           AND run_id = $2
           AND n = $3",
        tenant.uuid(),
        run.uuid(),
        n,
        engine_job,
        at,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// What a try came to.
#[derive(Debug, Clone, Default)]
pub struct Came<'a> {
    /// `None`: it did not fail.
    pub class: Option<Class>,
    pub problem: Option<&'a str>,
    pub raw: Option<&'a str>,
    pub until: Option<OffsetDateTime>,
    pub rows_read: i64,
    pub rows_written: i64,
    pub bytes: i64,
    /// It failed, and had brought rows that need not be read again.
    pub advanced: bool,
}

/// Its try is over.
pub async fn finish(
    conn: &mut PgConnection,
    tenant: TenantId,
    run: RunId,
    n: i32,
    came: &Came<'_>,
    at: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE run_decisions
         SET started_at = COALESCE(started_at, $4),
             finished_at = $4,
             class = $5,
             problem = $6,
             raw = $7,
             until = $8,
             rows_read = $9,
             rows_written = $10,
             bytes = $11,
             advanced = $12
         WHERE tenant_id = $1
           AND run_id = $2
           AND n = $3",
        tenant.uuid(),
        run.uuid(),
        n,
        at,
        came.class.map(Class::name),
        came.problem,
        came.raw,
        came.until,
        came.rows_read,
        came.rows_written,
        came.bytes,
        came.advanced,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// A run with its decisions.
#[derive(Debug, Clone)]
pub struct Decided {
    pub run: RunId,
    pub created_at: OffsetDateTime,
    pub forced_fallback: bool,
    pub steps: Vec<Step>,
}

/// The finished runs of a connection since then with their decisions, the newest first, at most `limit`.
pub async fn recent(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    since: OffsetDateTime,
    limit: i64,
) -> Result<Vec<Decided>, Error> {
    let runs = sqlx::query!(
        "SELECT id, created_at, forced_fallback
         FROM runs
         WHERE tenant_id = $1
           AND connection_id = $2
           AND created_at >= $3
           AND state IN ('succeeded', 'partial', 'failed')
         ORDER BY created_at DESC, id DESC
         LIMIT $4",
        tenant.uuid(),
        connection.uuid(),
        since,
        limit,
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut decided = Vec::with_capacity(runs.len());
    for row in runs {
        let run = RunId::from_uuid(row.id);
        decided.push(Decided {
            run,
            created_at: row.created_at,
            forced_fallback: row.forced_fallback,
            steps: list(&mut *conn, tenant, run).await?,
        });
    }
    Ok(decided)
}

/// Whose tries are counted.
#[derive(Debug, Clone, Copy)]
pub enum Of<'a> {
    Connection(ConnectionId),
    /// All connections of an integration.
    Integration(&'a str),
}

/// What tries came to in several windows of time; each window looks back `hours` from `now`. Tries that were stopped by
/// a person do not count.
pub async fn success(
    conn: &mut PgConnection,
    tenant: TenantId,
    of: Of<'_>,
    hours: &[i32],
    now: OffsetDateTime,
) -> Result<Vec<RouteSuccess>, Error> {
    let mut windows = Vec::with_capacity(hours.len());
    for &hours in hours {
        let since = now - Duration::hours(i64::from(hours));
        windows.push(window(&mut *conn, tenant, of, hours, since).await?);
    }
    Ok(windows)
}

async fn window(
    conn: &mut PgConnection,
    tenant: TenantId,
    whose: Of<'_>,
    hours: i32,
    since: OffsetDateTime,
) -> Result<RouteSuccess, Error> {
    let (connection, integration) = match whose {
        Of::Connection(id) => (Some(id.uuid()), None),
        Of::Integration(slug) => (None, Some(slug)),
    };
    let rows = sqlx::query!(
        r#"SELECT CASE WHEN d.route = 'direct' THEN 'direct'
                       WHEN r.fallback_used THEN 'fallback'
                       ELSE 'airbyte' END AS "way!",
                  count(*) AS "made!",
                  count(*) FILTER (WHERE d.class IS NULL) AS "good!"
           FROM run_decisions d
           JOIN runs r ON r.tenant_id = d.tenant_id AND r.id = d.run_id
           JOIN connections c ON c.tenant_id = r.tenant_id AND c.id = r.connection_id
           WHERE d.tenant_id = $1
             AND ($2::uuid IS NULL OR r.connection_id = $2)
             AND ($4::text IS NULL OR c.integration = $4)
             AND r.created_at >= $3
             AND d.route IS NOT NULL
             AND d.finished_at IS NOT NULL
             AND (d.class IS NOT NULL OR r.state <> 'cancelled')
           GROUP BY 1"#,
        tenant.uuid(),
        connection,
        since,
        integration,
    )
    .fetch_all(conn)
    .await?;
    let of = |way: &str| {
        let found = rows.iter().find(|row| row.way == way);
        found.map_or_else(Tries::default, |row| Tries {
            made: row.made,
            good: row.good,
        })
    };
    Ok(RouteSuccess {
        hours,
        direct: of("direct"),
        fallback: of("fallback"),
        airbyte: of("airbyte"),
    })
}
