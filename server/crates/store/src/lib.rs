//! The control database: every statement of it, its migrations, and the sealing of what it keeps.
//!
//! Free functions take the connection first and the tenant second, so they compose in one transaction and cannot
//! forget whom they work for. `TenantTx` is the door to one tenant's rows, `PlatformTx` to the few statements that look
//! across tenants.

pub mod accounts;
pub mod admin;
pub mod api_keys;
pub mod apps;
pub mod audit;
pub mod bootstrap;
pub mod breakers;
pub mod connections;
pub mod decisions;
pub mod discoveries;
pub mod error;
pub mod identities;
pub mod ids;
pub mod isolation;
pub mod links;
pub mod logins;
mod migrate;
pub mod oauth;
pub mod offered;
pub mod own;
pub mod person;
pub mod rate_limits;
pub mod rehearsals;
pub mod routes;
pub mod runs;
pub mod samples;
pub mod schedules;
pub mod secrets;
pub mod self_check;
pub mod sessions;
pub mod steps;
pub mod streams;
pub mod tenant_db;
pub mod tenant_rows;
mod tenant_tx;
pub mod tenants;
pub mod tests;
pub mod times;
pub mod uploads;
pub mod webhooks;

pub use error::Error;
pub use migrate::{migrate, migrate_tenant_database};
pub use tenant_tx::{PlatformTx, TenantTx};

use sqlx::{
    Executor, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

/// More than the program has statements: each is prepared once on a connection.
const STATEMENTS: usize = 1_000;

/// The control database as the program uses it.
#[derive(Debug, Clone)]
pub struct Store {
    pub pool: PgPool,
}

impl Store {
    /// Opens a pool. A connection that comes back with a tenant still set is closed, not reused.
    pub async fn connect(options: PgConnectOptions, connections: u32) -> Result<Self, Error> {
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .after_connect(|conn, _| Box::pin(plan_once(conn)))
            .after_release(|conn, _| Box::pin(tenant_tx::is_clean(conn)))
            .connect_with(options.statement_cache_capacity(STATEMENTS))
            .await?;
        Ok(Self { pool })
    }

    pub async fn tenant(&self, tenant: model::TenantId) -> Result<TenantTx, Error> {
        TenantTx::begin(&self.pool, tenant).await
    }

    pub async fn platform(&self) -> Result<PlatformTx, Error> {
        PlatformTx::begin(&self.pool).await
    }
}

/// Each statement is planned once on a connection and not for every set of parameters: with the row policies, planning
/// the list of connections takes three times as long as reading it.
async fn plan_once(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    conn.execute("SET plan_cache_mode = force_generic_plan")
        .await
        .map(drop)
}
