//! What a connector says about its own run: errors, the state of streams, estimates.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalog::StreamDescriptor;
use super::lenient::null_as_default;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AirbyteTraceMessage {
    /// Milliseconds, as a fraction in most connectors.
    #[serde(default)]
    pub emitted_at: f64,
    #[serde(flatten)]
    pub trace: Trace,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Trace {
    Error {
        error: AirbyteErrorTrace,
    },
    StreamStatus {
        stream_status: AirbyteStreamStatusTrace,
    },
    Estimate {
        estimate: AirbyteEstimateTrace,
    },
    Analytics {
        #[serde(default)]
        analytics: Value,
    },
    #[serde(other)]
    Other,
}

/// Why the connector failed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AirbyteErrorTrace {
    /// Meant for a person.
    #[serde(default, deserialize_with = "null_as_default")]
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub internal_message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_trace: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_type: Option<FailureType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_descriptor: Option<StreamDescriptor>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureType {
    SystemError,
    ConfigError,
    TransientError,
    #[serde(other)]
    Other,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AirbyteStreamStatusTrace {
    pub stream_descriptor: StreamDescriptor,
    pub status: StreamStatus,
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub reasons: Vec<StreamStatusReason>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StreamStatus {
    Started,
    Running,
    Complete,
    Incomplete,
    #[serde(other)]
    Other,
}

/// Why a stream is in its state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StreamStatusReason {
    /// `RATE_LIMITED` is the one in use.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limited: Option<Value>,
}

/// How much the source expects to read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AirbyteEstimateTrace {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// `STREAM` or `SYNC`.
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_estimate: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub byte_estimate: Option<f64>,
}
