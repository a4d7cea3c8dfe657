//! API keys and their scopes.

use serde::{Deserialize, Serialize};

use crate::ApiKeyId;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Read,
    Sample,
    Sync,
    Manage,
    Audit,
    Admin,
}

impl Scope {
    pub const ALL: [Self; 6] = [
        Self::Read,
        Self::Sample,
        Self::Sync,
        Self::Manage,
        Self::Audit,
        Self::Admin,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Sample => "sample",
            Self::Sync => "sync",
            Self::Manage => "manage",
            Self::Audit => "audit",
            Self::Admin => "admin",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == text)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct ApiKeyView {
    pub id: ApiKeyId,
    pub name: String,
    /// The recognisable start of the key, never the secret.
    pub hint: String,
    pub scopes: Vec<Scope>,
    pub created_at: String,
    pub last_used_at: Option<String>,
    pub revoked: bool,
}
