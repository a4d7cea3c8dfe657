//! Airbyte Embedded: tokens with which another product's page acts in one workspace.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::permission::PermissionType;
use crate::protocol::null_as_default;

/// Body of `POST /embedded/widget_token`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WidgetTokenRequest {
    pub organization_id: Uuid,
    /// Whom the token is for. The workspace of this name is used, or made.
    pub external_user_id: String,
    /// Scheme and host of the page that shows the widget.
    pub allowed_origin: String,
}

/// Body of `POST /embedded/scoped_token`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopedTokenRequest {
    pub workspace_id: Uuid,
}

/// Answer of both calls. Carries a secret: no `Debug`.
#[derive(Deserialize)]
#[serde(try_from = "Value")]
pub(crate) struct EmbeddedToken(pub(crate) SecretString);

impl TryFrom<Value> for EmbeddedToken {
    /// Names no part of the answer: errors are logged.
    type Error = &'static str;

    fn try_from(answer: Value) -> Result<Self, Self::Error> {
        let token = answer.get("token").and_then(Value::as_str);
        token
            .filter(|token| !token.is_empty())
            .map(|token| Self(token.into()))
            .ok_or("no token")
    }
}

/// An organization with Embedded, and what we may do in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmbeddedOrganization {
    pub organization_id: Uuid,
    #[serde(default, deserialize_with = "null_as_default")]
    pub organization_name: String,
    pub permission: PermissionType,
}

/// Answer of `GET /embedded/organizations`.
#[derive(Deserialize)]
pub(crate) struct EmbeddedOrganizations {
    pub(crate) organizations: Vec<EmbeddedOrganization>,
}
