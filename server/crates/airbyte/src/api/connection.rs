//! Connections: which streams of a source go to which destination, how, and when.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{TagResponse, stream::ConnectionSyncMode};
use crate::protocol::lenient::null_as_default;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionResponse {
    pub connection_id: Uuid,
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    pub source_id: Uuid,
    pub destination_id: Uuid,
    pub workspace_id: Uuid,
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: ConnectionStatus,
    #[serde(default, deserialize_with = "null_as_default")]
    pub schedule: Schedule,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub non_breaking_schema_updates_behavior: Option<SchemaUpdates>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace_definition: Option<NamespaceDefinition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace_format: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub configurations: StreamConfigurations,
    /// Seconds since 1970.
    #[serde(default, deserialize_with = "null_as_default")]
    pub created_at: i64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub tags: Vec<TagResponse>,
}

/// Body of `POST /connections`. No streams means all streams, replaced at each run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionCreate {
    pub source_id: Uuid,
    pub destination_id: Uuid,
    #[serde(flatten)]
    pub settings: ConnectionPatch,
}

/// Body of `PATCH /connections/{id}`: absent is unchanged; a list of streams replaces the whole choice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionPatch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configurations: Option<StreamConfigurations>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace_definition: Option<NamespaceDefinition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace_format: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub non_breaking_schema_updates_behavior: Option<SchemaUpdates>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ConnectionStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<TagResponse>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionStatus {
    #[default]
    Active,
    Inactive,
    Deprecated,
    Locked,
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NamespaceDefinition {
    Source,
    Destination,
    CustomFormat,
    #[serde(other)]
    Unknown,
}

/// What happens when the source gains fields or streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemaUpdates {
    Ignore,
    DisableConnection,
    PropagateColumns,
    PropagateFully,
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    #[serde(default, deserialize_with = "null_as_default")]
    pub schedule_type: ScheduleType,
    /// Quartz cron; answers end in ` UTC`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron_expression: Option<String>,
    /// Only in answers: "Every 24 HOURS".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basic_timing: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleType {
    #[default]
    Manual,
    Cron,
    Basic,
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StreamConfigurations {
    #[serde(default, deserialize_with = "null_as_default")]
    pub streams: Vec<StreamConfiguration>,
}

/// One chosen stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamConfiguration {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Absent means `full_refresh_overwrite`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sync_mode: Option<ConnectionSyncMode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor_field: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_key: Option<Vec<Vec<String>>>,
    /// Absent means all. An empty list is an error, though servers answer with one: see [`ConnectionResponse::into_sendable`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selected_fields: Option<Vec<SelectedField>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mappers: Option<Vec<Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_files: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_object_name: Option<String>,
}

impl StreamConfiguration {
    /// A stream read whole and replaced at each run.
    pub fn new(name: impl Into<String>, namespace: Option<String>) -> Self {
        Self {
            name: name.into(),
            namespace,
            sync_mode: None,
            cursor_field: None,
            primary_key: None,
            selected_fields: None,
            mappers: None,
            include_files: None,
            destination_object_name: None,
        }
    }
}

/// One chosen field: only the first level can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SelectedField {
    pub field_path: Vec<String>,
}

impl ConnectionResponse {
    /// As it can be sent back: servers write what was never chosen as nothing chosen, and refuse that.
    pub(crate) fn into_sendable(mut self) -> Self {
        for stream in &mut self.configurations.streams {
            stream.selected_fields = stream
                .selected_fields
                .take()
                .filter(|fields| !fields.is_empty());
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_chosen_is_read_as_everything_and_sent_back_so() {
        let id = Uuid::nil();
        let read: ConnectionResponse = serde_json::from_value(json!({
            "connectionId": id, "sourceId": id, "destinationId": id, "workspaceId": id,
            "configurations": {"streams": [{"name": "orders", "selectedFields": []}]},
        }))
        .unwrap();
        let kept = &read.into_sendable().configurations.streams[0];
        assert_eq!(kept.selected_fields, None);
        let sent = serde_json::to_value(kept).unwrap();
        assert!(sent.get("selectedFields").is_none(), "{sent}");
    }
}
