//! The configured catalogue of one job: chosen fields, modes, and the generations that decide what is replaced. Pure.

use std::collections::HashMap;

use airbyte::protocol::{
    ConfiguredAirbyteCatalog, ConfiguredAirbyteStream, DestinationSyncMode, StreamDescriptor,
    SyncMode,
};
use serde_json::Value;

use crate::streams::Chosen;

/// Whether a generation counts as begun by this job.
pub fn begins_generation(chosen: &Chosen) -> bool {
    modes(chosen).0 == SyncMode::FullRefresh
}

fn modes(chosen: &Chosen) -> (SyncMode, DestinationSyncMode) {
    let mode = chosen
        .config
        .sync_mode
        .and_then(airbyte::api::ConnectionSyncMode::parts);
    mode.unwrap_or((SyncMode::FullRefresh, DestinationSyncMode::Overwrite))
}

/// A sync: `generations` holds each stream's current one, already raised for those that begin one.
pub fn sync_catalog(
    chosen: &[Chosen],
    generations: &HashMap<StreamDescriptor, i64>,
    job: i64,
) -> ConfiguredAirbyteCatalog {
    let streams = chosen
        .iter()
        .map(|one| configured(one, generation_of(one, generations), job))
        .collect();
    ConfiguredAirbyteCatalog { streams }
}

/// A reset: nothing is read, every stream is replaced by nothing.
pub fn reset_catalog(
    chosen: &[Chosen],
    generations: &HashMap<StreamDescriptor, i64>,
    job: i64,
) -> ConfiguredAirbyteCatalog {
    let mut catalog = sync_catalog(chosen, generations, job);
    for stream in &mut catalog.streams {
        stream.sync_mode = SyncMode::FullRefresh;
        stream.minimum_generation_id = stream.generation_id;
    }
    catalog
}

fn generation_of(chosen: &Chosen, generations: &HashMap<StreamDescriptor, i64>) -> i64 {
    generations
        .get(&chosen.stream.descriptor())
        .copied()
        .unwrap_or(0)
}

fn configured(chosen: &Chosen, generation: i64, job: i64) -> ConfiguredAirbyteStream {
    let (sync_mode, wanted) = modes(chosen);
    let truncates = matches!(
        wanted,
        DestinationSyncMode::Overwrite | DestinationSyncMode::OverwriteDedup
    );
    // Connectors older than the word do not know it; the generation says the same.
    let destination_sync_mode = match wanted {
        DestinationSyncMode::OverwriteDedup => DestinationSyncMode::AppendDedup,
        other => other,
    };
    let mut stream = chosen.stream.clone();
    prune(&mut stream.json_schema, chosen);
    ConfiguredAirbyteStream {
        stream,
        sync_mode,
        destination_sync_mode,
        cursor_field: chosen.config.cursor_field.clone().unwrap_or_default(),
        primary_key: chosen.config.primary_key.clone().unwrap_or_default(),
        generation_id: generation,
        minimum_generation_id: if truncates { generation } else { 0 },
        sync_id: job,
        include_files: None,
        destination_object_name: None,
    }
}

/// Fields that were not chosen leave the schema: sources should not send them, and the table has no column for them.
fn prune(schema: &mut Value, chosen: &Chosen) {
    let Some(selected) = &chosen.config.selected_fields else {
        return;
    };
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|name, _| {
            selected
                .iter()
                .any(|field| field.field_path.first() == Some(name))
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn chosen(mode: &str) -> Chosen {
        serde_json::from_value(json!({
            "config": {"name": "a", "syncMode": mode, "selectedFields": [{"fieldPath": ["id"]}], "primaryKey": [["id"]]},
            "stream": {"name": "a", "json_schema": {"properties": {"id": {}, "secret": {}}}, "supported_sync_modes": ["full_refresh"]},
        }))
        .unwrap()
    }

    fn one(mode: &str) -> ConfiguredAirbyteStream {
        let generations = HashMap::from([(StreamDescriptor::new("a", None), 4)]);
        sync_catalog(&[chosen(mode)], &generations, 77)
            .streams
            .remove(0)
    }

    #[test]
    fn only_overwriting_modes_replace() {
        for (mode, minimum) in [
            ("full_refresh_overwrite", 4),
            ("full_refresh_overwrite_deduped", 4),
            ("full_refresh_append", 0),
            ("incremental_append", 0),
            ("incremental_deduped_history", 0),
        ] {
            let stream = one(mode);
            assert_eq!(
                (
                    stream.generation_id,
                    stream.minimum_generation_id,
                    stream.sync_id
                ),
                (4, minimum, 77),
                "{mode}"
            );
        }
        assert_eq!(
            one("full_refresh_overwrite_deduped").destination_sync_mode,
            DestinationSyncMode::AppendDedup
        );
    }

    #[test]
    fn fields_that_were_not_chosen_are_gone() {
        assert_eq!(
            one("full_refresh_overwrite").stream.json_schema,
            json!({"properties": {"id": {}}})
        );
    }

    #[test]
    fn a_reset_replaces_whatever_the_mode() {
        let generations = HashMap::from([(StreamDescriptor::new("a", None), 9)]);
        let stream = reset_catalog(&[chosen("incremental_append")], &generations, 1)
            .streams
            .remove(0);
        assert!(stream.replaces_table());
        assert_eq!(stream.sync_mode, SyncMode::FullRefresh);
    }

    #[test]
    fn generations_begin_with_full_refreshes() {
        assert!(begins_generation(&chosen("full_refresh_append")));
        assert!(!begins_generation(&chosen("incremental_deduped_history")));
    }
}
