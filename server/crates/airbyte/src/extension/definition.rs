//! Connectors with what runs them, their specifications, and discovery with whole schemas.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::fault::Fault;
use crate::protocol::AirbyteCatalog;

/// One entry of `GET /x/definitions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an answer of its own on the wire"
)]
pub struct Definition {
    pub definition_id: Uuid,
    pub name: String,
    pub source_type: String,
    pub runtime: Runtime,
    /// Whether it can start now, without being installed first.
    pub ready: bool,
    /// Of a low-code manifest what is written in Python and needs Airbyte's runtime, each with its stream.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
    /// Whether Airbyte's own runtime can run it here, too, beside the engine's.
    #[serde(default)]
    pub second_runtime: bool,
    /// Whether what Airbyte made for it, its connector or its own runtime, is neither on the server nor to be had at the moment.
    #[serde(default)]
    pub lacks_airbytes_part: bool,
    /// Whether it is known to describe the provider at which people sign in for it.
    #[serde(default)]
    pub describes_provider: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Runtime {
    Builtin,
    /// A low-code manifest.
    Declarative,
    Python,
    Executable,
    #[serde(other)]
    Unknown,
}

/// `GET /x/definitions/{id}/spec` once the connector is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    /// JSON Schema of the configuration.
    pub connection_specification: Value,
    #[serde(default)]
    pub documentation_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advanced_auth: Option<Value>,
    /// Whether the server has a client of its own at the provider. Older ones do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advanced_auth_global_credentials_available: Option<bool>,
}

/// The answer (202) while the connector is being installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preparing {
    /// Always `preparing`.
    pub state: String,
    /// How far it is, in plain words.
    pub detail: String,
}

/// What the client makes of the two.
#[derive(Debug, Clone, PartialEq)]
pub enum SpecAnswer {
    Ready(Box<Spec>),
    Preparing { detail: String },
}

/// Body of `POST /x/discover`: a saved source, or a configuration. Carries secrets: no `Debug`.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiscoverRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<Value>,
    /// Asks the connector again instead of answering from memory.
    #[serde(default)]
    pub ignore_cache: bool,
    /// Answers in lines: what the connector renews in settings that are not saved is told at once.
    #[serde(default)]
    pub lines: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DiscoverResponse {
    pub catalog: AirbyteCatalog,
}

/// One line of an answer in lines. The last one is the catalogue, written as an answer that is none in lines, or why there
/// is none. May carry secrets: no `Debug`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiscoverLine {
    /// The connector changed its configuration (rotated tokens): from now on only this one works.
    Configuration(Value),
    Catalog(AirbyteCatalog),
    Fault(Fault),
}
