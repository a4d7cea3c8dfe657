//! Sources and destinations.

use reqwest::Method;
use uuid::Uuid;

use super::Client;
use super::places::By;
use super::send::{LONG, Repeat};
use crate::Error;
use crate::api::{
    DestinationCreate, DestinationPatch, DestinationPut, DestinationResponse, SourceCreate,
    SourcePatch, SourcePut, SourceResponse, StreamProperties,
};

impl Client {
    pub async fn sources(&self, workspace: Uuid) -> Result<Vec<SourceResponse>, Error> {
        self.all("sources", &[("workspaceIds", workspace.to_string())])
            .await
    }

    pub async fn source(&self, id: Uuid) -> Result<SourceResponse, Error> {
        self.ask(
            &self.call(Method::GET, ["sources", &id.to_string()]),
            "source",
        )
        .await
    }

    /// Saves a source. Only the shape of its configuration is checked here; see [`Client::check`].
    pub async fn create_source(&self, new: &SourceCreate) -> Result<SourceResponse, Error> {
        self.ask(&self.call(Method::POST, ["sources"]).json(new)?, "source")
            .await
    }

    pub async fn update_source(
        &self,
        id: Uuid,
        patch: &SourcePatch,
    ) -> Result<SourceResponse, Error> {
        self.ask(
            &self
                .call(Method::PATCH, ["sources", &id.to_string()])
                .json(patch)?,
            "source",
        )
        .await
    }

    pub async fn replace_source(&self, id: Uuid, put: &SourcePut) -> Result<SourceResponse, Error> {
        self.ask(
            &self
                .call(Method::PUT, ["sources", &id.to_string()])
                .json(put)?,
            "source",
        )
        .await
    }

    /// Deletes the source, its secrets and its connections.
    pub async fn delete_source(&self, id: Uuid) -> Result<(), Error> {
        self.tell(&self.call(Method::DELETE, ["sources", &id.to_string()]))
            .await
    }

    pub async fn destinations(&self, workspace: Uuid) -> Result<Vec<DestinationResponse>, Error> {
        self.all("destinations", &[("workspaceIds", workspace.to_string())])
            .await
    }

    pub async fn destination(&self, id: Uuid) -> Result<DestinationResponse, Error> {
        self.ask(
            &self.call(Method::GET, ["destinations", &id.to_string()]),
            "destination",
        )
        .await
    }

    pub async fn create_destination(
        &self,
        new: &DestinationCreate,
    ) -> Result<DestinationResponse, Error> {
        self.ask(
            &self.call(Method::POST, ["destinations"]).json(new)?,
            "destination",
        )
        .await
    }

    pub async fn update_destination(
        &self,
        id: Uuid,
        patch: &DestinationPatch,
    ) -> Result<DestinationResponse, Error> {
        let call = self
            .call(Method::PATCH, ["destinations", &id.to_string()])
            .json(patch)?;
        self.ask(&call, "destination").await
    }

    pub async fn replace_destination(
        &self,
        id: Uuid,
        put: &DestinationPut,
    ) -> Result<DestinationResponse, Error> {
        let call = self
            .call(Method::PUT, ["destinations", &id.to_string()])
            .json(put)?;
        self.ask(&call, "destination").await
    }

    /// Deletes the destination and its connections; its data stays.
    pub async fn delete_destination(&self, id: Uuid) -> Result<(), Error> {
        self.tell(&self.call(Method::DELETE, ["destinations", &id.to_string()]))
            .await
    }

    /// The streams of a source, with the sync modes the destination allows when one is named.
    pub async fn streams(
        &self,
        source: Uuid,
        destination: Option<Uuid>,
        cache: Cache,
    ) -> Result<Vec<StreamProperties>, Error> {
        let mut call = self
            .call(Method::GET, ["streams"])
            .query("sourceId", &source.to_string())
            .within(Some(LONG));
        if let Some(destination) = destination {
            call = call.query("destinationId", &destination.to_string());
        }
        if cache == Cache::Ignore {
            call = call.query("ignoreCache", "true");
        }
        // Where its gateway gives up on a discovery, the server goes on with it.
        call = call.repeating(Repeat::Unsent);
        let _place = self.place_to_discover(By::PublicApi).await;
        self.ask(&call, "streams").await
    }
}

/// Whether an earlier discovery may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cache {
    Use,
    Ignore,
}
