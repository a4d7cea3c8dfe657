//! PostgreSQL as a source: tables and views of any version from 12 on, whole, from a cursor on, or from
//! a transaction on.

mod catalog;
mod chunks;
mod config;
mod connect;
mod cursor;
mod errors;
mod finite;
mod ident;
mod increments;
mod left_out;
mod moment;
mod numeric;
mod read;
mod row;
mod rows;
mod spec;
pub(super) mod temporal;
mod transaction;
mod types;
mod value;
mod version;
mod whole;

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
    let session = connect::connect_stepwise(&config, cx, steps).await?;
    let verdict = steps
        .run("Tables readable", async {
            let tables = catalog::tables(&session.client, &config.schemas).await?;
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
        .await;
    transaction::end(&session.client).await;
    verdict
}

pub async fn discover(config: &Value, cx: &RunContext) -> Result<AirbyteCatalog, Fault> {
    let config = Config::parse(config)?;
    let session = connect::connect(&config, cx).await?;
    let tables = catalog::tables(&session.client, &config.schemas).await;
    transaction::end(&session.client).await;
    let tables = tables?;
    if tables.is_empty() {
        Err(nothing_readable(&config))
    } else {
        Ok(catalog::catalog(&tables, config.replication_method))
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
    let session = connect::connect(&config, cx).await?;
    Box::pin(read::read(
        &session.client,
        &config,
        catalog,
        state,
        cx,
        out,
    ))
    .await
}

/// For every database's source.
pub(super) use left_out::refuse as refuse_what_is_left_out;
/// A JSON string of any text, and of any bytes.
pub(super) use value::{Finite, base64 as json_base64, text as json_text};
/// JSON kept to one line.
pub(crate) use value::{json as json_line, one_line};

fn nothing_readable(config: &Config) -> Fault {
    let place = if config.schemas.is_empty() {
        "this database".to_owned()
    } else {
        format!("the schemas {}", config.schemas.join(", "))
    };
    Fault::config(format!("The login works, but it may read no table in {place}. Check the schemas' names, or grant it USAGE and SELECT there.")).at_field("schemas")
}
