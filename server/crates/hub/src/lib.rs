//! The use cases: who may do what, in which order, in which transaction. Every door (page, REST, command, job) leads here.

pub mod accounts;
mod acts;
pub mod admin;
pub mod api_keys;
pub mod apps;
pub mod audit;
pub mod bundle;
pub mod catalogue;
pub mod clock;
pub mod connections;
pub mod consent;
mod engine;
pub mod error;
pub mod flags;
pub mod forms;
pub mod health;
pub mod home;
pub mod integrations;
mod jobs;
pub mod key_rotation;
pub mod links;
pub mod mail;
pub mod names;
mod offer;
pub mod own;
mod passwords;
pub mod provision;
pub mod recommend;
pub mod redis;
pub mod rehearsal;
mod route;
pub mod routes;
pub mod runs;
pub mod samples;
pub mod schedules;
pub mod scope;
pub mod sessions;
mod specs;
pub mod storage;
pub mod streams;
mod sweep;
pub mod tenant_db;
pub mod tenants;
pub mod tests;
mod tidy;
pub mod uploads;
pub mod webhooks;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use seal::KeyRing;
use store::{Store, self_check::OldServer};

pub use clock::Clock;
pub use engine::OnePlace;
pub use error::Error;
pub use offer::Offer;
pub use scope::{Actor, Client, Permission, PlatformScope, Scope};

/// Which Airbyte moves the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Ours, in this process or one like it: it reaches databases the way the hub does.
    Embedded,
    /// One elsewhere: it reaches the tenant database by its external address.
    Remote,
}

/// What the hub is built from, once, at start.
#[derive(Debug)]
pub struct HubParts {
    pub store: Store,
    pub keys: KeyRing,
    pub tenant_db: tenant_db::TenantDb,
    pub storage: storage::Storage,
    pub redis: Option<redis::Redis>,
    pub mail: mail::Mail,
    pub airbyte: airbyte::Client,
    pub engine: Engine,
    /// The one workspace of an Airbyte elsewhere that has no others: for one tenant.
    pub only_workspace: Option<uuid::Uuid>,
    /// The destination in it that is used as it is.
    pub only_destination: Option<uuid::Uuid>,
    /// The engine in this process: the direct way to sources. The same as `airbyte` where no other one is set up.
    pub direct: airbyte::Client,
    /// Scheme and host that people use, without a slash at the end.
    pub public_url: String,
    pub clock: Clock,
    pub old_postgres: OldServer,
    pub upload_limit_bytes: u64,
    /// How signing in at providers works.
    pub providers: oauth::Providers,
    /// Accounts elsewhere that people may sign in with.
    pub logins: Vec<oauth::Login>,
    /// The guarded way out, for the hub's own calls to providers.
    pub outbound: sync::outbound::Outbound,
    /// An operator's types for integration YAML.
    pub integration_types: Option<PathBuf>,
}

/// The hub. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Hub {
    parts: Arc<HubParts>,
    passwords: passwords::Passwords,
    offer: Arc<offer::Kept>,
    connectors: Arc<engine::Connectors>,
    names: Arc<names::Remembered>,
}

impl Hub {
    pub fn new(parts: HubParts) -> Result<Self, Error> {
        Ok(Self {
            parts: Arc::new(parts),
            passwords: passwords::Passwords::new(),
            offer: Arc::default(),
            connectors: Arc::default(),
            names: Arc::default(),
        })
    }

    pub fn store(&self) -> &Store {
        &self.parts.store
    }

    pub fn keys(&self) -> &KeyRing {
        &self.parts.keys
    }

    pub fn tenant_db(&self) -> &tenant_db::TenantDb {
        &self.parts.tenant_db
    }

    pub fn only_workspace(&self) -> Option<uuid::Uuid> {
        self.parts.only_workspace
    }

    pub fn only_destination(&self) -> Option<uuid::Uuid> {
        self.parts.only_destination
    }

    pub fn storage(&self) -> &storage::Storage {
        &self.parts.storage
    }

    pub fn redis(&self) -> Option<&redis::Redis> {
        self.parts.redis.as_ref()
    }

    pub fn mail(&self) -> &mail::Mail {
        &self.parts.mail
    }

    pub fn airbyte(&self) -> &airbyte::Client {
        &self.parts.airbyte
    }

    /// The engine in this process.
    pub(crate) fn direct(&self) -> &airbyte::Client {
        &self.parts.direct
    }

    pub(crate) fn connectors(&self) -> &engine::Connectors {
        &self.connectors
    }

    pub(crate) fn names(&self) -> &names::Remembered {
        &self.names
    }

    pub fn engine(&self) -> Engine {
        self.parts.engine
    }

    /// An operator's types for integration YAML.
    pub fn integration_types(&self) -> Option<&Path> {
        self.parts.integration_types.as_deref()
    }

    pub fn public_url(&self) -> &str {
        &self.parts.public_url
    }

    pub fn clock(&self) -> &Clock {
        &self.parts.clock
    }

    pub fn old_postgres(&self) -> OldServer {
        self.parts.old_postgres
    }

    pub fn upload_limit_bytes(&self) -> u64 {
        self.parts.upload_limit_bytes
    }

    pub fn providers(&self) -> &oauth::Providers {
        &self.parts.providers
    }

    pub fn logins(&self) -> &[oauth::Login] {
        &self.parts.logins
    }

    pub(crate) fn outbound(&self) -> &sync::outbound::Outbound {
        &self.parts.outbound
    }

    pub(crate) fn offer(&self) -> &offer::Kept {
        &self.offer
    }

    pub(crate) fn passwords(&self) -> &passwords::Passwords {
        &self.passwords
    }
}

/// Registers the handlers of runs, which last: with a worker that nothing else waits for.
pub fn register_runs(hub: &Hub, worker: &mut queue::Worker) {
    jobs::register_runs(hub, worker);
}

/// Registers the handlers of what asks connectors something: with a worker that nothing short waits for.
pub fn register_questions(hub: &Hub, worker: &mut queue::Worker) {
    jobs::register_questions(hub, worker);
}

/// Registers the other handlers of this part with a worker.
pub fn register(hub: &Hub, worker: &mut queue::Worker) {
    provision::register(hub, worker);
    tidy::register(hub, worker);
    jobs::register(hub, worker);
}
