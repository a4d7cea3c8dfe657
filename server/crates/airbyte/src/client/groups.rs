//! Groups of people, their members and their permissions. `Conflict` where a directory manages the group.

use reqwest::Method;
use uuid::Uuid;

use super::Client;
use crate::Error;
use crate::api::{
    GroupCreate, GroupMemberCreate, GroupMemberResponse, GroupPatch, GroupPermissionCreate,
    GroupPermissionResponse, GroupResponse,
};

impl Client {
    pub async fn groups(&self, organization: Uuid) -> Result<Vec<GroupResponse>, Error> {
        self.all("groups", &[("organizationId", organization.to_string())])
            .await
    }

    pub async fn group(&self, id: Uuid) -> Result<GroupResponse, Error> {
        let call = self.call(Method::GET, ["groups", &id.to_string()]);
        self.ask(&call, "group").await
    }

    /// `Conflict` when the organization has a group of this name.
    pub async fn create_group(&self, new: &GroupCreate) -> Result<GroupResponse, Error> {
        let call = self.call(Method::POST, ["groups"]).json(new)?;
        self.ask(&call, "group").await
    }

    pub async fn update_group(&self, id: Uuid, patch: &GroupPatch) -> Result<GroupResponse, Error> {
        let call = self
            .call(Method::PATCH, ["groups", &id.to_string()])
            .json(patch)?;
        self.ask(&call, "group").await
    }

    /// Deletes the group; its members lose what they had by it.
    pub async fn delete_group(&self, id: Uuid) -> Result<(), Error> {
        self.tell(&self.call(Method::DELETE, ["groups", &id.to_string()]))
            .await
    }

    pub async fn group_members(&self, group: Uuid) -> Result<Vec<GroupMemberResponse>, Error> {
        self.all(&format!("groups/{group}/members"), &[]).await
    }

    /// `Conflict` when the person is in the group already.
    pub async fn add_group_member(
        &self,
        group: Uuid,
        user_id: Uuid,
    ) -> Result<GroupMemberResponse, Error> {
        let call = self
            .call(Method::POST, ["groups", &group.to_string(), "members"])
            .json(&GroupMemberCreate { user_id })?;
        self.ask(&call, "member").await
    }

    pub async fn remove_group_member(&self, group: Uuid, user: Uuid) -> Result<(), Error> {
        let (group, user) = (group.to_string(), user.to_string());
        self.tell(&self.call(Method::DELETE, ["groups", &group, "members", &user]))
            .await
    }

    pub async fn group_permissions(
        &self,
        group: Uuid,
    ) -> Result<Vec<GroupPermissionResponse>, Error> {
        let call = self.call(Method::GET, ["groups", &group.to_string(), "permissions"]);
        self.listed(&call, "permissions").await
    }

    /// `Conflict` when the group has the permission already.
    pub async fn create_group_permission(
        &self,
        group: Uuid,
        new: &GroupPermissionCreate,
    ) -> Result<GroupPermissionResponse, Error> {
        let call = self
            .call(Method::POST, ["groups", &group.to_string(), "permissions"])
            .json(new)?;
        self.ask(&call, "permission").await
    }

    pub async fn delete_group_permission(
        &self,
        group: Uuid,
        permission: Uuid,
    ) -> Result<(), Error> {
        let (group, permission) = (group.to_string(), permission.to_string());
        let path = ["groups", &group, "permissions", &permission];
        self.tell(&self.call(Method::DELETE, path)).await
    }
}
