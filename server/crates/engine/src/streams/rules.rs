//! One stream of a request against the stream it names: each rule of the public API, and the defaults it fills in.

use airbyte::api::{ConnectionSyncMode, SelectedField, StreamConfiguration};
use airbyte::protocol::{AirbyteCatalog, AirbyteStream, SyncMode};

use super::{fields, offered_modes, reads};

/// The stream a configuration names.
pub fn find<'a>(
    config: &StreamConfiguration,
    catalog: &'a AirbyteCatalog,
) -> Result<&'a AirbyteStream, String> {
    let wanted = config
        .namespace
        .as_deref()
        .filter(|namespace| !namespace.is_empty());
    let matches = |stream: &&AirbyteStream| {
        stream.name == config.name && (wanted.is_none() || stream.namespace.as_deref() == wanted)
    };
    let mut found = catalog.streams.iter().filter(matches);
    match (found.next(), found.next()) {
        (Some(stream), None) => Ok(stream),
        (Some(_), Some(_)) => Err(format!(
            "Stream {} is in several namespaces: name the namespace.",
            config.name
        )),
        (None, _) => Err(format!(
            "Invalid stream found: {} was not found at the source.",
            config.name
        )),
    }
}

/// The configuration with what it left out filled in.
pub fn complete(
    config: &StreamConfiguration,
    stream: &AirbyteStream,
) -> Result<StreamConfiguration, String> {
    let mode = config
        .sync_mode
        .unwrap_or(ConnectionSyncMode::FullRefreshOverwrite);
    check_mode(mode, stream)?;
    if config
        .mappers
        .as_ref()
        .is_some_and(|mappers| !mappers.is_empty())
    {
        return Err("Mappers are not offered by the embedded engine.".to_owned());
    }
    let cursor = cursor(config, stream, mode)?;
    let key = key(config, stream, mode)?;
    check_fields(config, stream, &cursor, &key)?;
    Ok(StreamConfiguration {
        namespace: stream.namespace.clone(),
        sync_mode: Some(mode),
        cursor_field: (!cursor.is_empty()).then_some(cursor),
        primary_key: (!key.is_empty()).then_some(key),
        ..config.clone()
    })
}

fn check_mode(mode: ConnectionSyncMode, stream: &AirbyteStream) -> Result<(), String> {
    let offered = offered_modes(stream);
    // Accepted though not listed, as Airbyte does.
    let accepted = mode == ConnectionSyncMode::FullRefreshOverwriteDeduped
        && reads(stream, SyncMode::FullRefresh);
    if accepted || offered.contains(&mode) {
        return Ok(());
    }
    let names: Vec<String> = offered
        .iter()
        .filter_map(|mode| serde_json::to_value(mode).ok()?.as_str().map(str::to_owned))
        .collect();
    Err(format!(
        "This sync mode is not offered for stream {}. Valid modes are: {}.",
        stream.name,
        names.join(", ")
    ))
}

fn cursor(
    config: &StreamConfiguration,
    stream: &AirbyteStream,
    mode: ConnectionSyncMode,
) -> Result<Vec<String>, String> {
    let asked = config.cursor_field.clone().unwrap_or_default();
    let incremental = mode
        .parts()
        .is_some_and(|(read, _)| read == SyncMode::Incremental);
    if stream.source_defined_cursor == Some(true) {
        if incremental && !asked.is_empty() && asked != stream.default_cursor_field {
            return Err(format!(
                "The source defines the cursor of stream {}: leave the cursor field out.",
                stream.name
            ));
        }
        return Ok(stream.default_cursor_field.clone());
    }
    let cursor = if asked.is_empty() {
        stream.default_cursor_field.clone()
    } else {
        asked
    };
    if incremental && cursor.is_empty() {
        return Err(format!(
            "A cursor field is required for stream {} in this sync mode.",
            stream.name
        ));
    }
    if incremental && !fields::exists(&stream.json_schema, &cursor) {
        return Err(format!(
            "Cursor field {} is not a field of stream {}.",
            cursor.join("."),
            stream.name
        ));
    }
    Ok(cursor)
}

fn key(
    config: &StreamConfiguration,
    stream: &AirbyteStream,
    mode: ConnectionSyncMode,
) -> Result<Vec<Vec<String>>, String> {
    let asked = config.primary_key.clone().unwrap_or_default();
    let defined = &stream.source_defined_primary_key;
    if !defined.is_empty() {
        if mode.needs_key() && !asked.is_empty() && asked != *defined {
            return Err(format!(
                "The source defines the primary key of stream {}: leave the primary key out.",
                stream.name
            ));
        }
        return Ok(defined.clone());
    }
    if mode.needs_key() && asked.is_empty() {
        return Err(format!(
            "A primary key is required for stream {} in this sync mode.",
            stream.name
        ));
    }
    match asked
        .iter()
        .find(|path| !fields::exists(&stream.json_schema, path))
    {
        Some(path) if mode.needs_key() => Err(format!(
            "Primary key {} is not a field of stream {}.",
            path.join("."),
            stream.name
        )),
        _ => Ok(asked),
    }
}

fn check_fields(
    config: &StreamConfiguration,
    stream: &AirbyteStream,
    cursor: &[String],
    key: &[Vec<String>],
) -> Result<(), String> {
    let Some(selected) = &config.selected_fields else {
        return Ok(());
    };
    if selected.is_empty() {
        return Err(format!("No fields selected for stream {}.", stream.name));
    }
    for (at, field) in selected.iter().enumerate() {
        check_field(field, stream)?;
        if selected[..at].contains(field) {
            return Err(format!(
                "Field {} of stream {} is selected twice.",
                field.field_path.join("."),
                stream.name
            ));
        }
    }
    let has = |path: &[String]| {
        path.first().is_none_or(|top| {
            selected
                .iter()
                .any(|field| field.field_path.first() == Some(top))
        })
    };
    let needed = key.iter().map(Vec::as_slice).chain([cursor]);
    match needed.into_iter().find(|path| !has(path)) {
        Some(path) => Err(format!(
            "Field {} of stream {} is its cursor or key and must be selected.",
            path.join("."),
            stream.name
        )),
        None => Ok(()),
    }
}

fn check_field(field: &SelectedField, stream: &AirbyteStream) -> Result<(), String> {
    let path = &field.field_path;
    if path.len() != 1 {
        return Err(format!(
            "Only top level fields of stream {} can be selected, one name in each path.",
            stream.name
        ));
    }
    if !fields::exists(&stream.json_schema, path) {
        return Err(format!(
            "Field {} was not found in stream {}.",
            path.join("."),
            stream.name
        ));
    }
    Ok(())
}
