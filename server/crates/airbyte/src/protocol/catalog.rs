//! Streams a source offers, and streams a run was asked to move.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::lenient::{known_only, null_as_default, whole_number};

/// Names one stream.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StreamDescriptor {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

impl StreamDescriptor {
    pub fn new(name: impl Into<String>, namespace: Option<String>) -> Self {
        Self {
            name: name.into(),
            namespace,
        }
    }
}

/// What `discover` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AirbyteCatalog {
    pub streams: Vec<AirbyteStream>,
}

/// One stream of a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AirbyteStream {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// JSON Schema of one record, `type: object`.
    pub json_schema: Value,
    /// Unknown modes are left out.
    #[serde(default, deserialize_with = "known_only")]
    pub supported_sync_modes: Vec<SyncMode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_defined_cursor: Option<bool>,
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub default_cursor_field: Vec<String>,
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub source_defined_primary_key: Vec<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_resumable: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_file_based: Option<bool>,
    /// Keys this version does not know, passed on as they came.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl AirbyteStream {
    /// A stream that can only be read whole, with nothing else declared.
    pub fn new(name: impl Into<String>, json_schema: Value) -> Self {
        Self {
            name: name.into(),
            namespace: None,
            json_schema,
            supported_sync_modes: vec![SyncMode::FullRefresh],
            source_defined_cursor: None,
            default_cursor_field: Vec::new(),
            source_defined_primary_key: Vec::new(),
            is_resumable: None,
            is_file_based: None,
            other: Map::new(),
        }
    }

    pub fn descriptor(&self) -> StreamDescriptor {
        StreamDescriptor::new(self.name.clone(), self.namespace.clone())
    }
}

/// How a source reads a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncMode {
    FullRefresh,
    Incremental,
}

/// How a destination writes a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DestinationSyncMode {
    Append,
    Overwrite,
    AppendDedup,
    OverwriteDedup,
    Update,
    SoftDelete,
}

/// The streams of one run and how each is to be read and written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ConfiguredAirbyteCatalog {
    pub streams: Vec<ConfiguredAirbyteStream>,
}

/// One stream of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConfiguredAirbyteStream {
    pub stream: AirbyteStream,
    pub sync_mode: SyncMode,
    pub destination_sync_mode: DestinationSyncMode,
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub cursor_field: Vec<String>,
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub primary_key: Vec<Vec<String>>,
    /// The stream's current generation: rows of this run carry it.
    #[serde(default, deserialize_with = "whole_number")]
    pub generation_id: i64,
    /// Equal to `generation_id` when the run replaces the table, else 0.
    #[serde(default, deserialize_with = "whole_number")]
    pub minimum_generation_id: i64,
    /// The job's id; every attempt of a job keeps it.
    #[serde(default, deserialize_with = "whole_number")]
    pub sync_id: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_files: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_object_name: Option<String>,
}

impl ConfiguredAirbyteStream {
    pub fn descriptor(&self) -> StreamDescriptor {
        self.stream.descriptor()
    }

    /// Whether this run replaces the table instead of adding to it.
    pub fn replaces_table(&self) -> bool {
        self.minimum_generation_id > 0 && self.minimum_generation_id == self.generation_id
    }
}
