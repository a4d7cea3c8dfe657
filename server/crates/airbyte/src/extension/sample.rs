//! `POST /x/sample`: a few real rows of each stream, read through the connector and not stored.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::protocol::StreamDescriptor;

/// The body: a saved source, or a configuration. Carries secrets: no `Debug`.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SampleRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition_id: Option<Uuid>,
    /// In the place of a definition: a low-code manifest to try out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<Value>,
    /// Empty means every stream of the source.
    #[serde(default)]
    pub streams: Vec<StreamDescriptor>,
    /// Rows per stream; 20 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// One line of the answer; the last one says `{"done": true}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SampleLine {
    Stream(StreamSample),
    Done { done: bool },
}

/// The rows of one stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StreamSample {
    pub stream: StreamDescriptor,
    #[serde(default)]
    pub records: Vec<Value>,
    /// Why there are no rows, or fewer than asked for, in plain words.
    #[serde(default)]
    pub problem: Option<String>,
}
