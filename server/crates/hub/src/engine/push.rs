//! Tells the engine which streams a connection reads, how, and into which tables.

use airbyte::api::{
    ConnectionCreate, ConnectionPatch, ConnectionSyncMode, NamespaceDefinition, Schedule,
    SchemaUpdates, SelectedField, StreamConfiguration, StreamConfigurations,
};
use airbyte::{
    Client,
    extension::{Fault, FaultKind},
};
use model::{ConnectionId, SyncMode, TenantId};
use store::{
    connections::{self, Connection},
    routes::{self, Beside},
    streams::{self, Stream},
};
use uuid::Uuid;

use super::{
    Place, direct, engine_name, is_ours, place, put_source, there,
    ways::{HeldIn, Way},
};
use crate::{Error, Hub, connections::sealed, own, provision};

/// How an engine begins to list what is wrong with settings.
const ERRORS: &str = "\nErrors: ";

/// Why an engine does not hold what it should.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It asked the source, and this is what came of that.
    Source(Box<Fault>),
    /// It does not reach the tenant's tables.
    Tables(String),
    Other(Error),
}

impl From<airbyte::Error> for Refusal {
    fn from(error: airbyte::Error) -> Self {
        match error {
            airbyte::Error::Connector(fault) => Self::Source(fault),
            other => Self::Other(other.into()),
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        Self::Other(error.into())
    }
}

/// Another connector took these settings and told these tables; the hub's own may know neither. That is for the other way,
/// and for no person.
fn unfit(error: airbyte::Error) -> Refusal {
    match error {
        airbyte::Error::Invalid { message } => Refusal::Source(Box::new(not_taken(&message))),
        other => other.into(),
    }
}

fn not_taken(why: &str) -> Fault {
    // What is wrong comes after a sentence about schemas.
    let why = why.rsplit_once(ERRORS).map_or(why, |(_, errors)| errors);
    Fault {
        kind: FaultKind::Unsupported,
        until: None,
        message: format!("The hub's own reader does not take these settings or tables: {why}"),
        detail: None,
        field: None,
        stream: None,
    }
}

/// Makes or changes what the engine of a way holds so that it is as ours; returns the id of its connection.
pub(crate) async fn push(
    hub: &Hub,
    tenant: TenantId,
    id: ConnectionId,
    way: Way<'_>,
) -> Result<Uuid, Refusal> {
    match way.held_in {
        HeldIn::Connection => push_first(hub, tenant, id, way.client).await,
        HeldIn::Beside => push_beside(hub, tenant, id, way.client).await,
    }
}

async fn push_first(
    hub: &Hub,
    tenant: TenantId,
    id: ConnectionId,
    client: &Client,
) -> Result<Uuid, Refusal> {
    if let Some(why) = provision::refusal(hub, tenant).await? {
        return Err(Refusal::Tables(why));
    }
    let mut tx = hub.store().tenant(tenant).await?;
    let connection = connections::get(&mut tx, tenant, id).await?;
    let place = place(&mut tx, tenant).await?;
    let streams = streams::list(&mut tx, tenant, id).await?;
    tx.commit().await?;
    if let Some(engine) = connection.engine_connection
        && connection.pushed_version == connection.version
    {
        return Ok(engine);
    }
    let at = At {
        client,
        destination: place.destination,
        workspace: place.workspace,
        source: tested(&connection)?,
        id,
        name: engine_name(id, &connection.name),
        known: connection.engine_connection,
    };
    let engine = at.put(settings(&connection, &streams)).await?;
    let mut tx = hub.store().tenant(tenant).await?;
    connections::set_pushed(&mut tx, tenant, id, engine, connection.version).await?;
    tx.commit().await?;
    Ok(engine)
}

/// In this hub's own engine, for the direct way, where another one tested the connection.
async fn push_beside(
    hub: &Hub,
    tenant: TenantId,
    id: ConnectionId,
    client: &Client,
) -> Result<Uuid, Refusal> {
    let mut tx = hub.store().tenant(tenant).await?;
    let connection = connections::get(&mut tx, tenant, id).await?;
    let beside = routes::beside(&mut tx, tenant, id).await?;
    let streams = streams::list(&mut tx, tenant, id).await?;
    tx.commit().await?;
    tested(&connection)?;
    let place = direct::place(hub, tenant).await?;
    let source = put_beside(hub, tenant, &connection, place, beside).await?;
    if let Some(known) = beside.filter(|known| known.pushed_version == connection.version) {
        return Ok(known.connection);
    }
    let at = At {
        client,
        destination: place.destination,
        workspace: place.workspace,
        source,
        id,
        name: engine_name(id, &connection.name),
        known: beside.map(|known| known.connection),
    };
    let put = at.put(settings(&connection, &streams)).await;
    let engine = put.map_err(unfit)?;
    let now = Beside {
        source,
        connection: engine,
        pushed_version: connection.version,
    };
    let mut tx = hub.store().tenant(tenant).await?;
    routes::set_beside(&mut tx, tenant, id, now).await?;
    tx.commit().await?;
    Ok(engine)
}

/// The source on the hub's own engine with the settings as they are now.
async fn put_beside(
    hub: &Hub,
    tenant: TenantId,
    connection: &Connection,
    place: Place,
    known: Option<Beside>,
) -> Result<Uuid, Refusal> {
    let mut tx = hub.store().tenant(tenant).await?;
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    tx.commit().await?;
    let config = sealed::open(&keys, connection)?;
    let definition = if own::is_own(&connection.integration) {
        own::beside(hub, tenant, place.workspace, &connection.integration).await?
    } else {
        connection.definition
    };
    let beside = Connection {
        definition,
        engine_source: known.map(|known| known.source),
        ..connection.clone()
    };
    put_source(hub.direct(), place.workspace, &beside, &config)
        .await
        .map_err(unfit)
}

fn tested(connection: &Connection) -> Result<Uuid, Error> {
    connection
        .engine_source
        .ok_or_else(|| Error::Conflict("Test this connection first.".to_owned()))
}

/// Where a connection is to be made or changed.
struct At<'a> {
    client: &'a Client,
    workspace: Uuid,
    destination: Uuid,
    source: Uuid,
    id: ConnectionId,
    name: String,
    known: Option<Uuid>,
}

impl At<'_> {
    async fn put(self, settings: ConnectionPatch) -> Result<Uuid, airbyte::Error> {
        let patch = ConnectionPatch {
            name: Some(self.name.clone()),
            ..settings
        };
        if let Some(known) = self.known
            && let Some(put) = there(self.client.update_connection(known, &patch).await)?
        {
            return Ok(put.connection_id);
        }
        let answer = match self.find().await? {
            Some(engine) => self.client.update_connection(engine, &patch).await?,
            None => {
                let create = ConnectionCreate {
                    source_id: self.source,
                    destination_id: self.destination,
                    settings: patch,
                };
                return self.create(&create).await;
            }
        };
        Ok(answer.connection_id)
    }

    /// Of a call that is delivered twice, the second is refused because of what the first has made.
    async fn create(&self, new: &ConnectionCreate) -> Result<Uuid, airbyte::Error> {
        match self.client.create_connection(new).await {
            Ok(made) => Ok(made.connection_id),
            Err(
                error @ (airbyte::Error::Invalid { .. }
                | airbyte::Error::Conflict { .. }
                | airbyte::Error::Busy { .. }),
            ) => self.find().await?.ok_or(error),
            Err(error) => Err(error),
        }
    }

    /// Made before a crash and not noted, or made anew.
    async fn find(&self) -> Result<Option<Uuid>, airbyte::Error> {
        let known = self.client.connections(self.workspace).await?;
        let ours = known
            .into_iter()
            .find(|found| is_ours(self.id, &found.name));
        Ok(ours.map(|found| found.connection_id))
    }
}

fn settings(connection: &Connection, streams: &[Stream]) -> ConnectionPatch {
    let streams = streams
        .iter()
        .filter(|stream| stream.choice.selected)
        .map(configuration)
        .collect();
    ConnectionPatch {
        configurations: Some(StreamConfigurations { streams }),
        schedule: Some(Schedule::default()),
        namespace_definition: Some(NamespaceDefinition::Destination),
        prefix: Some(connection.table_prefix.clone()),
        non_breaking_schema_updates_behavior: Some(SchemaUpdates::Ignore),
        ..ConnectionPatch::default()
    }
}

/// Key and cursor are sent only where the source does not fix them: a server refuses them otherwise.
fn configuration(stream: &Stream) -> StreamConfiguration {
    let Stream { offer, choice, .. } = stream;
    let namespace = Some(offer.namespace.clone()).filter(|namespace| !namespace.is_empty());
    let key = choice.mode.needs_key() && offer.source_key.is_none();
    let cursor = choice
        .cursor
        .as_ref()
        .filter(|_| choice.mode.needs_cursor() && !offer.source_cursor);
    StreamConfiguration {
        sync_mode: Some(mode(choice.mode)),
        cursor_field: cursor.map(|field| vec![field.clone()]),
        primary_key: key.then(|| {
            choice
                .primary_key
                .iter()
                .map(|field| vec![field.clone()])
                .collect()
        }),
        selected_fields: choice
            .fields
            .as_ref()
            .map(|fields| selected(stream, fields)),
        ..StreamConfiguration::new(&offer.name, namespace)
    }
}

/// The chosen fields, with those the connector needs for itself.
fn selected(stream: &Stream, fields: &[String]) -> Vec<SelectedField> {
    let offer = &stream.offer;
    let known = |name: &String| offer.fields.iter().any(|field| field.name == *name);
    let hidden = offer
        .fields
        .iter()
        .filter(|field| field.hidden)
        .map(|field| &field.name);
    let key = offer.source_key.iter().flatten();
    let cursor = offer.default_cursor.iter().filter(|_| offer.source_cursor);
    let mut names: Vec<&String> = fields
        .iter()
        .chain(hidden)
        .chain(key)
        .chain(cursor)
        .filter(|name| known(name))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .map(|name| SelectedField {
            field_path: vec![name.clone()],
        })
        .collect()
}

fn mode(mode: SyncMode) -> ConnectionSyncMode {
    match mode {
        SyncMode::FullRefreshOverwrite => ConnectionSyncMode::FullRefreshOverwrite,
        SyncMode::FullRefreshAppend => ConnectionSyncMode::FullRefreshAppend,
        SyncMode::IncrementalAppend => ConnectionSyncMode::IncrementalAppend,
        SyncMode::IncrementalDedupedHistory => ConnectionSyncMode::IncrementalDedupedHistory,
    }
}
