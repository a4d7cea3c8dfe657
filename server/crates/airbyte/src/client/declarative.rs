//! Sources of one's own that a manifest describes.

use reqwest::Method;
use uuid::Uuid;

use super::Client;
use super::send::Call;
use crate::Error;
use crate::api::{
    DeclarativeDefinitionCreate, DeclarativeDefinitionPut, DeclarativeDefinitionResponse,
};

impl Client {
    pub async fn declarative_definitions(
        &self,
        workspace: Uuid,
    ) -> Result<Vec<DeclarativeDefinitionResponse>, Error> {
        let call = self.call_declarative(Method::GET, workspace, None);
        self.listed(&call, "definitions").await
    }

    pub async fn declarative_definition(
        &self,
        workspace: Uuid,
        id: Uuid,
    ) -> Result<DeclarativeDefinitionResponse, Error> {
        let call = self.call_declarative(Method::GET, workspace, Some(id));
        self.ask(&call, "definition").await
    }

    pub async fn create_declarative_definition(
        &self,
        workspace: Uuid,
        new: &DeclarativeDefinitionCreate,
    ) -> Result<DeclarativeDefinitionResponse, Error> {
        let call = self
            .call_declarative(Method::POST, workspace, None)
            .json(new)?;
        self.ask(&call, "definition").await
    }

    /// Gives another manifest; sources use it from their next run on.
    pub async fn replace_declarative_definition(
        &self,
        workspace: Uuid,
        id: Uuid,
        put: &DeclarativeDefinitionPut,
    ) -> Result<DeclarativeDefinitionResponse, Error> {
        let call = self
            .call_declarative(Method::PUT, workspace, Some(id))
            .json(put)?;
        self.ask(&call, "definition").await
    }

    pub async fn delete_declarative_definition(
        &self,
        workspace: Uuid,
        id: Uuid,
    ) -> Result<(), Error> {
        self.tell(&self.call_declarative(Method::DELETE, workspace, Some(id)))
            .await
    }

    fn call_declarative(&self, method: Method, workspace: Uuid, id: Option<Uuid>) -> Call {
        self.call_definition(method, workspace, "declarative_sources", id)
    }
}
