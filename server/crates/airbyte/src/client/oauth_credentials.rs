//! One's own app at a provider, set for a workspace or a whole organization.

use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

use super::Client;
use crate::Error;
use crate::api::{ActorType, MASK, OAuthCredentials};

/// Texts shorter than this are words like `api`, not secrets.
const SHORTEST_SECRET: usize = 4;

/// Whose sources and destinations use the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OAuthOwner {
    /// `Unsupported` on self-hosted servers.
    Workspace(Uuid),
    Organization(Uuid),
}

impl OAuthOwner {
    fn path(self) -> (&'static str, String) {
        match self {
            Self::Workspace(id) => ("workspaces", id.to_string()),
            Self::Organization(id) => ("organizations", id.to_string()),
        }
    }
}

impl Client {
    /// Sets the app that sign-ins use from now on, in place of Airbyte's or of an earlier one. No error repeats what
    /// the configuration holds.
    pub async fn set_oauth_credentials(
        &self,
        owner: OAuthOwner,
        credentials: &OAuthCredentials,
    ) -> Result<(), Error> {
        let (kind, id) = owner.path();
        let call = self
            .call(Method::PUT, [kind, &id, "oauthCredentials"])
            .json(credentials)?;
        let set = self.tell(&call).await;
        set.map_err(|error| error.reworded(|message| masked(message, &credentials.configuration)))
    }

    /// Goes back to Airbyte's app. Sources that were signed in with the other must sign in again.
    pub async fn delete_oauth_credentials(
        &self,
        owner: OAuthOwner,
        actor: ActorType,
        name: &str,
    ) -> Result<(), Error> {
        let (kind, id) = owner.path();
        let path = [kind, &id, "oauthCredentials", actor.name(), name];
        self.tell(&self.call(Method::DELETE, path)).await
    }
}

/// The message without any text of the configuration: a server that says what is wrong may quote it.
fn masked(message: String, configuration: &Value) -> String {
    match configuration {
        Value::String(text) if text.len() >= SHORTEST_SECRET => message.replace(text, MASK),
        Value::Array(items) => items.iter().fold(message, masked),
        Value::Object(fields) => fields.values().fold(message, masked),
        _ => message,
    }
}
