//! One line of a connector's output.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalog::AirbyteCatalog;
use super::lenient::{null_as_default, whole_number};
use super::spec::ConnectorSpecification;
use super::state::AirbyteStateMessage;
use super::trace::AirbyteTraceMessage;

/// One message. A line that does not read as one is a log line by the protocol's rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(
    clippy::large_enum_variant,
    reason = "messages are read one at a time; boxing the rare ones would complicate every match"
)]
pub enum AirbyteMessage {
    Record {
        record: AirbyteRecordMessage,
    },
    State {
        state: AirbyteStateMessage,
    },
    Log {
        log: AirbyteLogMessage,
    },
    Spec {
        spec: ConnectorSpecification,
    },
    ConnectionStatus {
        #[serde(rename = "connectionStatus")]
        connection_status: AirbyteConnectionStatus,
    },
    Catalog {
        catalog: AirbyteCatalog,
    },
    Trace {
        trace: AirbyteTraceMessage,
    },
    Control {
        control: AirbyteControlMessage,
    },
    /// A type this version does not know.
    #[serde(other)]
    Other,
}

impl AirbyteMessage {
    /// Reads one line; `None` when it is not a message.
    pub fn parse(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }

    pub fn is_record(&self) -> bool {
        matches!(self, Self::Record { .. })
    }
}

/// One record of a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AirbyteRecordMessage {
    pub stream: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    pub data: Value,
    /// Milliseconds since 1970.
    #[serde(default, deserialize_with = "whole_number")]
    pub emitted_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<RecordMeta>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_reference: Option<Value>,
}

/// What was already changed in a record before it arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordMeta {
    #[serde(default, deserialize_with = "null_as_default")]
    pub changes: Vec<Change>,
}

/// One changed value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub field: String,
    pub change: ChangeKind,
    /// `DESTINATION_SERIALIZATION_ERROR` and its like: who changed it and why.
    #[serde(default)]
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChangeKind {
    Nulled,
    Truncated,
    #[serde(other)]
    Other,
}

/// A log line of the connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AirbyteLogMessage {
    #[serde(default)]
    pub level: LogLevel,
    #[serde(default, deserialize_with = "null_as_default")]
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_trace: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LogLevel {
    Fatal,
    Error,
    Warn,
    Debug,
    Trace,
    /// Also what an unknown level is taken for.
    #[default]
    #[serde(other)]
    Info,
}

/// The verdict of `check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AirbyteConnectionStatus {
    pub status: ConnectionStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConnectionStatus {
    Succeeded,
    /// Also what an unknown verdict is taken for.
    #[serde(other)]
    Failed,
}

/// A connector changing its own settings: rotated tokens, to be kept at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AirbyteControlMessage {
    /// `CONNECTOR_CONFIG` is the one in use.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub emitted_at: f64,
    #[serde(
        rename = "connectorConfig",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub connector_config: Option<ConnectorConfig>,
}

/// A whole new configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectorConfig {
    pub config: Value,
}
