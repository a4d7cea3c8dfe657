//! Connectors the server knows.

use reqwest::Method;
use uuid::Uuid;

use super::Client;
use crate::Error;
use crate::api::{
    ConnectorDefinition, ConnectorDefinitionType, ConnectorDefinitions, DefinitionResponse, Page,
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
        Ok(self
            .ask::<ConnectorDefinitions>(&call, "definitions")
            .await?
            .data)
    }

    pub async fn source_definitions(
        &self,
        workspace: Uuid,
    ) -> Result<Vec<DefinitionResponse>, Error> {
        let call = self.call(
            Method::GET,
            [
                "workspaces",
                &workspace.to_string(),
                "definitions",
                "sources",
            ],
        );
        Ok(self
            .ask::<Page<DefinitionResponse>>(&call, "definitions")
            .await?
            .data)
    }
}
