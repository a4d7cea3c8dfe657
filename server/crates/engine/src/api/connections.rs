//! Connections: chosen streams of a source, written to a destination.

use std::collections::HashMap;

use airbyte::Cache;
use airbyte::api::{
    ConnectionCreate, ConnectionPatch, ConnectionResponse, ConnectionStatus, NamespaceDefinition,
    Page, Schedule, SchemaUpdates, StreamConfigurations, TagResponse,
};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use sqlx::PgConnection;
use sync::load::munge;
use time::OffsetDateTime;
use uuid::Uuid;

use super::jobs::stop_all;
use super::request::{Body, Params};
use super::{destinations, sources};
use crate::auth::Caller;
use crate::problem::{ApiError, ApiResult};
use crate::streams::{Chosen, choose};
use crate::tables::{
    self,
    connections::{self, Row},
    tags,
};
use crate::{Engine, Error, schedule};

pub async fn list(
    State(engine): State<Engine>,
    caller: Caller,
    params: Params,
) -> ApiResult<Json<Page<ConnectionResponse>>> {
    let workspaces = params.uuids("workspaceIds")?;
    let rows = connections::list(
        &engine.config.pool,
        caller.scope(),
        &workspaces,
        &params.uuids("tagIds")?,
        params.limit()?,
        params.offset()?,
    )
    .await?;
    Ok(Json(params.page(responses(&engine, rows).await?)?))
}

pub async fn get(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> ApiResult<Json<ConnectionResponse>> {
    let row = find(&engine, caller, id).await?;
    answer(&engine, row).await
}

pub async fn create(
    State(engine): State<Engine>,
    caller: Caller,
    Body(new): Body<ConnectionCreate>,
) -> ApiResult<Json<ConnectionResponse>> {
    let source = sources::find(&engine, caller, new.source_id).await?;
    let destination = destinations::find(&engine, caller, new.destination_id).await?;
    if source.workspace_id != destination.workspace_id {
        return Err(ApiError::bad_request(
            "The source and the destination are in different workspaces.",
        ));
    }
    let ConnectionPatch {
        name,
        configurations,
        tags,
        ..
    } = new.settings.clone();
    check_settings(&new.settings)?;
    let schedule = kept_schedule(new.settings.schedule.clone())?;
    let chosen = chosen_streams(&engine, &source, configurations.as_ref()).await?;
    let settings = ConnectionPatch {
        name: None,
        configurations: None,
        tags: None,
        schedule: Some(schedule.unwrap_or_default()),
        namespace_definition: Some(
            new.settings
                .namespace_definition
                .unwrap_or(NamespaceDefinition::Destination),
        ),
        status: Some(new.settings.status.unwrap_or_default()),
        non_breaking_schema_updates_behavior: Some(SchemaUpdates::Ignore),
        ..new.settings
    };
    let row = Row {
        id: Uuid::now_v7(),
        workspace_id: source.workspace_id,
        source_id: source.id,
        destination_id: destination.id,
        name: name.unwrap_or_else(|| format!("{} → {}", source.name, destination.name)),
        settings: to_json(&settings)?,
        streams: to_json(&chosen)?,
        created_at: OffsetDateTime::now_utc(),
    };
    refuse_shared_tables(&engine, &row).await?;
    let mut tx = queue::begin(&engine.config.pool).await?;
    let next = schedule::due(&settings, row.created_at);
    connections::insert(&mut tx, &row, next).await?;
    put_tags(&mut tx, &row, tags.as_deref()).await?;
    tx.commit().await?;
    answer(&engine, row).await
}

pub async fn patch(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Body(patch): Body<ConnectionPatch>,
) -> ApiResult<Json<ConnectionResponse>> {
    let mut row = find(&engine, caller, id).await?;
    let tables_before = tables(&row)?;
    check_settings(&patch)?;
    let schedule = kept_schedule(patch.schedule.clone())?;
    if let Some(wanted) = patch
        .configurations
        .as_ref()
        .filter(|wanted| !wanted.streams.is_empty())
    {
        let source = sources::find(&engine, caller, row.source_id).await?;
        let chosen = chosen_streams(&engine, &source, Some(wanted)).await?;
        row.streams = to_json(&chosen)?;
    }
    let before = settings_of(&row)?;
    let settings = ConnectionPatch {
        name: None,
        configurations: None,
        schedule: schedule.or(before.schedule),
        namespace_definition: patch.namespace_definition.or(before.namespace_definition),
        namespace_format: patch.namespace_format.or(before.namespace_format),
        prefix: patch.prefix.or(before.prefix),
        non_breaking_schema_updates_behavior: before.non_breaking_schema_updates_behavior,
        status: patch.status.or(before.status),
        tags: None,
    };
    row.settings = to_json(&settings)?;
    row.name = patch.name.unwrap_or(row.name);
    // Whoever shares a table since before that was refused can still be paused, renamed or given fewer streams.
    let adds_table = |table: &Table| !tables_before.iter().any(|before| before.is(table));
    if tables(&row)?.iter().any(adds_table) {
        refuse_shared_tables(&engine, &row).await?;
    }
    let mut tx = queue::begin(&engine.config.pool).await?;
    let next = schedule::due(&settings, OffsetDateTime::now_utc());
    if connections::update(&mut tx, &row, next).await? != 1 {
        return Err(ApiError::not_found("connection", id));
    }
    put_tags(&mut tx, &row, patch.tags.as_deref()).await?;
    tx.commit().await?;
    answer(&engine, row).await
}

/// Tags are given whole; what counts of each is its id. `None` leaves them as they are.
async fn put_tags(
    conn: &mut PgConnection,
    row: &Row,
    given: Option<&[TagResponse]>,
) -> ApiResult<()> {
    let Some(given) = given else { return Ok(()) };
    let mut ids: Vec<Uuid> = given.iter().map(|tag| tag.tag_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let put = tags::put_on(conn, row.workspace_id, row.id, &ids).await?;
    if usize::try_from(put) == Ok(ids.len()) {
        return Ok(());
    }
    Err(ApiError::bad_request(
        "One of the tags is not of this workspace.",
    ))
}

/// As it is kept and answered.
fn kept_schedule(given: Option<Schedule>) -> ApiResult<Option<Schedule>> {
    let kept = given.map(schedule::kept).transpose();
    kept.map_err(|message| ApiError::cron(&message))
}

/// The wanted streams as the source offers them. What does not fit the remembered catalogue may fit the source as it is
/// now, so it is asked again before anything is refused.
async fn chosen_streams(
    engine: &Engine,
    source: &tables::sources::Row,
    wanted: Option<&StreamConfigurations>,
) -> ApiResult<Vec<Chosen>> {
    let remembered = engine.discover_source(source, Cache::Use).await?;
    if let Ok(chosen) = choose(wanted, &remembered) {
        return Ok(chosen);
    }
    let now = engine.discover_source(source, Cache::Ignore).await?;
    choose(wanted, &now).map_err(|message| ApiError::bad_request(&message))
}

pub async fn delete(
    State(engine): State<Engine>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> ApiResult<StatusCode> {
    find(&engine, caller, id).await?;
    stop_all(&engine, id).await?;
    connections::delete(&engine.config.pool, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn find(engine: &Engine, caller: Caller, id: Uuid) -> ApiResult<Row> {
    let row = connections::find(&engine.config.pool, caller.scope(), id).await?;
    row.ok_or_else(|| ApiError::not_found("connection", id))
}

/// What the engine would keep without acting on it is refused.
fn check_settings(settings: &ConnectionPatch) -> ApiResult<()> {
    if settings
        .non_breaking_schema_updates_behavior
        .is_some_and(|behavior| behavior != SchemaUpdates::Ignore)
    {
        return Err(ApiError::bad_request(
            "The embedded engine changes the chosen streams only when asked to: choose ignore.",
        ));
    }
    if matches!(
        settings.status,
        Some(ConnectionStatus::Unknown | ConnectionStatus::Locked)
    ) {
        return Err(ApiError::bad_request(
            "The status must be active, inactive or deprecated.",
        ));
    }
    match (
        settings.namespace_definition,
        settings.namespace_format.as_deref().unwrap_or_default(),
    ) {
        (Some(NamespaceDefinition::Unknown), _) => Err(ApiError::bad_request(
            "The namespace definition is not known.",
        )),
        (Some(NamespaceDefinition::CustomFormat), format)
            if !matches!(format, "" | "${SOURCE_NAMESPACE}") =>
        {
            Err(ApiError::bad_request(
                "The namespace format may be empty or ${SOURCE_NAMESPACE}.",
            ))
        }
        _ => Ok(()),
    }
}

/// Two connections must not write the same table.
async fn refuse_shared_tables(engine: &Engine, row: &Row) -> ApiResult<()> {
    let own = tables(row)?;
    for other in
        connections::of_destination(&engine.config.pool, row.destination_id, row.id).await?
    {
        let theirs = tables(&other)?;
        let shared = |table: &&Table| theirs.iter().any(|their| their.is(table));
        if let Some(table) = own.iter().find(shared) {
            return Err(ApiError::conflicting_stream(&table.stream, other.id));
        }
    }
    Ok(())
}

/// The table of a stream, as far as connections can be told apart by it.
struct Table {
    /// Where namespaces make one.
    schema: Option<String>,
    /// As it stands in the destination, where other names may come to the same.
    name: String,
    /// With the prefix.
    stream: String,
}

impl Table {
    fn is(&self, other: &Self) -> bool {
        self.schema == other.schema && self.name == other.name
    }
}

fn tables(row: &Row) -> ApiResult<Vec<Table>> {
    let settings = settings_of(row)?;
    let prefix = settings.prefix.clone().unwrap_or_default();
    let own_schema = in_own_schemas(&settings);
    let table = |chosen: Chosen| {
        let namespace = chosen.stream.namespace;
        let namespace = namespace.filter(|name| own_schema && !name.is_empty());
        let stream = format!("{prefix}{}", chosen.stream.name);
        Table {
            schema: namespace.as_deref().map(munge),
            name: munge(&stream),
            stream,
        }
    };
    Ok(chosen_of(row)?.into_iter().map(table).collect())
}

/// Whether streams are put into schemas named after their namespaces.
pub fn in_own_schemas(settings: &ConnectionPatch) -> bool {
    match settings.namespace_definition {
        Some(NamespaceDefinition::Source) => true,
        Some(NamespaceDefinition::CustomFormat) => {
            settings.namespace_format.as_deref() == Some("${SOURCE_NAMESPACE}")
        }
        _ => false,
    }
}

/// The kept settings of a connection.
pub fn settings_of(row: &Row) -> Result<ConnectionPatch, Error> {
    serde_json::from_value(row.settings.clone()).map_err(|source| Error::Corrupt {
        table: "connections",
        column: "settings",
        source,
    })
}

fn chosen_of(row: &Row) -> Result<Vec<Chosen>, Error> {
    serde_json::from_value(row.streams.clone()).map_err(|source| Error::Corrupt {
        table: "connections",
        column: "streams",
        source,
    })
}

fn to_json(value: &impl serde::Serialize) -> Result<serde_json::Value, Error> {
    serde_json::to_value(value).map_err(|source| Error::Corrupt {
        table: "connections",
        column: "settings",
        source,
    })
}

async fn answer(engine: &Engine, row: Row) -> ApiResult<Json<ConnectionResponse>> {
    let tags = tags::of_connections(&engine.config.pool, &[row.id]).await?;
    let tags = tags.into_iter().map(|(_, tag)| tag).collect();
    response(row, tags).map(Json)
}

async fn responses(engine: &Engine, rows: Vec<Row>) -> ApiResult<Vec<ConnectionResponse>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut tags: HashMap<Uuid, Vec<TagResponse>> = HashMap::new();
    for (connection, tag) in tags::of_connections(&engine.config.pool, &ids).await? {
        tags.entry(connection).or_default().push(tag);
    }
    let with_tags = |row: Row| {
        let carried = tags.remove(&row.id).unwrap_or_default();
        response(row, carried)
    };
    rows.into_iter().map(with_tags).collect()
}

fn response(row: Row, tags: Vec<TagResponse>) -> ApiResult<ConnectionResponse> {
    let settings = settings_of(&row)?;
    let streams = chosen_of(&row)?
        .into_iter()
        .map(|chosen| chosen.config)
        .collect();
    Ok(ConnectionResponse {
        connection_id: row.id,
        name: row.name,
        source_id: row.source_id,
        destination_id: row.destination_id,
        workspace_id: row.workspace_id,
        status: settings.status.unwrap_or_default(),
        schedule: settings.schedule.unwrap_or(Schedule::default()),
        non_breaking_schema_updates_behavior: settings.non_breaking_schema_updates_behavior,
        namespace_definition: settings.namespace_definition,
        namespace_format: settings.namespace_format,
        prefix: Some(settings.prefix.unwrap_or_default()),
        configurations: StreamConfigurations { streams },
        created_at: row.created_at.unix_timestamp(),
        tags,
    })
}
