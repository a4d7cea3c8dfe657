//! First set-up of a PostgreSQL that is ours alone: roles, the two databases, and who may connect to which.
//!
//! On servers of somebody else an administrator does the same once by hand; the README lists the statements.

use postgres_protocol::password::scram_sha_256;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};

use crate::Error;

/// Two hubs that start on one server at once take turns.
const LOCK: i64 = 0x7472_6962_7574_6172;

/// Databases that every server has and no login of ours needs.
const SHARED: [&str; 2] = ["postgres", "template1"];

/// One password a login.
#[derive(Debug)]
pub struct Passwords {
    pub owner: SecretString,
    pub app: SecretString,
    pub provisioner: SecretString,
}

/// How the databases are called.
#[derive(Debug, Clone)]
pub struct Names {
    pub control: String,
    pub data: String,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            control: "tributary".to_owned(),
            data: "tributary_data".to_owned(),
        }
    }
}

/// How each part of the program connects.
#[derive(Debug, Clone)]
pub struct Logins {
    /// Owns the control tables and migrates them.
    pub control_owner: PgConnectOptions,
    /// Web and worker on the control database.
    pub control: PgConnectOptions,
    /// Prepares the tenant data database once.
    pub data_superuser: PgConnectOptions,
    /// Calls the functions that make and drop tenants.
    pub data_provisioner: PgConnectOptions,
}

/// A password as the server keeps it: sent instead of the password, so that no log can hold one.
pub fn verifier(password: &SecretString) -> String {
    scram_sha_256(password.expose_secret().as_bytes())
}

/// Makes roles and databases where they are missing, and gives every login its password. Safe to repeat.
pub async fn embedded(
    superuser: &PgConnectOptions,
    names: &Names,
    passwords: &Passwords,
) -> Result<Logins, Error> {
    let mut conn = PgConnection::connect_with(superuser).await?;
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(LOCK)
        .execute(&mut conn)
        .await?;
    ensure_login(&mut conn, "hub_owner", &passwords.owner).await?;
    ensure_login(&mut conn, "hub_app", &passwords.app).await?;
    ensure_login(&mut conn, "hub_provisioner", &passwords.provisioner).await?;
    ensure_database(&mut conn, &names.control, "hub_owner").await?;
    run(
        &mut conn,
        format!(
            "GRANT CONNECT ON DATABASE {} TO hub_app",
            quoted(&names.control)
        ),
    )
    .await?;
    // The data database stays the superuser's: no login of the hub owns what tenants share.
    ensure_database(&mut conn, &names.data, superuser.get_username()).await?;
    for name in SHARED {
        close_to_public(&mut conn, name).await?;
    }
    sqlx::query("SELECT pg_advisory_unlock($1)")
        .bind(LOCK)
        .execute(&mut conn)
        .await?;
    conn.close().await?;
    let login = |name: &str, password: &SecretString, database: &str| {
        superuser
            .clone()
            .username(name)
            .password(password.expose_secret())
            .database(database)
    };
    Ok(Logins {
        control_owner: login("hub_owner", &passwords.owner, &names.control),
        control: login("hub_app", &passwords.app, &names.control),
        data_superuser: superuser.clone().database(&names.data),
        data_provisioner: login("hub_provisioner", &passwords.provisioner, &names.data),
    })
}

async fn ensure_login(
    conn: &mut PgConnection,
    name: &'static str,
    password: &SecretString,
) -> Result<(), Error> {
    let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
        .bind(name)
        .fetch_one(&mut *conn)
        .await?;
    if !there {
        run(conn, format!("CREATE ROLE {name}")).await?;
    }
    let verifier = verifier(password);
    run(
        conn,
        format!("ALTER ROLE {name} LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS PASSWORD '{verifier}'"),
    )
    .await
}

async fn ensure_database(conn: &mut PgConnection, name: &str, owner: &str) -> Result<(), Error> {
    let there: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(name)
            .fetch_one(&mut *conn)
            .await?;
    if !there {
        run(
            conn,
            format!("CREATE DATABASE {} OWNER {}", quoted(name), quoted(owner)),
        )
        .await?;
    }
    run(
        conn,
        format!("REVOKE ALL ON DATABASE {} FROM PUBLIC", quoted(name)),
    )
    .await
}

/// Takes away what everybody may do there; not touched again once it is done.
async fn close_to_public(conn: &mut PgConnection, name: &str) -> Result<(), Error> {
    let open: bool = sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT FROM pg_database
             WHERE datname = $1
               AND has_database_privilege('public', oid, 'CONNECT'))",
    )
    .bind(name)
    .fetch_one(&mut *conn)
    .await?;
    if open {
        run(
            conn,
            format!(
                "REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC",
                quoted(name)
            ),
        )
        .await?;
    }
    Ok(())
}

/// Statements whose only variable parts are names that we chose and verifiers, which are base64.
async fn run(conn: &mut PgConnection, statement: String) -> Result<(), Error> {
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
