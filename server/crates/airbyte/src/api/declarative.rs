//! Sources of one's own that a manifest describes, in one workspace.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// One entry of `GET /workspaces/{id}/definitions/declarative_sources`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeclarativeDefinitionResponse {
    pub id: Uuid,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub manifest: Value,
    /// Counts the manifests this definition has had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// Body of `POST /workspaces/{id}/definitions/declarative_sources`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeclarativeDefinitionCreate {
    /// The same as in the address; Airbyte's description asks for it here, too, and its servers do without.
    #[serde(rename = "workspaceId", skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<Uuid>,
    pub name: String,
    /// An object with `spec.connection_specification` in it: without, servers fail with 500.
    pub manifest: Value,
}

/// Body of `PUT …/declarative_sources/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeclarativeDefinitionPut {
    pub manifest: Value,
}
