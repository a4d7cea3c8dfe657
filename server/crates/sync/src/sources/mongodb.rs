//! MongoDB as a source: collections and views of replica sets, sharded clusters and single servers, whole in the order of
//! their key, or from a cursor on.

mod address;
mod catalog;
mod client;
mod config;
mod connect;
mod count;
mod cursor;
mod errors;
mod hello;
mod keys;
mod place;
mod read;
mod row;
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

/// Names, port, encryption, login, collections; each a step.
pub async fn check(config: &Value, cx: &RunContext, steps: &Steps) -> Result<(), Fault> {
    let mut config = Config::parse(config)?;
    let mut session = connect::connect_stepwise(&mut config, cx, steps).await?;
    steps
        .run("Collections readable", async {
            let mut count = 0;
            for database in &config.databases {
                count += catalog::collections(&mut session, database).await?.len();
            }
            let detail = match count {
                0 => return Err(nothing_readable(&config)),
                1 => "1 collection".to_owned(),
                count => format!("{count} collections"),
            };
            Ok(((), Some(detail)))
        })
        .await
}

pub async fn discover(config: &Value, cx: &RunContext) -> Result<AirbyteCatalog, Fault> {
    let mut config = Config::parse(config)?;
    let mut session = connect::connect(&mut config, cx).await?;
    let catalog = catalog::catalog(&mut session, &config).await?;
    if catalog.streams.is_empty() {
        Err(nothing_readable(&config))
    } else {
        Ok(catalog)
    }
}

pub async fn read(
    config: &Value,
    catalog: &ConfiguredAirbyteCatalog,
    state: &[Value],
    cx: &RunContext,
    out: mpsc::Sender<Bytes>,
) -> Result<(), Fault> {
    let mut config = Config::parse(config)?;
    Box::pin(read::read(&mut config, catalog, state, cx, out)).await
}

fn nothing_readable(config: &Config) -> Fault {
    Fault::config(format!(
        "The login works, but it may read no collection of {}. Check the databases' names, which are case sensitive, or grant the user the role “read” there.",
        config.databases.join(", ")
    ))
    .at_field("database_config.databases")
}
