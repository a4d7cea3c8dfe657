//! Is a tenant walled in? Asked with the tenant's own logins, from outside, as an attacker would.

use std::time::Duration;

use sqlx::{
    AssertSqlSafe, Connection, Error as SqlError, PgConnection, postgres::PgConnectOptions,
};

use crate::Error;

const TIMEOUT: Duration = Duration::from_secs(10);
/// What PostgreSQL answers to somebody who may not.
const REFUSED: &[&str] = &["42501", "28000", "28P01", "3D000"];
const PROBE: &str = "_hub_probe";

/// Where to knock.
#[derive(Debug, Clone)]
pub struct Doors {
    /// The tenant's logins on the data database.
    pub load: PgConnectOptions,
    pub read: PgConnectOptions,
    /// The tenant's schema.
    pub schema: String,
    /// The control database, to be refused.
    pub control: PgConnectOptions,
}

/// What was seen: sentences for the page of steps. The first thing that should not be is an error.
pub async fn check(doors: &Doors) -> Result<Vec<String>, Error> {
    let mut load = connect(&doors.load).await?;
    let mut read = connect(&doors.read).await?;
    let seen = vec![
        own_tables(&mut load, &mut read, &doors.schema).await?,
        no_strength(&mut load).await?,
        other_schemas(&mut load, &doors.schema).await?,
        other_database(doors).await?,
    ];
    load.close().await?;
    read.close().await?;
    Ok(seen)
}

/// The loader makes a table, the reader reads it and can't change it.
async fn own_tables(
    load: &mut PgConnection,
    read: &mut PgConnection,
    schema: &str,
) -> Result<String, Error> {
    let table = format!("\"{schema}\".{PROBE}");
    run(load, format!("DROP TABLE IF EXISTS {table}")).await?;
    run(load, format!("CREATE TABLE {table} AS SELECT 1 AS probe")).await?;
    run(read, format!("SELECT probe FROM {table}")).await?;
    let write = run(
        read,
        format!("SET transaction_read_only = off; INSERT INTO {table} VALUES (2)"),
    )
    .await;
    let verdict = refused(write, "the reader's login may write");
    run(load, format!("DROP TABLE {table}")).await?;
    verdict?;
    Ok("Its logins load and read their own schema.".to_owned())
}

async fn no_strength(load: &mut PgConnection) -> Result<String, Error> {
    let strong: bool = sqlx::query_scalar(
        "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
         FROM pg_roles
         WHERE rolname = current_user",
    )
    .fetch_one(&mut *load)
    .await?;
    if strong {
        return Err(breach("the loader's login has rights beyond its schema"));
    }
    refused(
        run(load, "CREATE SCHEMA _hub_probe".to_owned()).await,
        "the loader's login may make schemas",
    )?;
    refused(
        run(load, "COPY (SELECT 1) TO PROGRAM 'true'".to_owned()).await,
        "the loader's login may run programs",
    )?;
    refused(
        run(load, "SELECT hub.tenant_drop('')".to_owned()).await,
        "the loader's login may call the provisioner's functions",
    )?;
    Ok("They make no schemas, roles or programs.".to_owned())
}

/// Another tenant's schema when there is one, and always ours and the shared one.
async fn other_schemas(load: &mut PgConnection, schema: &str) -> Result<String, Error> {
    let others: Vec<String> = sqlx::query_scalar(
        "SELECT nspname::text
         FROM pg_namespace
         WHERE nspname IN ('hub', 'public')
            OR (nspname ~ '^t_[0-9a-z]{26}$' AND nspname <> $1)
         ORDER BY nspname IN ('hub', 'public') DESC, nspname DESC
         LIMIT 5",
    )
    .bind(schema)
    .fetch_all(&mut *load)
    .await?;
    for other in &others {
        let knock = run(
            load,
            format!("CREATE TABLE \"{other}\".{PROBE} (probe int)"),
        )
        .await;
        refused(knock, "the loader's login gets into another schema")?;
    }
    Ok(format!("{} other schemas refused it.", others.len()))
}

async fn other_database(doors: &Doors) -> Result<String, Error> {
    let knock = connect(&doors.control.clone()).await;
    match knock {
        Ok(_) => Err(breach("the loader's login gets into the control database")),
        Err(Error::Database(error)) if is_refusal(&error) => {
            Ok("The control database refused it.".to_owned())
        }
        Err(other) => Err(other),
    }
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, Error> {
    match tokio::time::timeout(TIMEOUT, PgConnection::connect_with(options)).await {
        Ok(connected) => Ok(connected?),
        Err(_) => Err(Error::SetUp(
            "the database did not answer in time".to_owned(),
        )),
    }
}

/// Names in these statements are ours: the tenant's schema and schemas of the catalog that match a fixed form.
async fn run(conn: &mut PgConnection, statement: String) -> Result<(), SqlError> {
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(conn)
        .await
        .map(|_| ())
}

fn refused(outcome: Result<(), SqlError>, otherwise: &str) -> Result<(), Error> {
    match outcome {
        Ok(()) => Err(breach(otherwise)),
        Err(error) if is_refusal(&error) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn is_refusal(error: &SqlError) -> bool {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .is_some_and(|code| REFUSED.contains(&code.as_ref()))
}

fn breach(what: &str) -> Error {
    Error::SetUp(format!(
        "The wall around this workspace has a hole: {what}."
    ))
}
