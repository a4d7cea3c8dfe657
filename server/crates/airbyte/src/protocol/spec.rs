//! What a connector asks of a person.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The answer to `spec`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectorSpecification {
    #[serde(
        rename = "documentationUrl",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub documentation_url: Option<String>,
    /// JSON Schema of the configuration, with Airbyte's own annotations (`airbyte_secret`, `order`, …).
    #[serde(rename = "connectionSpecification")]
    pub connection_specification: Value,
    #[serde(
        rename = "supportsIncremental",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub supports_incremental: Option<bool>,
    /// How an OAuth consent fills the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advanced_auth: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol_version: Option<String>,
    /// Keys this version does not know, and those only destinations use.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl ConnectorSpecification {
    /// A specification that is nothing but its schema.
    pub fn new(connection_specification: Value) -> Self {
        Self {
            documentation_url: None,
            connection_specification,
            supports_incremental: None,
            advanced_auth: None,
            protocol_version: None,
            other: Map::new(),
        }
    }
}
