//! Access tokens for client credentials.

use serde::{Deserialize, Serialize};

/// Body of `POST /applications/token`. Carries a secret: no `Debug`.
#[derive(Serialize, Deserialize)]
pub struct TokenRequest {
    pub client_id: String,
    pub client_secret: String,
    /// Only `client_credentials`. The key really has a hyphen; the usual spelling is read too.
    #[serde(
        rename = "grant-type",
        alias = "grant_type",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub grant_type: Option<String>,
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
