//! Rows of a tenant's own tables, read with the tenant's own login and nothing more.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};

use crate::{Error, bootstrap::quoted};

/// What PostgreSQL answers about a table that is not there.
const NO_TABLE: &str = "42P01";
/// The same for a schema.
const NO_SCHEMA: &str = "3F000";

/// A connection as one login of the tenant, to the tables of one schema; closed by dropping it.
pub struct Reader {
    conn: PgConnection,
    schema: String,
}

impl Reader {
    pub async fn connect(login: &PgConnectOptions, schema: String) -> Result<Self, Error> {
        let conn = PgConnection::connect_with(login).await?;
        Ok(Self { conn, schema })
    }

    /// The first rows as JSON objects; `None` when there is no such table yet.
    pub async fn first(&mut self, table: &str, limit: i64) -> Result<Option<Vec<Value>>, Error> {
        let sql = format!(
            "SELECT to_jsonb(found) FROM (SELECT * FROM {} LIMIT $1) AS found",
            self.name(table)
        );
        let rows = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(limit)
            .fetch_all(&mut self.conn)
            .await;
        unless_missing(rows)
    }

    /// How many rows there are; `None` when there is no such table.
    pub async fn count(&mut self, table: &str) -> Result<Option<i64>, Error> {
        let sql = format!("SELECT count(*) FROM {}", self.name(table));
        let count = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut self.conn)
            .await;
        unless_missing(count)
    }

    fn name(&self, table: &str) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(table))
    }
}

fn unless_missing<T>(read: Result<T, sqlx::Error>) -> Result<Option<T>, Error> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(sqlx::Error::Database(error))
            if matches!(error.code().as_deref(), Some(NO_TABLE | NO_SCHEMA)) =>
        {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}
