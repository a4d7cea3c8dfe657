//! Choosing streams of a catalogue for a connection, with the public API's rules and words. Pure.

mod fields;
mod rules;

use airbyte::api::{
    ConnectionSyncMode, StreamConfiguration, StreamConfigurations, StreamProperties,
};
use airbyte::protocol::{AirbyteCatalog, AirbyteStream, SyncMode};
use serde::{Deserialize, Serialize};

pub use fields::property_paths;

/// One stream of a connection: what was asked for, and the stream as it was discovered then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chosen {
    pub config: StreamConfiguration,
    pub stream: AirbyteStream,
}

/// The modes a table in PostgreSQL can take, best first.
const OFFERED: [ConnectionSyncMode; 4] = [
    ConnectionSyncMode::FullRefreshOverwrite,
    ConnectionSyncMode::FullRefreshAppend,
    ConnectionSyncMode::IncrementalAppend,
    ConnectionSyncMode::IncrementalDedupedHistory,
];

/// The modes that source and destination have in common.
pub fn offered_modes(stream: &AirbyteStream) -> Vec<ConnectionSyncMode> {
    let supports =
        |mode: &ConnectionSyncMode| mode.parts().is_some_and(|(read, _)| reads(stream, read));
    OFFERED.into_iter().filter(supports).collect()
}

/// A stream that names no mode can be read whole.
fn reads(stream: &AirbyteStream, mode: SyncMode) -> bool {
    stream.supported_sync_modes.contains(&mode)
        || (mode == SyncMode::FullRefresh && stream.supported_sync_modes.is_empty())
}

/// The streams of a connection. None asked for means all, replaced at each run.
pub fn choose(
    wanted: Option<&StreamConfigurations>,
    catalog: &AirbyteCatalog,
) -> Result<Vec<Chosen>, String> {
    let wanted = wanted.map_or(&[][..], |wanted| &wanted.streams);
    if wanted.is_empty() {
        return Ok(catalog.streams.iter().map(whole).collect());
    }
    let mut chosen: Vec<Chosen> = Vec::with_capacity(wanted.len());
    for config in wanted {
        let stream = rules::find(config, catalog)?;
        if chosen
            .iter()
            .any(|other| other.stream.descriptor() == stream.descriptor())
        {
            return Err(format!(
                "Duplicate stream found in configuration for: {}.",
                config.name
            ));
        }
        chosen.push(Chosen {
            config: rules::complete(config, stream)?,
            stream: stream.clone(),
        });
    }
    Ok(chosen)
}

fn whole(stream: &AirbyteStream) -> Chosen {
    let mut config = StreamConfiguration::new(stream.name.clone(), stream.namespace.clone());
    // A stream without a full refresh is read the way it can be.
    let modes = offered_modes(stream);
    config.sync_mode = Some(
        modes
            .first()
            .copied()
            .unwrap_or(ConnectionSyncMode::FullRefreshOverwrite),
    );
    Chosen {
        config,
        stream: stream.clone(),
    }
}

/// A stream as `GET /streams` lists it.
pub fn properties(
    stream: &AirbyteStream,
    modes: Option<Vec<ConnectionSyncMode>>,
) -> StreamProperties {
    StreamProperties {
        stream_name: stream.name.clone(),
        stream_namespace: stream.namespace.clone(),
        sync_modes: modes,
        default_cursor_field: stream.default_cursor_field.clone(),
        source_defined_cursor_field: Some(stream.source_defined_cursor == Some(true)),
        source_defined_primary_key: stream.source_defined_primary_key.clone(),
        property_fields: property_paths(&stream.json_schema),
    }
}

#[cfg(test)]
mod tests {
    use airbyte::api::SelectedField;
    use serde_json::json;

    use super::*;

    fn catalog() -> AirbyteCatalog {
        let schema = json!({"type": "object", "properties": {"id": {}, "at": {}, "owner": {"properties": {"name": {}}}}});
        let stream = |name: &str, namespace: Option<&str>, modes: serde_json::Value| {
            serde_json::from_value(json!({"name": name, "namespace": namespace, "json_schema": schema, "supported_sync_modes": modes})).unwrap()
        };
        let mut keyed: AirbyteStream =
            stream("keyed", None, json!(["full_refresh", "incremental"]));
        keyed.source_defined_cursor = Some(true);
        keyed.default_cursor_field = vec!["at".to_owned()];
        keyed.source_defined_primary_key = vec![vec!["id".to_owned()]];
        let plain = stream("plain", None, json!(["full_refresh", "incremental"]));
        let whole = stream("whole", None, json!(["full_refresh"]));
        AirbyteCatalog {
            streams: vec![
                keyed,
                plain,
                whole,
                stream("twin", Some("a"), json!([])),
                stream("twin", Some("b"), json!([])),
            ],
        }
    }

    fn config(value: serde_json::Value) -> StreamConfiguration {
        serde_json::from_value(value).unwrap()
    }

    fn chosen(value: serde_json::Value) -> Result<Chosen, String> {
        let wanted = StreamConfigurations {
            streams: vec![config(value)],
        };
        choose(Some(&wanted), &catalog()).map(|mut all| all.remove(0))
    }

    #[test]
    fn nothing_asked_for_is_everything() {
        let all = choose(None, &catalog()).unwrap();
        assert_eq!(all.len(), 5);
        assert!(
            all.iter()
                .all(|one| one.config.sync_mode == Some(ConnectionSyncMode::FullRefreshOverwrite))
        );
    }

    #[test]
    fn what_the_source_defines_need_not_be_asked_for() {
        let one =
            chosen(json!({"name": "keyed", "syncMode": "incremental_deduped_history"})).unwrap();
        assert_eq!(one.config.cursor_field, Some(vec!["at".to_owned()]));
        assert_eq!(one.config.primary_key, Some(vec![vec!["id".to_owned()]]));
        assert!(
            chosen(
                json!({"name": "keyed", "syncMode": "incremental_append", "cursorField": ["id"]})
            )
            .is_err()
        );
        assert!(chosen(json!({"name": "keyed", "syncMode": "incremental_deduped_history", "primaryKey": [["at"]]})).is_err());
        assert!(chosen(json!({"name": "keyed", "syncMode": "incremental_deduped_history", "primaryKey": [["id"]]})).is_ok());
    }

    #[test]
    fn what_is_missing_or_wrong_is_told() {
        for (wanted, part) in [
            (json!({"name": "none"}), "not found"),
            (json!({"name": "twin"}), "namespace"),
            (
                json!({"name": "whole", "syncMode": "incremental_append"}),
                "not",
            ),
            (
                json!({"name": "plain", "syncMode": "incremental_append"}),
                "ursor",
            ),
            (
                json!({"name": "plain", "syncMode": "incremental_append", "cursorField": ["nope"]}),
                "nope",
            ),
            (
                json!({"name": "plain", "syncMode": "incremental_deduped_history", "cursorField": ["at"]}),
                "rimary key",
            ),
            (
                json!({"name": "plain", "syncMode": "full_refresh_soft_delete"}),
                "not",
            ),
            (json!({"name": "plain", "syncMode": "by_pigeon"}), "not"),
            (
                json!({"name": "plain", "selectedFields": []}),
                "No fields selected",
            ),
            (
                json!({"name": "plain", "selectedFields": [{"fieldPath": ["owner", "name"]}]}),
                "top",
            ),
            (
                json!({"name": "plain", "selectedFields": [{"fieldPath": ["nope"]}]}),
                "nope",
            ),
            (
                json!({"name": "keyed", "syncMode": "incremental_deduped_history", "selectedFields": [{"fieldPath": ["id"]}]}),
                "at",
            ),
        ] {
            let error = chosen(wanted.clone()).unwrap_err();
            assert!(error.contains(part), "{wanted}: {error}");
        }
    }

    #[test]
    fn a_namespace_tells_twins_apart() {
        let wanted = StreamConfigurations {
            streams: vec![
                config(json!({"name": "twin", "namespace": "a"})),
                config(json!({"name": "twin", "namespace": "b"})),
            ],
        };
        assert_eq!(choose(Some(&wanted), &catalog()).unwrap().len(), 2);
        let twice = StreamConfigurations {
            streams: vec![
                config(json!({"name": "whole"})),
                config(json!({"name": "whole"})),
            ],
        };
        assert!(
            choose(Some(&twice), &catalog())
                .unwrap_err()
                .contains("Duplicate")
        );
    }

    #[test]
    fn fields_can_be_chosen() {
        let one = chosen(json!({"name": "plain", "selectedFields": [{"fieldPath": ["id"]}, {"fieldPath": ["owner"]}]})).unwrap();
        let expected = ["id", "owner"].map(|name| SelectedField {
            field_path: vec![name.to_owned()],
        });
        assert_eq!(one.config.selected_fields.as_deref(), Some(&expected[..]));
    }
}
