//! Airbyte Embedded, sold apart: `Forbidden` or `Unsupported` on most servers.

use reqwest::Method;
use secrecy::SecretString;
use uuid::Uuid;

use super::Client;
use super::send::Repeat;
use crate::Error;
use crate::api::{
    EmbeddedOrganization, EmbeddedOrganizations, EmbeddedToken, ScopedTokenRequest,
    WidgetTokenRequest,
};

impl Client {
    /// A token for the widget in a page, which reads it as it is. Good for some twenty minutes.
    pub async fn widget_token(&self, request: &WidgetTokenRequest) -> Result<SecretString, Error> {
        let call = self
            .call(Method::POST, ["embedded", "widget_token"])
            .json(request)?;
        let token: EmbeddedToken = self.ask(&call, "token").await?;
        Ok(token.0)
    }

    /// A bearer token that is good in one workspace, for some twenty minutes.
    pub async fn scoped_token(&self, workspace_id: Uuid) -> Result<SecretString, Error> {
        let call = self
            .call(Method::POST, ["embedded", "scoped_token"])
            .json(&ScopedTokenRequest { workspace_id })?
            // A token too many ends by itself.
            .repeating(Repeat::Always);
        let token: EmbeddedToken = self.ask(&call, "token").await?;
        Ok(token.0)
    }

    /// Our organizations that have Embedded.
    pub async fn embedded_organizations(&self) -> Result<Vec<EmbeddedOrganization>, Error> {
        let call = self.call(Method::GET, ["embedded", "organizations"]);
        let found: EmbeddedOrganizations = self.ask(&call, "organizations").await?;
        Ok(found.organizations)
    }
}
