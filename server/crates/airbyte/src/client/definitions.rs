//! Connectors the server knows.

use reqwest::Method;
use uuid::Uuid;

use super::Client;
use super::send::{Call, LONG};
use crate::Error;
use crate::api::{
    ActorType, ConnectorDefinition, ConnectorDefinitionType, DefinitionCreate, DefinitionPut,
    DefinitionResponse,
};

impl Client {
    /// All sources or destinations. `Forbidden` on some servers: a bundled list must do there.
    pub async fn connector_definitions(
        &self,
        kind: ConnectorDefinitionType,
        workspace: Uuid,
    ) -> Result<Vec<ConnectorDefinition>, Error> {
        let kind = match kind {
            ConnectorDefinitionType::Destination => "destination",
            ConnectorDefinitionType::Source | ConnectorDefinitionType::Unknown => "source",
        };
        let call = self
            .call(Method::GET, ["connector_definitions"])
            .query("type", kind)
            .query("workspaceId", &workspace.to_string());
        self.listed(&call, "definitions").await
    }

    /// Definitions of sources or destinations in a workspace.
    pub async fn workspace_definitions(
        &self,
        kind: ActorType,
        workspace: Uuid,
    ) -> Result<Vec<DefinitionResponse>, Error> {
        let call = self.call_definition(Method::GET, workspace, folder(kind), None);
        self.listed(&call, "definitions").await
    }

    pub async fn workspace_definition(
        &self,
        kind: ActorType,
        workspace: Uuid,
        id: Uuid,
    ) -> Result<DefinitionResponse, Error> {
        let call = self.call_definition(Method::GET, workspace, folder(kind), Some(id));
        self.ask(&call, "definition").await
    }

    /// Adds a connector by its image. `Invalid` on Airbyte Cloud, which takes manifests only.
    pub async fn create_definition(
        &self,
        kind: ActorType,
        workspace: Uuid,
        new: &DefinitionCreate,
    ) -> Result<DefinitionResponse, Error> {
        // Servers start the image to read what it needs.
        let call = self
            .call_definition(Method::POST, workspace, folder(kind), None)
            .json(new)?
            .within(Some(LONG));
        self.ask(&call, "definition").await
    }

    /// Gives another name and version of the image.
    pub async fn replace_definition(
        &self,
        kind: ActorType,
        workspace: Uuid,
        id: Uuid,
        put: &DefinitionPut,
    ) -> Result<DefinitionResponse, Error> {
        let call = self
            .call_definition(Method::PUT, workspace, folder(kind), Some(id))
            .json(put)?
            .within(Some(LONG));
        self.ask(&call, "definition").await
    }

    pub async fn delete_definition(
        &self,
        kind: ActorType,
        workspace: Uuid,
        id: Uuid,
    ) -> Result<(), Error> {
        self.tell(&self.call_definition(Method::DELETE, workspace, folder(kind), Some(id)))
            .await
    }

    /// A call about the definitions in one folder of a workspace, or about one of them.
    pub(super) fn call_definition(
        &self,
        method: Method,
        workspace: Uuid,
        folder: &str,
        id: Option<Uuid>,
    ) -> Call {
        let (workspace, id) = (workspace.to_string(), id.map(|id| id.to_string()));
        let path = ["workspaces", &workspace, "definitions", folder];
        self.call(method, path.into_iter().chain(id.as_deref()))
    }
}

fn folder(kind: ActorType) -> &'static str {
    match kind {
        ActorType::Source => "sources",
        ActorType::Destination => "destinations",
    }
}
