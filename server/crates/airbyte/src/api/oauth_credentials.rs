//! One's own app at a provider, used in place of Airbyte's.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Body of `PUT …/oauthCredentials`. Carries a secret: no `Debug`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OAuthCredentials {
    pub actor_type: ActorType,
    /// The connector's name on the server, such as `google-ads`.
    pub name: String,
    /// Client id and secret where the connector's configuration has them, such as
    /// `{"credentials": {"client_id": …, "client_secret": …}}`.
    pub configuration: Value,
}

/// Which end of a connection is meant. Only in requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorType {
    Source,
    Destination,
}

impl ActorType {
    /// The word of the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
        }
    }
}
