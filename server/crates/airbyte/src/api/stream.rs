//! Streams as the public API lists them, and the sync modes it names.

use serde::{Deserialize, Serialize};

use crate::protocol::{DestinationSyncMode, SyncMode, lenient::null_as_default};

/// One stream of `GET /streams`: paths of fields without their types.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamProperties {
    pub stream_name: String,
    /// The key is spelled in lower case by the API.
    #[serde(
        rename = "streamnamespace",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub stream_namespace: Option<String>,
    /// Only when a destination was named. Airbyte's description knows no null here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sync_modes: Option<Vec<ConnectionSyncMode>>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub default_cursor_field: Vec<String>,
    #[serde(default)]
    pub source_defined_cursor_field: Option<bool>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub source_defined_primary_key: Vec<Vec<String>>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub property_fields: Vec<Vec<String>>,
}

/// How a stream is read and written, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionSyncMode {
    FullRefreshOverwrite,
    FullRefreshOverwriteDeduped,
    FullRefreshAppend,
    FullRefreshUpdate,
    FullRefreshSoftDelete,
    IncrementalAppend,
    IncrementalDedupedHistory,
    IncrementalUpdate,
    IncrementalSoftDelete,
    #[serde(other)]
    Unknown,
}

impl ConnectionSyncMode {
    /// The protocol's two words for it; `None` for a mode this version does not know.
    pub fn parts(self) -> Option<(SyncMode, DestinationSyncMode)> {
        use DestinationSyncMode as To;
        use SyncMode::{FullRefresh, Incremental};
        Some(match self {
            Self::FullRefreshOverwrite => (FullRefresh, To::Overwrite),
            Self::FullRefreshOverwriteDeduped => (FullRefresh, To::OverwriteDedup),
            Self::FullRefreshAppend => (FullRefresh, To::Append),
            Self::FullRefreshUpdate => (FullRefresh, To::Update),
            Self::FullRefreshSoftDelete => (FullRefresh, To::SoftDelete),
            Self::IncrementalAppend => (Incremental, To::Append),
            Self::IncrementalDedupedHistory => (Incremental, To::AppendDedup),
            Self::IncrementalUpdate => (Incremental, To::Update),
            Self::IncrementalSoftDelete => (Incremental, To::SoftDelete),
            Self::Unknown => return None,
        })
    }

    /// Whether rows are told apart by a primary key.
    pub fn needs_key(self) -> bool {
        matches!(
            self,
            Self::FullRefreshOverwriteDeduped
                | Self::FullRefreshUpdate
                | Self::IncrementalDedupedHistory
                | Self::IncrementalUpdate
        )
    }
}
