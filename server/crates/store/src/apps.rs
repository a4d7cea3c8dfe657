//! Apps: their tables, their login's name, what their last bundle said. No password is ever here.

use std::collections::BTreeMap;

use model::{AppId, TenantId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, error::one_row, ids::Id};

/// Names and values of a bundle, without secrets.
pub type Snapshot = BTreeMap<String, String>;

/// What a new one needs.
#[derive(Debug, Clone)]
pub struct New<'a> {
    pub id: AppId,
    pub name: &'a str,
    pub login: &'a str,
    pub created_by: &'a str,
    pub at: OffsetDateTime,
}

/// One app as it is stored.
#[derive(Debug, Clone)]
pub struct App {
    pub id: AppId,
    pub name: String,
    pub login: String,
    pub password_shown: bool,
    pub bundle: Option<Snapshot>,
    pub tables: i64,
    pub created_at: OffsetDateTime,
    pub downloaded_at: Option<OffsetDateTime>,
    pub last_used_at: Option<OffsetDateTime>,
    pub revoked_at: Option<OffsetDateTime>,
}

/// Adds one. `Conflict` when the name is taken.
pub async fn insert(conn: &mut PgConnection, tenant: TenantId, new: &New<'_>) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO apps (tenant_id, id, name, login, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        tenant.uuid(),
        new.id.uuid(),
        new.name,
        new.login,
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
    login: String,
    password_shown: bool,
    bundle: Option<serde_json::Value>,
    tables: i64,
    created_at: OffsetDateTime,
    downloaded_at: Option<OffsetDateTime>,
    last_used_at: Option<OffsetDateTime>,
    revoked_at: Option<OffsetDateTime>,
}

impl Row {
    fn read(self) -> Result<App, Error> {
        let bundle = self.bundle.map(serde_json::from_value).transpose();
        Ok(App {
            id: AppId::from_uuid(self.id),
            name: self.name,
            login: self.login,
            password_shown: self.password_shown,
            bundle: bundle.map_err(|_| Error::Corrupt {
                table: "apps",
                column: "bundle",
                id: self.id.to_string(),
            })?,
            tables: self.tables,
            created_at: self.created_at,
            downloaded_at: self.downloaded_at,
            last_used_at: self.last_used_at,
            revoked_at: self.revoked_at,
        })
    }
}

/// All of them, the newest first; revoked ones last.
pub async fn list(conn: &mut PgConnection, tenant: TenantId) -> Result<Vec<App>, Error> {
    sqlx::query_as!(
        Row,
        r#"SELECT a.id, a.name, a.login, a.password_shown, a.bundle, a.created_at, a.downloaded_at, a.last_used_at, a.revoked_at,
                  (SELECT count(*) FROM app_tables t WHERE t.tenant_id = a.tenant_id AND t.app_id = a.id) AS "tables!"
           FROM apps a
           WHERE a.tenant_id = $1
           ORDER BY a.revoked_at IS NOT NULL, a.id DESC"#,
        tenant.uuid(),
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Row::read)
    .collect()
}

pub async fn get(conn: &mut PgConnection, tenant: TenantId, id: AppId) -> Result<App, Error> {
    sqlx::query_as!(
        Row,
        r#"SELECT a.id, a.name, a.login, a.password_shown, a.bundle, a.created_at, a.downloaded_at, a.last_used_at, a.revoked_at,
                  (SELECT count(*) FROM app_tables t WHERE t.tenant_id = a.tenant_id AND t.app_id = a.id) AS "tables!"
           FROM apps a
           WHERE a.tenant_id = $1
             AND a.id = $2"#,
        tenant.uuid(),
        id.uuid(),
    )
    .fetch_one(conn)
    .await?
    .read()
}

/// The same, kept from others until the transaction ends.
pub async fn lock(conn: &mut PgConnection, tenant: TenantId, id: AppId) -> Result<App, Error> {
    sqlx::query!(
        "SELECT id FROM apps WHERE tenant_id = $1 AND id = $2 FOR UPDATE",
        tenant.uuid(),
        id.uuid()
    )
    .fetch_one(&mut *conn)
    .await?;
    get(conn, tenant, id).await
}

/// Names of the tables an app may read.
pub async fn tables(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: AppId,
) -> Result<Vec<String>, Error> {
    Ok(sqlx::query_scalar!(
        "SELECT table_name FROM app_tables WHERE tenant_id = $1 AND app_id = $2 ORDER BY table_name",
        tenant.uuid(),
        id.uuid(),
    )
    .fetch_all(conn)
    .await?)
}

/// Replaces the tables an app may read.
pub async fn set_tables(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: AppId,
    tables: &[String],
) -> Result<(), Error> {
    sqlx::query!(
        "DELETE FROM app_tables WHERE tenant_id = $1 AND app_id = $2 AND NOT (table_name = ANY($3))",
        tenant.uuid(),
        id.uuid(),
        tables,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO app_tables (tenant_id, app_id, table_name)
         SELECT $1, $2, table_name
         FROM unnest($3::text[]) AS wanted (table_name)
         ON CONFLICT DO NOTHING",
        tenant.uuid(),
        id.uuid(),
        tables,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Apps that are in use and read one of these tables.
pub async fn readers(
    conn: &mut PgConnection,
    tenant: TenantId,
    tables: &[String],
) -> Result<Vec<(AppId, String)>, Error> {
    let rows = sqlx::query!(
        "SELECT DISTINCT a.id, a.name
         FROM apps a
         JOIN app_tables t ON t.tenant_id = a.tenant_id AND t.app_id = a.id
         WHERE a.tenant_id = $1
           AND a.revoked_at IS NULL
           AND t.table_name = ANY($2)
         ORDER BY a.name",
        tenant.uuid(),
        tables,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (AppId::from_uuid(row.id), row.name))
        .collect())
}

/// Notes a download and what it said. `shown`: a new password was in it.
pub async fn downloaded(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: AppId,
    snapshot: &Snapshot,
    shown: bool,
    at: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE apps
         SET bundle = $3,
             password_shown = password_shown OR $4,
             downloaded_at = $5
         WHERE tenant_id = $1
           AND id = $2
           AND revoked_at IS NULL",
        tenant.uuid(),
        id.uuid(),
        serde_json::to_value(snapshot).unwrap_or_default(),
        shown,
        at,
    )
    .execute(conn)
    .await?;
    one_row(&changed).map_err(|_| Error::Stale)
}

/// Notes that its login was seen at work.
pub async fn used(
    conn: &mut PgConnection,
    tenant: TenantId,
    login: &str,
    at: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE apps SET last_used_at = $3 WHERE tenant_id = $1 AND login = $2",
        tenant.uuid(),
        login,
        at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends it. `Stale` when it has ended before.
pub async fn revoke(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: AppId,
    at: OffsetDateTime,
) -> Result<(), Error> {
    let changed = sqlx::query!(
        "UPDATE apps
         SET revoked_at = $3
         WHERE tenant_id = $1
           AND id = $2
           AND revoked_at IS NULL",
        tenant.uuid(),
        id.uuid(),
        at,
    )
    .execute(conn)
    .await?;
    one_row(&changed).map_err(|_| Error::Stale)
}
