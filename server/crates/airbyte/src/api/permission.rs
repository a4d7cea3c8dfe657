//! Permissions: what one person may do in a workspace or an organization.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A role, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PermissionType {
    /// Only in answers.
    InstanceAdmin,
    OrganizationAdmin,
    OrganizationEditor,
    OrganizationRunner,
    OrganizationReader,
    OrganizationMember,
    /// Only in answers.
    WorkspaceOwner,
    WorkspaceAdmin,
    WorkspaceEditor,
    WorkspaceRunner,
    WorkspaceReader,
    #[serde(other)]
    Unknown,
}

/// Where a role is to hold. Servers refuse a role of the other kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum GrantedIn {
    #[serde(rename = "workspaceId")]
    Workspace(Uuid),
    #[serde(rename = "organizationId")]
    Organization(Uuid),
}

/// Body of `POST /permissions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PermissionCreate {
    pub permission_type: PermissionType,
    pub user_id: Uuid,
    #[serde(flatten)]
    pub granted_in: GrantedIn,
}

/// Body of `PATCH /permissions/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PermissionPatch {
    pub permission_type: PermissionType,
}

/// One permission; of the two ids, the one where it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PermissionResponse {
    pub permission_id: Uuid,
    pub permission_type: PermissionType,
    pub user_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<Uuid>,
}

/// One entry of `GET /permissions`, which words the place differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PermissionListed {
    pub permission_id: Uuid,
    pub permission_type: PermissionType,
    pub user_id: Uuid,
    pub scope: PermissionScope,
    /// Missing where the scope is the whole server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope_id: Option<Uuid>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PermissionScope {
    Workspace,
    Organization,
    /// The whole server.
    None,
    #[serde(other)]
    Unknown,
}

/// Whose permissions `GET /permissions` shall list. Nobody named means one's own; those of others need an organization.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PermissionFilter {
    pub user_id: Option<Uuid>,
    pub organization_id: Option<Uuid>,
}
