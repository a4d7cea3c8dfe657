//! Tells the engine which streams a connection reads, how, and into which tables.

use airbyte::api::{
    ConnectionCreate, ConnectionPatch, ConnectionSyncMode, NamespaceDefinition, Schedule,
    SchemaUpdates, SelectedField, StreamConfiguration, StreamConfigurations,
};
use model::{ConnectionId, SyncMode, TenantId};
use store::{
    connections,
    streams::{self, Stream},
};
use uuid::Uuid;

use super::{Place, engine_name, is_ours, place};
use crate::{Error, Hub};

/// Makes or changes the engine's connection so that it is as ours; returns its id.
pub(crate) async fn push(hub: &Hub, tenant: TenantId, id: ConnectionId) -> Result<Uuid, Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let connection = connections::get(&mut tx, tenant, id).await?;
    let place = place(&mut tx, tenant).await?;
    let streams = streams::list(&mut tx, tenant, id).await?;
    tx.commit().await?;
    let known = match connection.engine_connection {
        Some(engine) if connection.pushed_version == connection.version => return Ok(engine),
        Some(engine) => Some(engine),
        None => find(hub, place, id).await?,
    };
    let source = connection
        .engine_source
        .ok_or_else(|| Error::Conflict("Test this connection first.".to_owned()))?;
    let patch = settings(&connection, &streams);
    let answer = match known {
        Some(engine) => hub.airbyte().update_connection(engine, &patch).await?,
        None => {
            let create = ConnectionCreate {
                source_id: source,
                destination_id: place.destination,
                settings: patch,
            };
            hub.airbyte().create_connection(&create).await?
        }
    };
    let mut tx = hub.store().tenant(tenant).await?;
    connections::set_pushed(
        &mut tx,
        tenant,
        id,
        answer.connection_id,
        connection.version,
    )
    .await?;
    tx.commit().await?;
    Ok(answer.connection_id)
}

async fn find(hub: &Hub, place: Place, id: ConnectionId) -> Result<Option<Uuid>, Error> {
    let known = hub.airbyte().connections(place.workspace).await?;
    let ours = known
        .into_iter()
        .find(|connection| is_ours(id, &connection.name));
    Ok(ours.map(|connection| connection.connection_id))
}

fn settings(connection: &connections::Connection, streams: &[Stream]) -> ConnectionPatch {
    let streams = streams
        .iter()
        .filter(|stream| stream.choice.selected)
        .map(configuration)
        .collect();
    ConnectionPatch {
        name: Some(engine_name(connection.id, &connection.name)),
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
