//! Tags of a workspace: at most a hundred, `Invalid` beyond.

use reqwest::Method;
use uuid::Uuid;

use super::Client;
use crate::Error;
use crate::api::{TagCreate, TagPatch, TagResponse, check_tag};

impl Client {
    pub async fn tags(&self, workspace: Uuid) -> Result<Vec<TagResponse>, Error> {
        let call = self
            .call(Method::GET, ["tags"])
            .query("workspaceIds", &workspace.to_string());
        self.listed(&call, "tags").await
    }

    pub async fn tag(&self, id: Uuid) -> Result<TagResponse, Error> {
        let call = self.call(Method::GET, ["tags", &id.to_string()]);
        self.ask(&call, "tag").await
    }

    /// `Invalid` for a name or a colour that servers do not take: nothing is sent then. `Conflict` when the workspace has
    /// a tag of this name.
    pub async fn create_tag(&self, new: &TagCreate) -> Result<TagResponse, Error> {
        check_tag(&new.name, &new.color)?;
        let call = self.call(Method::POST, ["tags"]).json(new)?;
        self.ask(&call, "tag").await
    }

    /// Errors are those of [`Client::create_tag`].
    pub async fn update_tag(&self, id: Uuid, patch: &TagPatch) -> Result<TagResponse, Error> {
        check_tag(&patch.name, &patch.color)?;
        let call = self
            .call(Method::PATCH, ["tags", &id.to_string()])
            .json(patch)?;
        self.ask(&call, "tag").await
    }

    /// Deletes the tag; connections that carried it go on without.
    pub async fn delete_tag(&self, id: Uuid) -> Result<(), Error> {
        self.tell(&self.call(Method::DELETE, ["tags", &id.to_string()]))
            .await
    }
}
