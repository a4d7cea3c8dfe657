//! MySQL and MariaDB as a source: tables and views, whole in the order of their key, or from a cursor on.

mod catalog;
mod client;
mod config;
mod connect;
mod errors;
mod ident;
mod place;
mod question;
mod read;
mod row;
mod rows;
mod spec;
mod types;
mod value;

use airbyte::protocol::{AirbyteCatalog, ConfiguredAirbyteCatalog, ConnectorSpecification};
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::connector::{RunContext, Steps};
use crate::fault::Fault;
use config::Config;

pub fn spec() -> ConnectorSpecification {
    spec::spec()
}

/// Name, port, encryption, login, tables; each a step.
pub async fn check(config: &Value, cx: &RunContext, steps: &Steps) -> Result<(), Fault> {
    let config = Config::parse(config)?;
    let mut session = connect::connect_stepwise(&config, cx, steps).await?;
    steps
        .run("Tables readable", async {
            let tables = catalog::tables(&mut session, &config.database, &[]).await?;
            session.client.leave().await;
            if tables.is_empty() {
                return Err(nothing_readable(&config));
            }
            Ok((
                (),
                Some(match tables.len() {
                    1 => "1 table".to_owned(),
                    count => format!("{count} tables"),
                }),
            ))
        })
        .await
}

pub async fn discover(config: &Value, cx: &RunContext) -> Result<AirbyteCatalog, Fault> {
    let config = Config::parse(config)?;
    let mut session = connect::connect(&config, cx).await?;
    let tables = catalog::tables(&mut session, &config.database, &[]).await?;
    session.client.leave().await;
    if tables.is_empty() {
        Err(nothing_readable(&config))
    } else {
        Ok(catalog::catalog(&tables))
    }
}

pub async fn read(
    config: &Value,
    catalog: &ConfiguredAirbyteCatalog,
    state: &[Value],
    cx: &RunContext,
    out: mpsc::Sender<Bytes>,
) -> Result<(), Fault> {
    let config = Config::parse(config)?;
    read::read(&config, catalog, state, cx, out).await
}

fn nothing_readable(config: &Config) -> Fault {
    Fault::config(format!("The login works, but it may read no table in “{}”. Check the database's name, or grant the login SELECT there.", config.database)).at_field("database")
}
