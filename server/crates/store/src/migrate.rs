//! Bringing both databases to the newest form.

use sqlx::{Connection, PgConnection, migrate::Migrator, postgres::PgConnectOptions};

use crate::Error;

static CONTROL: Migrator = sqlx::migrate!("../../../migrations/control");
static TENANT: Migrator = sqlx::migrate!("../../../migrations/tenant");

/// Migrates the control database, as the login that owns its tables. The role `hub_app` must exist.
pub async fn migrate(owner: &PgConnectOptions) -> Result<(), Error> {
    let mut conn = PgConnection::connect_with(owner).await?;
    require_role(&mut conn, "hub_app").await?;
    CONTROL.run(&mut conn).await?;
    Ok(conn.close().await?)
}

/// Hardens the tenant data database and installs what the provisioner may call. Needs its superuser; the role
/// `hub_provisioner` must exist.
pub async fn migrate_tenant_database(superuser: &PgConnectOptions) -> Result<(), Error> {
    let mut conn = PgConnection::connect_with(superuser).await?;
    require_role(&mut conn, "hub_provisioner").await?;
    sqlx::raw_sql("CREATE SCHEMA IF NOT EXISTS hub; SET search_path = hub")
        .execute(&mut conn)
        .await?;
    TENANT.run(&mut conn).await?;
    Ok(conn.close().await?)
}

async fn require_role(conn: &mut PgConnection, role: &str) -> Result<(), Error> {
    let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
        .bind(role)
        .fetch_one(conn)
        .await?;
    if there {
        return Ok(());
    }
    Err(Error::SetUp(format!(
        "the database server has no role {role}: create it once with CREATE ROLE {role} LOGIN PASSWORD '…', and use it in the URL"
    )))
}
