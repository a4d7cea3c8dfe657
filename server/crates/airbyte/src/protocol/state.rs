//! How far a source has read. The blobs are opaque; every key is kept as it came.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::catalog::StreamDescriptor;
use super::lenient::null_as_default;

/// One checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AirbyteStateMessage {
    /// Missing means LEGACY.
    #[serde(rename = "type", default, deserialize_with = "null_as_default")]
    pub state_type: AirbyteStateType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<AirbyteStreamState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub global: Option<AirbyteGlobalState>,
    /// The whole state of a LEGACY source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    #[serde(
        rename = "sourceStats",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub source_stats: Option<StateStats>,
    #[serde(
        rename = "destinationStats",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub destination_stats: Option<StateStats>,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl AirbyteStateMessage {
    /// A checkpoint of one stream.
    pub fn for_stream(descriptor: StreamDescriptor, state: Value) -> Self {
        Self {
            state_type: AirbyteStateType::Stream,
            stream: Some(AirbyteStreamState {
                stream_descriptor: descriptor,
                stream_state: Some(state),
                other: Map::new(),
            }),
            global: None,
            data: None,
            source_stats: None,
            destination_stats: None,
            other: Map::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AirbyteStateType {
    Stream,
    Global,
    /// Also what an unknown type is taken for: the whole message is then the state.
    #[default]
    #[serde(other)]
    Legacy,
}

/// The state of one stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AirbyteStreamState {
    pub stream_descriptor: StreamDescriptor,
    /// `None` starts from scratch.
    #[serde(default)]
    pub stream_state: Option<Value>,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The state of all streams at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AirbyteGlobalState {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_state: Option<Value>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub stream_states: Vec<AirbyteStreamState>,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Records counted since the state before.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StateStats {
    #[serde(
        rename = "recordCount",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub record_count: Option<f64>,
    #[serde(
        rename = "rejectedRecordCount",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub rejected_record_count: Option<f64>,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}
