//! Organizations, which own workspaces, and the people in them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::protocol::null_as_default;

/// One entry of `GET /organizations`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationResponse {
    pub organization_id: Uuid,
    #[serde(default, deserialize_with = "null_as_default")]
    pub organization_name: String,
    /// Of whoever answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// One entry of `GET /users`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserResponse {
    pub id: Uuid,
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// Whom of an organization `GET /users` shall list; nothing named means everyone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFilter {
    pub ids: Vec<Uuid>,
    pub emails: Vec<String>,
}
