//! What a job is going to do: connection, source, destination, catalogue; made at its first attempt, kept by all.

use std::collections::HashMap;

use airbyte::extension::JobRuntime;
use airbyte::protocol::{ConfiguredAirbyteCatalog, ConfiguredAirbyteStream, StreamDescriptor};
use queue::JobContext;
use serde_json::Value;
use sync::fault::Fault;
use sync::load::{Namespaces, Target};

use crate::api::connections::{in_own_schemas, settings_of};
use crate::configured::{begins_generation, reset_catalog, sync_catalog};
use crate::error::Failure;
use crate::secrets::Place;
use crate::streams::Chosen;
use crate::tables::{attempts, connections, destinations, jobs, progress, sources, states};
use crate::{Engine, Error};

/// Everything one attempt needs.
pub struct Plan {
    pub job: jobs::Row,
    pub connection: connections::Row,
    pub source: sources::Row,
    pub target: Target,
    pub prefix: String,
    pub namespaces: Namespaces,
    pub catalog: ConfiguredAirbyteCatalog,
    pub fence: i64,
    pub number: i32,
}

impl Plan {
    pub fn runtime(&self) -> JobRuntime {
        match self.job.runtime.as_str() {
            "airbyte" => JobRuntime::Airbyte,
            _ => JobRuntime::Own,
        }
    }

    /// Each runtime goes on from where it stood: what one of them writes down, the other need not understand.
    pub fn states_key(&self) -> String {
        match self.runtime() {
            JobRuntime::Own => self.connection.id.to_string(),
            JobRuntime::Airbyte => format!("{} airbyte", self.connection.id),
        }
    }

    pub fn is_reset(&self) -> bool {
        self.job.kind == "reset"
    }
}

/// Opens the next attempt of a job.
pub async fn open(engine: &Engine, cx: &JobContext, job: jobs::Row) -> Result<Plan, Failure> {
    let pool = &engine.config.pool;
    let connection = found(connections::find(pool, None, job.connection_id).await?)?;
    let source = found(sources::find(pool, None, connection.source_id).await?)?;
    let destination = found(destinations::find(pool, None, connection.destination_id).await?)?;
    let config = engine.open_config(
        Place::Destination,
        destination.workspace_id,
        destination.id,
        &destination.config,
    )?;
    let settings = settings_of(&connection)?;
    let namespaces = if in_own_schemas(&settings) {
        Namespaces::Schemas
    } else {
        Namespaces::Ignored
    };
    let mut tx = queue::begin(pool).await?;
    cx.hold(&mut tx).await.map_err(Error::from)?;
    let catalog = ensure_catalog(&mut tx, &job, &connection).await?;
    let fence = connections::raise_fence(&mut tx, connection.id)
        .await?
        .ok_or_else(gone)?;
    let number = jobs::begin(&mut tx, job.id).await?;
    attempts::begin(&mut tx, job.id, number).await?;
    progress::begin(&mut tx, job.id).await?;
    tx.commit().await?;
    let catalog = without_finished(engine, &job, catalog).await?;
    let target = engine.target(&config).await?;
    let prefix = settings.prefix.unwrap_or_default();
    Ok(Plan {
        job,
        connection,
        source,
        target,
        prefix,
        namespaces,
        catalog,
        fence,
        number,
    })
}

fn found<T>(row: Option<T>) -> Result<T, Failure> {
    row.ok_or_else(|| gone().into())
}

fn gone() -> Fault {
    Fault::config("The connection, its source or its destination has been deleted.")
}

/// The job's catalogue; at its first attempt generations begin and the streams are written down.
async fn ensure_catalog(
    conn: &mut sqlx::PgConnection,
    job: &jobs::Row,
    connection: &connections::Row,
) -> Result<ConfiguredAirbyteCatalog, Failure> {
    let corrupt = |table, column| {
        move |source| Error::Corrupt {
            table,
            column,
            source,
        }
    };
    if let Some(stored) = &job.catalog {
        return Ok(serde_json::from_value(stored.clone()).map_err(corrupt("jobs", "catalog"))?);
    }
    let chosen: Vec<Chosen> = serde_json::from_value(connection.streams.clone())
        .map_err(corrupt("connections", "streams"))?;
    let reset = job.kind == "reset";
    let mut generations = HashMap::new();
    for one in &chosen {
        let stream = one.stream.descriptor();
        let by = i64::from(reset || begins_generation(one));
        let namespace = progress::namespace(&stream).to_owned();
        let generation =
            connections::generation(conn, connection.id, &namespace, &stream.name, by).await?;
        generations.insert(stream, generation);
    }
    let make = if reset { reset_catalog } else { sync_catalog };
    let catalog = make(&chosen, &generations, job.id);
    let value = serde_json::to_value(&catalog).map_err(corrupt("jobs", "catalog"))?;
    jobs::set_catalog(conn, job.id, &value).await?;
    let streams: Vec<StreamDescriptor> = catalog
        .streams
        .iter()
        .map(ConfiguredAirbyteStream::descriptor)
        .collect();
    progress::insert(conn, job.id, &streams).await?;
    Ok(catalog)
}

/// Streams that an earlier attempt finished are not read again, unless the source speaks of all at once.
async fn without_finished(
    engine: &Engine,
    job: &jobs::Row,
    mut catalog: ConfiguredAirbyteCatalog,
) -> Result<ConfiguredAirbyteCatalog, Failure> {
    let pool = &engine.config.pool;
    if job.attempts == 0 || states::is_of_all(pool, job.connection_id).await? {
        return Ok(catalog);
    }
    let rows = progress::list(pool, job.id).await?;
    let finished = |stream: &StreamDescriptor| {
        rows.iter().any(|row| {
            row.status == "succeeded"
                && row.name == stream.name
                && row.namespace == progress::namespace(stream)
        })
    };
    catalog
        .streams
        .retain(|stream| !finished(&stream.descriptor()));
    Ok(catalog)
}

impl Engine {
    /// The database of a destination, after asking whether this server may call it.
    pub(crate) async fn target(&self, config: &Value) -> Result<Target, Failure> {
        let target = Target::from_config(config)?;
        let own = self
            .config
            .own_databases
            .iter()
            .any(|(host, port)| *host == target.host && *port == target.port);
        if !own {
            self.config
                .outbound
                .resolve_database_host(&target.host, target.port)
                .await?;
        }
        Ok(target)
    }
}
