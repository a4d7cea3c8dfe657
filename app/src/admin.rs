//! The operator's console: all tenants, the health of every part, the audit trail. Its acts are recorded like all others.

pub mod api;
mod audit;
mod connections;
mod console;
mod delete;
mod ended;
mod health;
mod new;
mod rehearsals;
mod steps;
mod suspend;
mod tenant;
mod tenants;
mod undo;
mod words;

pub use audit::AuditPage;
pub use connections::ConnectionsPage;
pub use console::Console;
pub use delete::DeletePage;
pub use health::HealthPage;
pub use new::NewTenantPage;
pub use rehearsals::{RehearsalPage, RehearsalsPage};
pub use suspend::SuspendPage;
pub use tenant::TenantPage;
pub use tenants::TenantsPage;
pub use undo::UndoPage;
