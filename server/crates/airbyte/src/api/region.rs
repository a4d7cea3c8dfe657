//! Regions and the dataplanes in them: where one's own machines run the connectors of a self-managed Airbyte.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::secret::secret;
use crate::protocol::null_as_default;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegionResponse {
    pub region_id: Uuid,
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    pub organization_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
}

/// Body of `POST /regions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegionCreate {
    pub name: String,
    pub organization_id: Uuid,
    /// Absent means enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Body of `PATCH /regions/{id}` and `PATCH /dataplanes/{id}`: absent is unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegionPatch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataplaneResponse {
    pub dataplane_id: Uuid,
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    pub region_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
}

/// Body of `POST /dataplanes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataplaneCreate {
    pub region_id: Uuid,
    pub name: String,
    /// Absent means enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Body of `PATCH /dataplanes/{id}`.
pub type DataplanePatch = RegionPatch;

/// Answer of `POST /dataplanes`: what the dataplane signs in with, shown this once. Carries a secret: no `Debug`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataplaneCredentials {
    pub dataplane_id: Uuid,
    #[serde(default)]
    pub region_id: Option<Uuid>,
    pub client_id: String,
    #[serde(deserialize_with = "secret")]
    pub client_secret: SecretString,
}
