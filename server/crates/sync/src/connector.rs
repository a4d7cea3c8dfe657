//! One way to talk to every source: spec, check, discover and read, whatever runs underneath.
//!
//! Built-in sources run inside this process; everything else is a program in the sandbox. Both speak the Airbyte
//! protocol, so nothing above this line can tell them apart.

pub mod command;
mod context;
mod names;
mod step;
mod veil;

use airbyte::protocol::{AirbyteCatalog, ConfiguredAirbyteCatalog, ConnectorSpecification};
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;

pub use context::{Detail, Level, Limits, LogLine, Network, RunContext, Sandbox, Uploads, Usage};
pub use step::{CheckStep, StepState, Steps};
pub use veil::Veil;

pub use crate::declarative::Turns;
use crate::declarative::{self, Manifest};
use crate::fault::Fault;
use crate::process::{self, Program};
use crate::sources::{file, mongodb, mysql, postgres};
use crate::vendors;

/// A source that can be asked the four questions of the protocol.
#[derive(Debug, Clone)]
pub enum Connector {
    /// PostgreSQL tables and views, in this process.
    Postgres,
    /// MySQL and MariaDB tables and views, in this process.
    MySql,
    /// MongoDB collections and views, in this process.
    MongoDb,
    /// CSV, JSON and Excel files, in this process.
    File,
    /// A low-code manifest, run in this process.
    Declarative(Manifest),
    /// A low-code manifest with components in Python: it tells its settings itself, and Airbyte's runtime does the rest
    /// in the sandbox.
    Components(Manifest, Program),
    /// A connector program, in the sandbox.
    Process(Program),
}

impl Connector {
    /// Whether a read starts a program of its own, with memory of its own.
    pub fn is_program(&self) -> bool {
        matches!(self, Self::Components(..) | Self::Process(_))
    }

    /// The built-in source with this name, if there is one: a database, files, or a vendor's API.
    pub fn built_in(name: &str) -> Option<Self> {
        match name {
            "postgres" => Some(Self::Postgres),
            "mysql" => Some(Self::MySql),
            "mongodb-v2" => Some(Self::MongoDb),
            "file" => Some(Self::File),
            _ => vendors::manifest(name).map(Self::Declarative),
        }
    }

    /// What the connector asks of a person: a JSON Schema for its configuration.
    pub async fn spec(&self, cx: &RunContext) -> Result<ConnectorSpecification, Fault> {
        match self {
            Self::Postgres => Ok(postgres::spec()),
            Self::MySql => Ok(mysql::spec()),
            Self::MongoDb => Ok(mongodb::spec()),
            Self::File => Ok(file::spec()),
            Self::Declarative(manifest) | Self::Components(manifest, _) => {
                declarative::spec(manifest)
            }
            Self::Process(program) => process::spec(program, cx).await,
        }
    }

    /// Tries the configuration. Steps are sent as they happen; the result is the verdict.
    pub async fn check(
        &self,
        config: &Value,
        cx: &RunContext,
        steps: mpsc::Sender<CheckStep>,
    ) -> Result<(), Fault> {
        let veil = Veil::of(config, &cx.secret_fields);
        let steps = Steps::new(steps, veil.clone());
        let result = match self {
            Self::Postgres => {
                cx.until_cancelled(postgres::check(config, cx, &steps))
                    .await
            }
            Self::MySql => cx.until_cancelled(mysql::check(config, cx, &steps)).await,
            Self::MongoDb => {
                cx.until_cancelled(Box::pin(mongodb::check(config, cx, &steps)))
                    .await
            }
            Self::File => cx.until_cancelled(file::check(config, cx, &steps)).await,
            Self::Declarative(manifest) => {
                cx.until_cancelled(Box::pin(declarative::check(
                    manifest, config, cx, &veil, &steps,
                )))
                .await
            }
            Self::Components(_, program) | Self::Process(program) => {
                process::check(program, config, cx, &steps).await
            }
        };
        result.map_err(|fault| veil.fault(fault))
    }

    /// The streams this configuration can read.
    pub async fn discover(&self, config: &Value, cx: &RunContext) -> Result<AirbyteCatalog, Fault> {
        let veil = Veil::of(config, &cx.secret_fields);
        let found = self.discovered(config, cx, &veil).await;
        found
            .map(names::storable)
            .map_err(|fault| veil.fault(fault))
    }

    async fn discovered(
        &self,
        config: &Value,
        cx: &RunContext,
        veil: &Veil,
    ) -> Result<AirbyteCatalog, Fault> {
        match self {
            Self::Postgres => cx.until_cancelled(postgres::discover(config, cx)).await,
            Self::MySql => cx.until_cancelled(mysql::discover(config, cx)).await,
            Self::MongoDb => {
                cx.until_cancelled(Box::pin(mongodb::discover(config, cx)))
                    .await
            }
            Self::File => cx.until_cancelled(file::discover(config, cx)).await,
            Self::Declarative(manifest) => {
                cx.until_cancelled(Box::pin(declarative::discover(manifest, config, cx, veil)))
                    .await
            }
            Self::Components(_, program) | Self::Process(program) => {
                process::discover(program, config, cx).await
            }
        }
    }

    /// Reads the catalogue's streams and writes chunks of whole, newline-terminated protocol lines to `out`: RECORD,
    /// STATE, TRACE and CONTROL. LOG messages and anything that is no message go to `cx.log` instead.
    ///
    /// Dropping the future, or cancelling `cx.cancel`, ends the read and every process it started. A closed `out` ends
    /// it too.
    pub async fn read(
        &self,
        config: &Value,
        catalog: &ConfiguredAirbyteCatalog,
        state: &[Value],
        cx: &RunContext,
        out: mpsc::Sender<Bytes>,
    ) -> Result<(), Fault> {
        let veil = Veil::of(config, &cx.secret_fields);
        let result = match self {
            Self::Postgres => {
                cx.until_cancelled(postgres::read(config, catalog, state, cx, out))
                    .await
            }
            Self::MySql => {
                cx.until_cancelled(mysql::read(config, catalog, state, cx, out))
                    .await
            }
            Self::MongoDb => {
                cx.until_cancelled(mongodb::read(config, catalog, state, cx, out))
                    .await
            }
            Self::File => {
                cx.until_cancelled(file::read(config, catalog, cx, out))
                    .await
            }
            Self::Declarative(manifest) => {
                cx.until_cancelled(Box::pin(declarative::read(
                    manifest, config, catalog, state, cx, &veil, out,
                )))
                .await
            }
            Self::Components(_, program) | Self::Process(program) => {
                process::read(program, config, catalog, state, cx, out).await
            }
        };
        result.map_err(|fault| veil.fault(fault))
    }
}
