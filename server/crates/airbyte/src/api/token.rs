//! Access tokens for client credentials.

use serde::{Deserialize, Serialize};

const CLIENT_CREDENTIALS: &str = "client_credentials";

/// Body of `POST /applications/token`. Carries a secret: no `Debug`.
#[derive(Serialize, Deserialize)]
pub struct TokenRequest {
    pub client_id: String,
    pub client_secret: String,
    /// Only `client_credentials`. Airbyte's description demands this spelling…
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_type: Option<String>,
    /// … and explains this one. Clients use either; sending both suits every reader.
    #[serde(
        rename = "grant-type",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub hyphenated_grant_type: Option<String>,
}

impl TokenRequest {
    pub fn new(client_id: String, client_secret: String) -> Self {
        Self {
            client_id,
            client_secret,
            grant_type: Some(CLIENT_CREDENTIALS.to_owned()),
            hyphenated_grant_type: Some(CLIENT_CREDENTIALS.to_owned()),
        }
    }

    /// Whether nothing but client credentials is asked for; to name no grant is to ask for that.
    pub fn is_for_client_credentials(&self) -> bool {
        [&self.grant_type, &self.hyphenated_grant_type]
            .into_iter()
            .flatten()
            .all(|grant| grant == CLIENT_CREDENTIALS)
    }
}

/// Its answer. Carries a secret: no `Debug`.
#[derive(Serialize, Deserialize)]
pub struct TokenResponse {
    pub access_token: String,
    #[serde(default)]
    pub token_type: String,
    /// Seconds. Some servers leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
}
