//! Permissions of people.

use reqwest::Method;
use uuid::Uuid;

use super::Client;
use crate::Error;
use crate::api::{
    PermissionCreate, PermissionFilter, PermissionListed, PermissionPatch, PermissionResponse,
    PermissionType,
};

impl Client {
    pub async fn permissions(
        &self,
        filter: &PermissionFilter,
    ) -> Result<Vec<PermissionListed>, Error> {
        let mut call = self.call(Method::GET, ["permissions"]);
        if let Some(user) = filter.user_id {
            call = call.query("userId", &user.to_string());
        }
        if let Some(organization) = filter.organization_id {
            call = call.query("organizationId", &organization.to_string());
        }
        self.listed(&call, "permissions").await
    }

    pub async fn permission(&self, id: Uuid) -> Result<PermissionResponse, Error> {
        let call = self.call(Method::GET, ["permissions", &id.to_string()]);
        self.ask(&call, "permission").await
    }

    pub async fn create_permission(
        &self,
        new: &PermissionCreate,
    ) -> Result<PermissionResponse, Error> {
        let call = self.call(Method::POST, ["permissions"]).json(new)?;
        self.ask(&call, "permission").await
    }

    /// Gives another role where the permission holds.
    pub async fn update_permission(
        &self,
        id: Uuid,
        permission_type: PermissionType,
    ) -> Result<PermissionResponse, Error> {
        let call = self
            .call(Method::PATCH, ["permissions", &id.to_string()])
            .json(&PermissionPatch { permission_type })?;
        self.ask(&call, "permission").await
    }

    pub async fn delete_permission(&self, id: Uuid) -> Result<(), Error> {
        self.tell(&self.call(Method::DELETE, ["permissions", &id.to_string()]))
            .await
    }
}
