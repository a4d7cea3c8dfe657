//! The tenant data database as the provisioner sees it: functions that make and drop what one tenant owns.
//!
//! The provisioner's login has no rights of its own; each function checks the form of the id it gets.

use model::{AppId, TenantId};
use secrecy::SecretString;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{Error, bootstrap::verifier};

/// Tables dropped in one statement: each needs a lock, and their number is limited.
const DROP_BATCH: i32 = 200;

/// A lazily opened pool for the provisioner.
#[derive(Debug, Clone)]
pub struct TenantDb {
    pool: PgPool,
}

/// One table of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSize {
    pub name: String,
    pub estimated_rows: i64,
    pub bytes: i64,
}

/// One login of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginState {
    pub login: String,
    pub may_log_in: bool,
    pub sessions: i64,
}

/// Name of the tenant's schema.
pub fn schema_name(tenant: TenantId) -> String {
    format!("t_{}", tenant.suffix())
}

/// Name of the login that fills the tenant's tables.
pub fn load_login_name(tenant: TenantId) -> String {
    format!("{}_load", schema_name(tenant))
}

/// Name of an app's login.
pub fn app_login_name(tenant: TenantId, app: AppId) -> String {
    format!("{}_a_{}", schema_name(tenant), app.suffix())
}

impl TenantDb {
    pub fn new(provisioner: PgConnectOptions) -> Self {
        Self {
            pool: PgPoolOptions::new()
                .max_connections(4)
                .connect_lazy_with(provisioner),
        }
    }

    /// Answers when the database does, with its version number.
    pub async fn ping(&self) -> Result<i32, Error> {
        Ok(
            sqlx::query_scalar("SELECT current_setting('server_version_num')::int")
                .fetch_one(&self.pool)
                .await?,
        )
    }

    /// Whether a login that is not ours does everything in this database as that one.
    pub async fn works_as(&self, login: &str, other: &str) -> Result<bool, Error> {
        let set = format!("role={other}");
        Ok(sqlx::query_scalar(
            "SELECT EXISTS (
                 SELECT
                 FROM pg_roles r
                 JOIN pg_db_role_setting s ON s.setrole = r.oid
                 JOIN pg_database d ON d.oid = s.setdatabase
                 WHERE r.rolname = $1
                   AND d.datname = current_database()
                   AND $2 = ANY (s.setconfig)
                   AND pg_has_role(r.oid, to_regrole(quote_ident($3)), 'MEMBER')
             )",
        )
        .bind(login)
        .bind(set)
        .bind(other)
        .fetch_one(&self.pool)
        .await?)
    }

    /// Schema, roles and grants. Safe to repeat; passwords become the given ones. Returns the schema's name.
    pub async fn create(
        &self,
        tenant: TenantId,
        load: &SecretString,
        read: &SecretString,
    ) -> Result<String, Error> {
        Ok(sqlx::query_scalar("SELECT hub.tenant_create($1, $2, $3)")
            .bind(tenant.suffix())
            .bind(verifier(load))
            .bind(verifier(read))
            .fetch_one(&self.pool)
            .await?)
    }

    /// Drops every table in batches, then the schema and all roles. Safe to repeat.
    pub async fn drop_tenant(&self, tenant: TenantId) -> Result<(), Error> {
        loop {
            let left: i64 = sqlx::query_scalar("SELECT hub.tenant_drop_tables($1, $2)")
                .bind(tenant.suffix())
                .bind(DROP_BATCH)
                .fetch_one(&self.pool)
                .await?;
            if left == 0 {
                break;
            }
        }
        sqlx::query("SELECT hub.tenant_drop($1)")
            .bind(tenant.suffix())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Shuts every login and ends its sessions; the data stays. Returns how many sessions ended.
    pub async fn suspend(&self, tenant: TenantId) -> Result<i64, Error> {
        Ok(sqlx::query_scalar("SELECT hub.tenant_suspend($1)")
            .bind(tenant.suffix())
            .fetch_one(&self.pool)
            .await?)
    }

    pub async fn resume(&self, tenant: TenantId) -> Result<(), Error> {
        sqlx::query("SELECT hub.tenant_resume($1)")
            .bind(tenant.suffix())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub async fn tables(&self, tenant: TenantId) -> Result<Vec<TableSize>, Error> {
        let rows: Vec<(String, i64, i64)> = sqlx::query_as(
            "SELECT table_name, estimated_rows, bytes
             FROM hub.tenant_tables($1)",
        )
        .bind(tenant.suffix())
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|(name, estimated_rows, bytes)| TableSize {
                name,
                estimated_rows,
                bytes,
            })
            .collect())
    }

    pub async fn logins(&self, tenant: TenantId) -> Result<Vec<LoginState>, Error> {
        let rows: Vec<(String, bool, i64)> = sqlx::query_as(
            "SELECT login, may_log_in, sessions
             FROM hub.tenant_logins($1)",
        )
        .bind(tenant.suffix())
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|(login, may_log_in, sessions)| LoginState {
                login,
                may_log_in,
                sessions,
            })
            .collect())
    }

    /// Makes an app's read-only login, or gives it another password. Returns its name.
    pub async fn create_app_login(
        &self,
        tenant: TenantId,
        app: AppId,
        password: &SecretString,
    ) -> Result<String, Error> {
        Ok(
            sqlx::query_scalar("SELECT hub.app_login_create($1, $2, $3)")
                .bind(tenant.suffix())
                .bind(app.suffix())
                .bind(verifier(password))
                .fetch_one(&self.pool)
                .await?,
        )
    }

    /// Lets the app read exactly these tables; returns those that exist now.
    pub async fn grant_app_tables(
        &self,
        tenant: TenantId,
        app: AppId,
        tables: &[String],
    ) -> Result<Vec<String>, Error> {
        Ok(sqlx::query_scalar("SELECT hub.app_login_grant($1, $2, $3)")
            .bind(tenant.suffix())
            .bind(app.suffix())
            .bind(tables)
            .fetch_all(&self.pool)
            .await?)
    }

    /// Ends an app's login and its sessions. Safe to repeat.
    pub async fn drop_app_login(&self, tenant: TenantId, app: AppId) -> Result<(), Error> {
        sqlx::query("SELECT hub.app_login_drop($1, $2)")
            .bind(tenant.suffix())
            .bind(app.suffix())
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
