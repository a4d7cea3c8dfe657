//! Connections.

use reqwest::Method;
use uuid::Uuid;

use super::Client;
use super::places::By;
use super::send::{LONG, Repeat};
use crate::Error;
use crate::api::{ConnectionCreate, ConnectionPatch, ConnectionResponse};

impl Client {
    pub async fn connections(&self, workspace: Uuid) -> Result<Vec<ConnectionResponse>, Error> {
        let filter = [("workspaceIds", workspace.to_string())];
        Ok(sendable(self.all("connections", &filter).await?))
    }

    /// The connections that carry one of these tags; all of the workspace when none is named.
    pub async fn connections_tagged(
        &self,
        workspace: Uuid,
        tags: &[Uuid],
    ) -> Result<Vec<ConnectionResponse>, Error> {
        let mut filter = vec![("workspaceIds", workspace.to_string())];
        filter.extend(tags.iter().map(|tag| ("tagIds", tag.to_string())));
        Ok(sendable(self.all("connections", &filter).await?))
    }

    pub async fn connection(&self, id: Uuid) -> Result<ConnectionResponse, Error> {
        let call = self.call(Method::GET, ["connections", &id.to_string()]);
        let found: ConnectionResponse = self.ask(&call, "connection").await?;
        Ok(found.into_sendable())
    }

    /// Makes a connection. Servers discover first: slow, and after an `Interrupted` it may exist all the same.
    pub async fn create_connection(
        &self,
        new: &ConnectionCreate,
    ) -> Result<ConnectionResponse, Error> {
        let _place = self.place_to_discover(By::PublicApi).await;
        let call = self
            .call(Method::POST, ["connections"])
            .json(new)?
            .within(Some(LONG));
        let answer: ConnectionResponse = self.ask(&call, "connection").await?;
        Ok(answer.into_sendable())
    }

    pub async fn update_connection(
        &self,
        id: Uuid,
        patch: &ConnectionPatch,
    ) -> Result<ConnectionResponse, Error> {
        let mut call = self
            .call(Method::PATCH, ["connections", &id.to_string()])
            .json(patch)?
            .within(Some(LONG));
        // Only new streams make a server look at the source again. Where its gateway gives up on that, it still looks.
        let _place = match patch.configurations {
            Some(_) => {
                call = call.repeating(Repeat::Unsent);
                self.place_to_discover(By::PublicApi).await
            }
            None => None,
        };
        let answer: ConnectionResponse = self.ask(&call, "connection").await?;
        Ok(answer.into_sendable())
    }

    /// Deletes the connection; data in the destination stays.
    pub async fn delete_connection(&self, id: Uuid) -> Result<(), Error> {
        self.tell(&self.call(Method::DELETE, ["connections", &id.to_string()]))
            .await
    }
}

fn sendable(found: Vec<ConnectionResponse>) -> Vec<ConnectionResponse> {
    found
        .into_iter()
        .map(ConnectionResponse::into_sendable)
        .collect()
}
