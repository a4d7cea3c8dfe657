//! Apps: generated programs that read a tenant's tables, and the bundle of settings each one gets.

use serde::{Deserialize, Serialize};

use crate::AppId;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct AppRow {
    pub id: AppId,
    pub name: String,
    pub tables: i64,
    pub flags_on: i64,
    /// RFC 3339, UTC.
    pub created_at: String,
    pub downloaded_at: Option<String>,
    pub last_used_at: Option<String>,
    pub revoked: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct AppView {
    pub row: AppRow,
    /// Every table of the tenant, with whether the app may read it.
    pub tables: Vec<TableAccess>,
    /// The bundle as it would be made now; secret values masked.
    pub bundle: Vec<Variable>,
    /// The database login of the app.
    pub login: String,
    /// Has the password been shown? Then only rotation makes a new one.
    pub password_shown: bool,
    /// What changed since the last download, in sentences.
    pub changed: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct TableAccess {
    pub table: String,
    pub connection_name: String,
    pub allowed: bool,
    /// False until the first run made the table; access starts by itself then.
    pub exists: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Variable {
    pub name: String,
    /// Masked when secret.
    pub value: String,
    pub secret: bool,
    /// What it is for, in one sentence.
    pub purpose: String,
}
