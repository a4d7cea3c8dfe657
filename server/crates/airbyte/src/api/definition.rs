//! Connectors a server knows.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One entry of `GET /connector_definitions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectorDefinition {
    pub id: Uuid,
    #[serde(default)]
    pub name: String,
    pub connector_definition_type: ConnectorDefinitionType,
    #[serde(default)]
    pub version: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectorDefinitionType {
    Source,
    Destination,
    #[serde(other)]
    Unknown,
}

/// The list of definitions, which has no pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectorDefinitions {
    pub data: Vec<ConnectorDefinition>,
}

/// One entry of `GET /workspaces/{id}/definitions/…`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DefinitionResponse {
    pub id: Uuid,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub docker_repository: String,
    #[serde(default)]
    pub docker_image_tag: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documentation_url: Option<String>,
}

/// Body of `POST /workspaces/{id}/definitions/sources`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DefinitionCreate {
    pub name: String,
    pub docker_repository: String,
    pub docker_image_tag: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documentation_url: Option<String>,
}

/// Body of `PUT /workspaces/{id}/definitions/sources/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DefinitionPut {
    pub name: String,
    pub docker_image_tag: String,
}
