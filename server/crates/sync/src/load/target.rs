//! The destination database of a run, and how to get there.

use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error};

use crate::fault::Fault;

use super::error;
use super::tls::{self, TlsMode};

const DEFAULT_PORT: u16 = 5432;
const DEFAULT_SCHEMA: &str = "public";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a run waits until others leave it a connection, and how often it asks.
const PLACE_PATIENCE: Duration = Duration::from_mins(30);
const PLACE_PAUSE: Duration = Duration::from_millis(500);
/// MERGE, and the security fixes everything else relies on.
const OLDEST_SERVER: i32 = 15;

/// Where the tables are. The password never shows: not in `Debug`, not in an error.
#[derive(Debug, Clone)]
pub struct Target {
    pub host: String,
    pub port: u16,
    pub database: String,
    pub user: String,
    pub password: SecretString,
    /// The schema the tables stand in.
    pub schema: String,
    pub tls: TlsMode,
}

impl Target {
    /// Reads the configuration of Airbyte's Postgres destination: `host, port, database, username, password, schema,
    /// ssl_mode`.
    pub fn from_config(config: &Value) -> Result<Self, Fault> {
        let text = |field: &str| {
            config
                .get(field)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        let required = |field: &str| {
            text(field)
                .map(str::to_owned)
                .ok_or_else(|| Fault::config(format!("“{field}” is missing.")).at_field(field))
        };
        Ok(Self {
            host: required("host")?,
            port: port(config)?,
            database: required("database")?,
            user: required("username")?,
            password: SecretString::from(text("password").unwrap_or_default().to_owned()),
            schema: text("schema").unwrap_or(DEFAULT_SCHEMA).to_owned(),
            tls: tls::mode_from_config(config)?,
        })
    }

    /// Opens a connection that behaves the same on every server. It closes when the client is dropped.
    pub async fn connect(&self) -> Result<Client, Fault> {
        let dialled = self.dial().await?;
        settle(dialled.map_err(|error| error::while_connecting(&error, self))?).await
    }

    /// The same for a run, which has time: while others have all connections that the login or the server may have, it
    /// waits.
    pub async fn connect_in_turn(&self) -> Result<Client, Fault> {
        let begun = Instant::now();
        loop {
            match self.dial().await? {
                Err(error)
                    if error::is(&error, &[SqlState::TOO_MANY_CONNECTIONS])
                        && begun.elapsed() < PLACE_PATIENCE =>
                {
                    tokio::time::sleep(PLACE_PAUSE).await;
                }
                Err(error) => return Err(error::while_connecting(&error, self)),
                Ok(client) => return settle(client).await,
            }
        }
    }

    async fn dial(&self) -> Result<Result<Client, Error>, Fault> {
        let mut config = tokio_postgres::Config::new();
        config
            .host(&self.host)
            .port(self.port)
            .dbname(&self.database)
            .user(&self.user)
            .password(self.password.expose_secret())
            .application_name("tributary load")
            .ssl_mode(self.tls.wire_mode())
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_user_timeout(Duration::from_mins(2));
        let dialled = config.connect(tls::connector(&self.tls)?).await;
        Ok(dialled.map(|(client, connection)| {
            #[expect(
                clippy::let_underscore_future,
                reason = "the task ends when the client is dropped; its error reaches the client's own calls"
            )]
            let _ = tokio::spawn(connection);
            client
        }))
    }
}

async fn settle(client: Client) -> Result<Client, Fault> {
    check_version(&client).await?;
    client.batch_execute(SETTINGS).await.map_err(error::fault)?;
    Ok(client)
}

/// Text in UTF-8, times in UTC, names always qualified, memory for sorting keys, and no time limit of the role's cutting
/// a long load in half.
const SETTINGS: &str = "SET client_encoding = 'UTF8'; SET TimeZone = 'UTC'; SET search_path = pg_catalog; SET work_mem = '64MB'; SET maintenance_work_mem = '256MB'; SET \
     statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = 0; SET client_min_messages = warning";

fn port(config: &Value) -> Result<u16, Fault> {
    let wrong = || Fault::config("“port” must be a number between 1 and 65535.").at_field("port");
    match config.get("port") {
        None | Some(Value::Null) => Ok(DEFAULT_PORT),
        Some(Value::Number(number)) => number
            .as_u64()
            .and_then(|number| u16::try_from(number).ok())
            .filter(|port| *port > 0)
            .ok_or_else(wrong),
        Some(Value::String(text)) => text.parse().ok().filter(|port| *port > 0).ok_or_else(wrong),
        Some(_) => Err(wrong()),
    }
}

async fn check_version(client: &Client) -> Result<(), Fault> {
    let row = client
        .query_one(
            "SELECT current_setting('server_version_num')::int / 10000",
            &[],
        )
        .await
        .map_err(error::fault)?;
    let version: i32 = row.get(0);
    if version < OLDEST_SERVER {
        return Err(Fault::unsupported(format!(
            "The destination runs PostgreSQL {version}; {OLDEST_SERVER} or newer is needed."
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn config() -> Value {
        json!({"host": "db", "port": 5433, "database": "d", "username": "u", "password": "hunter2", "schema": "s", "ssl_mode": {"mode": "disable"}})
    }

    #[test]
    fn a_destination_is_read_from_its_configuration() {
        let target = Target::from_config(&config()).unwrap();
        assert_eq!(
            (target.host.as_str(), target.port, target.schema.as_str()),
            ("db", 5433, "s")
        );
        assert_eq!(target.tls, TlsMode::Disable);
        assert!(!format!("{target:?}").contains("hunter2"));
    }

    #[test]
    fn what_is_wrong_is_told_at_its_field() {
        for (field, value) in [
            ("host", json!("")),
            ("database", Value::Null),
            ("username", json!(1)),
            ("port", json!(70_000)),
            ("port", json!("x")),
            ("ssl_mode", json!({"mode": "maybe"})),
        ] {
            let mut config = config();
            config[field] = value;
            assert_eq!(
                Target::from_config(&config).unwrap_err().field.as_deref(),
                Some(field)
            );
        }
    }
}
