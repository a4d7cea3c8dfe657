//! Rows of a tenant's own tables, read with the tenant's own login and nothing more.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};

use crate::{Error, bootstrap::quoted};

/// What PostgreSQL answers about a table that is not there.
const NO_TABLE: &str = "42P01";
/// The same for a schema.
const NO_SCHEMA: &str = "3F000";

/// A table of a tenant.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    pub schema: &'a str,
    pub name: &'a str,
}

impl Table<'_> {
    fn sql(self) -> String {
        format!("{}.{}", quoted(self.schema), quoted(self.name))
    }
}

/// A connection as one login of the tenant; closed by dropping it.
pub struct Reader(PgConnection);

impl Reader {
    pub async fn connect(login: &PgConnectOptions) -> Result<Self, Error> {
        Ok(Self(PgConnection::connect_with(login).await?))
    }

    /// The first rows as JSON objects; `None` when there is no such table yet.
    pub async fn first(
        &mut self,
        table: Table<'_>,
        limit: i64,
    ) -> Result<Option<Vec<Value>>, Error> {
        let sql = format!(
            "SELECT to_jsonb(found) FROM (SELECT * FROM {} LIMIT $1) AS found",
            table.sql()
        );
        let rows = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(limit)
            .fetch_all(&mut self.0)
            .await;
        unless_missing(rows)
    }

    /// How many rows there are; `None` when there is no such table.
    pub async fn count(&mut self, table: Table<'_>) -> Result<Option<i64>, Error> {
        let sql = format!("SELECT count(*) FROM {}", table.sql());
        let count = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut self.0)
            .await;
        unless_missing(count)
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
