//! Sources and destinations. Their configurations hold secrets on the way in and masks on the way out.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::protocol::lenient::null_as_default;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceResponse {
    pub source_id: Uuid,
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    /// Some servers leave it out for custom definitions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition_id: Option<Uuid>,
    pub workspace_id: Uuid,
    /// Secrets read as [`super::MASK`].
    #[serde(default)]
    pub configuration: Value,
    /// Seconds since 1970.
    #[serde(default, deserialize_with = "null_as_default")]
    pub created_at: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DestinationResponse {
    pub destination_id: Uuid,
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition_id: Option<Uuid>,
    pub workspace_id: Uuid,
    #[serde(default)]
    pub configuration: Value,
    /// Seconds since 1970.
    #[serde(default, deserialize_with = "null_as_default")]
    pub created_at: i64,
}

/// Body of `POST /sources`. Send `definition_id`; naming the type in the configuration is the older way.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceCreate {
    pub name: String,
    pub workspace_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition_id: Option<Uuid>,
    pub configuration: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_id: Option<String>,
}

/// Body of `PATCH /sources/{id}`: the configuration is merged in.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourcePatch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_id: Option<String>,
}

/// Body of `PUT /sources/{id}`: the configuration is replaced; masks keep stored secrets.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourcePut {
    pub name: String,
    pub configuration: Value,
}

/// Body of `POST /destinations`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DestinationCreate {
    pub name: String,
    pub workspace_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition_id: Option<Uuid>,
    pub configuration: Value,
}

/// Body of `PATCH /destinations/{id}`.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DestinationPatch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<Value>,
}

/// Body of `PUT /destinations/{id}`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DestinationPut {
    pub name: String,
    pub configuration: Value,
}
