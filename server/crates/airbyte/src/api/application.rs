//! Applications: pairs of an id and a secret that stand for the user who made them.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::secret::secret;
use crate::protocol::null_as_default;

/// Body of `POST /applications`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationCreate {
    pub name: String,
}

/// One Application. Carries a secret: no `Debug`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationResponse {
    /// No UUID is promised.
    pub id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    pub client_id: String,
    #[serde(deserialize_with = "secret")]
    pub client_secret: SecretString,
    /// Milliseconds since 1970.
    #[serde(default, deserialize_with = "null_as_default")]
    pub created_at: i64,
}

/// Answer of `GET /applications`.
#[derive(Deserialize)]
pub(crate) struct Applications {
    pub(crate) applications: Vec<ApplicationResponse>,
}
