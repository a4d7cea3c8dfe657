//! Workspaces, and whether the server is there at all.

use reqwest::Method;
use uuid::Uuid;

use super::Client;
use crate::Error;
use crate::api::{WorkspaceCreate, WorkspacePatch, WorkspaceResponse};

impl Client {
    /// Whether the server answers. Needs no credentials.
    pub async fn health(&self) -> Result<(), Error> {
        self.tell(&self.call(Method::GET, ["health"])).await
    }

    pub async fn workspaces(&self) -> Result<Vec<WorkspaceResponse>, Error> {
        self.all("workspaces", &[]).await
    }

    pub async fn workspace(&self, id: Uuid) -> Result<WorkspaceResponse, Error> {
        self.ask(
            &self.call(Method::GET, ["workspaces", &id.to_string()]),
            "workspace",
        )
        .await
    }

    /// Names need not be unique: look for the name before creating, and after an `Interrupted`.
    pub async fn create_workspace(
        &self,
        new: &WorkspaceCreate,
    ) -> Result<WorkspaceResponse, Error> {
        self.ask(
            &self.call(Method::POST, ["workspaces"]).json(new)?,
            "workspace",
        )
        .await
    }

    pub async fn update_workspace(
        &self,
        id: Uuid,
        patch: &WorkspacePatch,
    ) -> Result<WorkspaceResponse, Error> {
        let call = self
            .call(Method::PATCH, ["workspaces", &id.to_string()])
            .json(patch)?;
        self.ask(&call, "workspace").await
    }

    /// Deletes the workspace with its sources, destinations and connections. Data in destinations stays.
    pub async fn delete_workspace(&self, id: Uuid) -> Result<(), Error> {
        self.tell(&self.call(Method::DELETE, ["workspaces", &id.to_string()]))
            .await
    }
}
