//! Connections: what is stored of one. The list of them and the changes they go through have files of their own.

use model::{ConnectionId, RunState, TenantId};
use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, error::one_row, ids::Id};

mod change;
mod list;

pub use change::{bump, delete, rename, set_problem, set_pushed, set_source, set_stage};
pub use list::{Filter, Summary, list, summary};

/// Where a connection is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Kept to be finished later.
    Draft,
    /// Exists only for its first test; swept when that never passes.
    Unchecked,
    Active,
    Paused,
    /// On its way out; lists leave it out.
    Removing,
}

impl Stage {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Unchecked => "unchecked",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Removing => "removing",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Draft,
            Self::Unchecked,
            Self::Active,
            Self::Paused,
            Self::Removing,
        ]
        .into_iter()
        .find(|stage| stage.name() == text)
    }

    fn read(text: &str, id: Uuid) -> Result<Self, Error> {
        Self::parse(text).ok_or_else(|| Error::Corrupt {
            table: "connections",
            column: "stage",
            id: id.to_string(),
        })
    }
}

/// What a new one needs.
#[derive(Debug, Clone)]
pub struct New<'a> {
    pub id: ConnectionId,
    pub name: &'a str,
    pub integration: &'a str,
    pub definition: Uuid,
    pub stage: Stage,
    pub created_by: &'a str,
    pub at: OffsetDateTime,
}

/// A configuration on its way into the table: secrets masked in `config`, sealed in `secrets`.
#[derive(Debug, Clone, Default)]
pub struct Config {
    pub config: Value,
    pub secrets: Option<Vec<u8>>,
    /// Titles and values for display.
    pub settings: Vec<(String, String)>,
    pub secret_titles: Vec<String>,
}

/// One connection as it is stored.
#[derive(Debug, Clone)]
pub struct Connection {
    pub id: ConnectionId,
    pub name: String,
    pub integration: String,
    pub definition: Uuid,
    pub stage: Stage,
    pub config: Config,
    pub secrets_set_at: Option<OffsetDateTime>,
    pub table_prefix: String,
    pub engine_source: Option<Uuid>,
    pub engine_connection: Option<Uuid>,
    pub version: i64,
    pub pushed_version: i64,
    pub problem: Option<String>,
    pub problem_kind: Option<String>,
    pub created_at: OffsetDateTime,
}

/// Adds one. `Conflict` when the name is taken.
pub async fn insert(conn: &mut PgConnection, tenant: TenantId, new: &New<'_>) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO connections (tenant_id, id, name, integration, definition_id, stage, created_by, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        tenant.uuid(),
        new.id.uuid(),
        new.name,
        new.integration,
        new.definition,
        new.stage.name(),
        new.created_by,
        new.at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

struct Row {
    id: Uuid,
    name: String,
    integration: String,
    definition_id: Uuid,
    stage: String,
    config: Value,
    secrets: Option<Vec<u8>>,
    secrets_set_at: Option<OffsetDateTime>,
    settings: Value,
    secret_titles: Vec<String>,
    table_prefix: String,
    engine_source: Option<Uuid>,
    engine_connection: Option<Uuid>,
    version: i64,
    pushed_version: i64,
    problem: Option<String>,
    problem_kind: Option<String>,
    created_at: OffsetDateTime,
}

impl Row {
    fn read(self) -> Result<Connection, Error> {
        let settings = serde_json::from_value(self.settings).map_err(|_| Error::Corrupt {
            table: "connections",
            column: "settings",
            id: self.id.to_string(),
        })?;
        Ok(Connection {
            id: ConnectionId::from_uuid(self.id),
            stage: Stage::read(&self.stage, self.id)?,
            name: self.name,
            integration: self.integration,
            definition: self.definition_id,
            config: Config {
                config: self.config,
                secrets: self.secrets,
                settings,
                secret_titles: self.secret_titles,
            },
            secrets_set_at: self.secrets_set_at,
            table_prefix: self.table_prefix,
            engine_source: self.engine_source,
            engine_connection: self.engine_connection,
            version: self.version,
            pushed_version: self.pushed_version,
            problem: self.problem,
            problem_kind: self.problem_kind,
            created_at: self.created_at,
        })
    }
}

pub async fn get(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
) -> Result<Connection, Error> {
    sqlx::query_as!(
        Row,
        "SELECT id, name, integration, definition_id, stage, config, secrets, secrets_set_at, settings, secret_titles,
                table_prefix, engine_source, engine_connection, version, pushed_version, problem, problem_kind, created_at
         FROM connections
         WHERE tenant_id = $1
           AND id = $2",
        tenant.uuid(),
        id.uuid(),
    )
    .fetch_one(conn)
    .await?
    .read()
}

/// The same, kept from others until the transaction ends.
pub async fn lock(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
) -> Result<Connection, Error> {
    // Locks the row first: what is read after that is the newest.
    sqlx::query!(
        "SELECT id FROM connections WHERE tenant_id = $1 AND id = $2 FOR UPDATE",
        tenant.uuid(),
        id.uuid(),
    )
    .fetch_one(&mut *conn)
    .await?;
    get(conn, tenant, id).await
}

/// The same for whoever only notes something on it: rows that refer to it may be added meanwhile.
pub async fn lock_to_note(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
) -> Result<Connection, Error> {
    sqlx::query!(
        "SELECT id FROM connections WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE",
        tenant.uuid(),
        id.uuid(),
    )
    .fetch_one(&mut *conn)
    .await?;
    get(conn, tenant, id).await
}

/// The one with this name, whatever the case of its letters.
pub async fn find_by_name(
    conn: &mut PgConnection,
    tenant: TenantId,
    name: &str,
) -> Result<Option<ConnectionId>, Error> {
    let found = sqlx::query_scalar!(
        "SELECT id
         FROM connections
         WHERE tenant_id = $1
           AND lower(name) = lower($2)",
        tenant.uuid(),
        name,
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.map(ConnectionId::from_uuid))
}

/// All of the tenant's.
pub async fn ids(conn: &mut PgConnection, tenant: TenantId) -> Result<Vec<ConnectionId>, Error> {
    let found = sqlx::query_scalar!(
        "SELECT id FROM connections WHERE tenant_id = $1",
        tenant.uuid(),
    )
    .fetch_all(conn)
    .await?;
    Ok(found.into_iter().map(ConnectionId::from_uuid).collect())
}

/// Every name that is taken, in lower case.
pub async fn names(conn: &mut PgConnection, tenant: TenantId) -> Result<Vec<String>, Error> {
    Ok(sqlx::query_scalar!(
        r#"SELECT lower(name) AS "name!" FROM connections WHERE tenant_id = $1"#,
        tenant.uuid(),
    )
    .fetch_all(conn)
    .await?)
}

/// Stores a configuration with the stage it leads to.
pub async fn store(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
    config: &Config,
    stage: Stage,
    at: OffsetDateTime,
) -> Result<(), Error> {
    let settings = serde_json::to_value(&config.settings).unwrap_or_default();
    let changed = sqlx::query!(
        "UPDATE connections
         SET config = $3,
             secrets = $4,
             secrets_set_at = CASE WHEN $4::bytea IS NULL THEN NULL ELSE $8::timestamptz END,
             settings = $5,
             secret_titles = $6,
             stage = $7,
             version = version + 1,
             updated_at = $8
         WHERE tenant_id = $1
           AND id = $2",
        tenant.uuid(),
        id.uuid(),
        config.config,
        config.secrets,
        settings,
        &config.secret_titles,
        stage.name(),
        at,
    )
    .execute(conn)
    .await?;
    one_row(&changed)
}

/// Reads a run state from its column.
pub(crate) fn run_state(text: &str, table: &'static str, id: Uuid) -> Result<RunState, Error> {
    RunState::parse(text).ok_or_else(|| Error::Corrupt {
        table,
        column: "state",
        id: id.to_string(),
    })
}
