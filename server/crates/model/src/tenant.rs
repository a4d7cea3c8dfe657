//! Tenants: their state, and the steps that prepare everything they own.

use serde::{Deserialize, Serialize};

use crate::{BusinessProfile, TenantId};

/// Where a tenant is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TenantState {
    /// Its database, storage and workspace are being prepared.
    Provisioning,
    Active,
    /// Syncs and logins are stopped; the data stays.
    Suspended,
    /// A preparation step failed for good; an operator can retry it.
    Failed,
    Deleting,
    Deleted,
}

impl TenantState {
    pub const ALL: [Self; 6] = [
        Self::Provisioning,
        Self::Active,
        Self::Suspended,
        Self::Failed,
        Self::Deleting,
        Self::Deleted,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Failed => "failed",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == text)
    }
}

/// One named step of preparing a tenant, in the order they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    Keys,
    Schema,
    Storage,
    Cache,
    Workspace,
    Destination,
    Verify,
}

impl StepName {
    pub const ALL: [Self; 7] = [
        Self::Keys,
        Self::Schema,
        Self::Storage,
        Self::Cache,
        Self::Workspace,
        Self::Destination,
        Self::Verify,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Schema => "schema",
            Self::Storage => "storage",
            Self::Cache => "cache",
            Self::Workspace => "workspace",
            Self::Destination => "destination",
            Self::Verify => "verify",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == text)
    }

    /// The words on its chip.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Keys => "Encryption keys",
            Self::Schema => "Database schema",
            Self::Storage => "Storage",
            Self::Cache => "Cache",
            Self::Workspace => "Engine workspace",
            Self::Destination => "Destination",
            Self::Verify => "Isolation check",
        }
    }
}

/// How far one step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    Waiting,
    Running,
    Done,
    /// Left out on purpose: what it needs is not configured.
    NotConfigured,
    Failed,
    Undone,
    /// Undoing it failed; an operator must look.
    Stuck,
}

impl StepState {
    pub const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Running,
        Self::Done,
        Self::NotConfigured,
        Self::Failed,
        Self::Undone,
        Self::Stuck,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::NotConfigured => "not_configured",
            Self::Failed => "failed",
            Self::Undone => "undone",
            Self::Stuck => "stuck",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == text)
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::NotConfigured => "not configured",
            Self::Failed => "failed",
            Self::Undone => "undone",
            Self::Stuck => "needs an operator",
        }
    }
}

/// One step as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct ProvisionStep {
    pub name: StepName,
    pub state: StepState,
    /// What was made (a schema name, a folder), or why it failed. Never a secret.
    pub detail: String,
    pub attempts: i32,
    /// RFC 3339, UTC.
    pub finished_at: Option<String>,
    pub millis: Option<i64>,
}

/// A tenant as its own people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct TenantView {
    pub id: TenantId,
    pub name: String,
    pub state: TenantState,
    /// Why it is suspended or failed, in words.
    pub state_reason: Option<String>,
    pub profile: ProfileAnswer,
    pub steps: Vec<ProvisionStep>,
    /// Schema that holds its tables, once it exists.
    pub schema: Option<String>,
}

/// What the tenant answered when asked about its business.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "answer", content = "profile")]
pub enum ProfileAnswer {
    #[default]
    NotAsked,
    Skipped,
    Given(BusinessProfile),
}

/// The checklist of a new tenant; every tick is read from data, not from clicks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct HomeView {
    pub tenant: TenantView,
    pub checklist: Vec<ChecklistItem>,
    /// Connections that need a person, worst first; no more than a page shows.
    pub attention: Vec<Attention>,
    /// How many need a person in all.
    pub need_you: i64,
    pub connections: i64,
    pub rows: i64,
    /// RFC 3339, UTC: when rows last arrived.
    pub last_rows_at: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChecklistStep {
    Profile,
    Connect,
    SeeRows,
    Sync,
    Bundle,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct ChecklistItem {
    pub step: ChecklistStep,
    pub done: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Attention {
    pub connection: crate::ConnectionId,
    pub name: String,
    pub reason: String,
}
