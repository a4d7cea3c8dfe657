//! What operators see: all tenants, the plan of a deletion, the audit trail and the health of every part.

use serde::{Deserialize, Serialize};

use crate::{ConnectionId, ProvisionStep, RunRow, TenantId, TenantState};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct TenantRow {
    pub id: TenantId,
    pub name: String,
    pub owner_email: String,
    pub state: TenantState,
    pub steps_done: i64,
    pub steps: i64,
    pub connections: i64,
    pub connections_bad: i64,
    pub rows: i64,
    /// RFC 3339, UTC.
    pub last_run_at: Option<String>,
    pub created_at: String,
}

/// A connection and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedConnection {
    pub tenant: TenantId,
    pub tenant_name: String,
    pub connection: ConnectionId,
    pub name: String,
    /// Slug of the catalogue.
    pub integration: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct TenantDetail {
    pub row: TenantRow,
    pub state_reason: Option<String>,
    pub steps: Vec<ProvisionStep>,
    pub runs: Vec<RunRow>,
    pub members: Vec<(String, crate::Role)>,
    pub schema: Option<String>,
}

/// One store that a deletion would empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct DeletionItem {
    /// "Database schema", "Storage", "Engine workspace" …
    pub store: String,
    pub what: String,
    pub count: i64,
    pub bytes: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct DeletionPlan {
    pub tenant: TenantId,
    pub name: String,
    pub items: Vec<DeletionItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct AuditLine {
    pub n: i64,
    /// RFC 3339, UTC.
    pub at: String,
    pub actor: String,
    pub ip: Option<String>,
    /// `tenant.suspend`, `bundle.download` …
    pub action: String,
    pub target: String,
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Health {
    Ok,
    NotConfigured,
    Degraded,
    Down,
}

impl Health {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NotConfigured => "not configured",
            Self::Degraded => "degraded",
            Self::Down => "down",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct HealthPart {
    /// "Control database", "Tenant database", "Engine", "Queue", "Storage", "Redis", "Mail".
    pub name: String,
    pub health: Health,
    /// Why we think so: what was tried and what answered.
    pub reason: String,
    pub checked_at: String,
    pub millis: i64,
}
