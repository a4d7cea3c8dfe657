//! The Config API of Airbyte's own platform, as far as the public API lacks it: specifications, checks before saving,
//! discovery with whole schemas, and what a job's failure was.
//!
//! Airbyte calls it internal and may change it: every field that is not needed to go on may be missing.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::protocol::{AirbyteCatalog, AirbyteStream, SyncMode};

/// One entry of `/source_definitions/list_for_workspace`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceDefinition {
    pub source_definition_id: Uuid,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub docker_repository: String,
    #[serde(default)]
    pub docker_image_tag: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SourceDefinitions {
    #[serde(default)]
    pub source_definitions: Vec<SourceDefinition>,
}

/// Answer of the check calls.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckRead {
    /// Missing when the check itself broke down; then `job_info` says why.
    #[serde(default)]
    pub status: Option<String>,
    #[serde(default)]
    pub message: Option<String>,
    #[serde(default)]
    pub job_info: Option<JobInfo>,
}

/// The job behind an answer that a connector gave.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobInfo {
    #[serde(default)]
    pub succeeded: Option<bool>,
    #[serde(default)]
    pub failure_reason: Option<FailureReason>,
}

/// Answer of `/sources/discover_schema`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DiscoverRead {
    #[serde(default)]
    pub catalog: Option<CatalogRead>,
    #[serde(default)]
    pub job_info: Option<JobInfo>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct CatalogRead {
    #[serde(default)]
    pub streams: Vec<StreamAndConfig>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct StreamAndConfig {
    #[serde(default)]
    pub stream: Option<StreamRead>,
}

/// A stream in the platform's spelling.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StreamRead {
    pub name: String,
    #[serde(default)]
    pub namespace: Option<String>,
    #[serde(default)]
    pub json_schema: Value,
    #[serde(default)]
    pub supported_sync_modes: Option<Vec<Value>>,
    #[serde(default)]
    pub source_defined_cursor: Option<bool>,
    #[serde(default)]
    pub default_cursor_field: Option<Vec<String>>,
    #[serde(default)]
    pub source_defined_primary_key: Option<Vec<Vec<String>>>,
    #[serde(default)]
    pub is_resumable: Option<bool>,
    #[serde(default)]
    pub is_file_based: Option<bool>,
}

impl From<CatalogRead> for AirbyteCatalog {
    fn from(read: CatalogRead) -> Self {
        let streams = read.streams.into_iter().filter_map(|entry| entry.stream);
        Self {
            streams: streams.map(AirbyteStream::from).collect(),
        }
    }
}

impl From<StreamRead> for AirbyteStream {
    fn from(read: StreamRead) -> Self {
        let modes = read.supported_sync_modes.unwrap_or_default();
        let modes: Vec<SyncMode> = modes
            .into_iter()
            .filter_map(|mode| serde_json::from_value(mode).ok())
            .collect();
        Self {
            namespace: read.namespace,
            supported_sync_modes: if modes.is_empty() {
                vec![SyncMode::FullRefresh]
            } else {
                modes
            },
            source_defined_cursor: read.source_defined_cursor,
            default_cursor_field: read.default_cursor_field.unwrap_or_default(),
            source_defined_primary_key: read.source_defined_primary_key.unwrap_or_default(),
            is_resumable: read.is_resumable,
            is_file_based: read.is_file_based,
            ..Self::new(read.name, read.json_schema)
        }
    }
}

/// Answer of `/jobs/get_without_logs` and of `/jobs/get`.
#[derive(Debug, Deserialize)]
pub(crate) struct JobInfoRead {
    #[serde(default)]
    pub attempts: Vec<AttemptInfo>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct AttemptInfo {
    #[serde(default)]
    pub attempt: Attempt,
    #[serde(default)]
    pub logs: Option<Logs>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attempt {
    /// Seconds since 1970.
    #[serde(default)]
    pub created_at: Option<i64>,
    #[serde(default)]
    pub total_stats: Option<Stats>,
    #[serde(default)]
    pub stream_stats: Option<Vec<StreamStats>>,
    #[serde(default)]
    pub failure_summary: Option<FailureSummary>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stats {
    #[serde(default)]
    pub records_emitted: Option<i64>,
    #[serde(default)]
    pub records_committed: Option<i64>,
    #[serde(default)]
    pub bytes_emitted: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StreamStats {
    pub stream_name: String,
    #[serde(default)]
    pub stream_namespace: Option<String>,
    #[serde(default)]
    pub stats: Stats,
}

#[derive(Debug, Deserialize)]
pub(crate) struct FailureSummary {
    #[serde(default)]
    pub failures: Vec<FailureReason>,
}

/// Why something failed, in the platform's terms.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FailureReason {
    /// `source`, `destination`, `replication`, `airbyte_platform` …
    #[serde(default)]
    pub failure_origin: Option<String>,
    /// `config_error`, `transient_error`, `manual_cancellation` …
    #[serde(default)]
    pub failure_type: Option<String>,
    /// For the person.
    #[serde(default)]
    pub external_message: Option<String>,
    /// For whoever knows the connector. May hold anything.
    #[serde(default)]
    pub internal_message: Option<String>,
    #[serde(default)]
    pub stream_descriptor: Option<FailedStream>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct FailedStream {
    pub name: String,
}

/// Lines of text, or events, as the server is set up.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Logs {
    #[serde(default)]
    pub log_lines: Option<Vec<String>>,
    #[serde(default)]
    pub events: Option<Vec<LogEvent>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct LogEvent {
    /// Milliseconds since 1970.
    #[serde(default)]
    pub timestamp: Option<i64>,
    #[serde(default)]
    pub level: Option<String>,
    #[serde(default)]
    pub message: Option<String>,
}

/// Body of `/scheduler/sources/check_connection`. Carries secrets: no `Debug`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckBody<'a> {
    pub source_definition_id: Uuid,
    pub workspace_id: Uuid,
    pub connection_configuration: &'a Value,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_catalogue_keeps_what_it_says_and_survives_what_it_lacks() {
        let read: CatalogRead = serde_json::from_value(json!({ "streams": [
            { "stream": {
                "name": "orders", "namespace": "public", "jsonSchema": { "type": "object" },
                "supportedSyncModes": ["full_refresh", "incremental", "of_tomorrow"],
                "sourceDefinedPrimaryKey": [["id"]], "defaultCursorField": ["changed"], "isResumable": true
            }, "config": { "selected": true } },
            { "stream": { "name": "bare", "supportedSyncModes": null } },
            { "config": {} }
        ] }))
        .unwrap();
        let catalog = AirbyteCatalog::from(read);
        assert_eq!(catalog.streams.len(), 2);
        let orders = &catalog.streams[0];
        assert_eq!(
            orders.supported_sync_modes,
            [SyncMode::FullRefresh, SyncMode::Incremental]
        );
        assert_eq!(orders.source_defined_primary_key, [["id"]]);
        assert_eq!(orders.is_resumable, Some(true));
        assert_eq!(
            catalog.streams[1].supported_sync_modes,
            [SyncMode::FullRefresh]
        );
    }
}
