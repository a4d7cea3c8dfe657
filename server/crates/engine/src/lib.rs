//! The embedded Airbyte: the public API over its own tables, connector runtimes, jobs and state.
//!
//! It knows workspaces, not the tenants of a product. Callers speak to it over HTTP with the `airbyte` client; the
//! server nests [`Engine::router`] at `/api/public/v1` and gives its queue worker to [`Engine::register`].

mod api;
mod auth;
mod config;
mod configured;
mod consent;
mod definitions;
mod discovery;
mod error;
mod extension;
mod jobs;
mod operation;
mod own;
mod parts;
mod problem;
mod rehearsal;
mod reseal;
mod rotation;
mod runtime;
mod schedule;
mod secrets;
mod streams;
mod tables;

use std::sync::Arc;

use axum::Router;
use sync::connector::Turns;
use tokio::sync::Semaphore;
use uuid::Uuid;

pub use auth::Credentials;
pub use config::{EngineConfig, IntegrationFiles, LocalConnector, PythonTools, UploadFolders};
pub use error::Error;
pub use jobs::SYNC_JOB;
pub use runtime::alone::connector as manifest_connector;

use definitions::Definitions;
use parts::Parts;
use runtime::Runtimes;

/// The engine; cheap to clone.
#[derive(Clone)]
pub struct Engine {
    parts: Arc<Parts>,
}

impl std::ops::Deref for Engine {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl Engine {
    /// Opens the engine on migrated tables. Makes its folders and, at the very first start, its own credentials.
    pub async fn new(config: EngineConfig) -> Result<Self, Error> {
        operation::sweep(&config.data_dir);
        let definitions = Definitions::load(
            &config.executables,
            &config.manifests,
            config.integrations.as_ref(),
        )?;
        let runtimes = Runtimes::open(&config)?;
        let operations = Arc::new(Semaphore::new(config.operations.max(1)));
        let programs = Semaphore::new(config.programs.max(1));
        let engine = Self {
            parts: Arc::new(Parts {
                config,
                definitions,
                runtimes,
                operations,
                programs,
                turns: Turns::default(),
            }),
        };
        engine.ensure_credentials(None).await?;
        Ok(engine)
    }

    /// The public API and the extension, relative to `/api/public/v1`.
    pub fn router(&self) -> Router {
        api::router()
            .merge(extension::router())
            .fallback(api::unknown)
            .with_state(self.clone())
    }

    /// Client credentials for all workspaces, or for one of them.
    pub async fn credentials(&self, workspace: Option<Uuid>) -> Result<Credentials, Error> {
        self.ensure_credentials(workspace).await
    }

    /// Lets this worker run the engine's jobs, after taking over those that died with an earlier process.
    pub fn register(&self, worker: &mut queue::Worker) {
        jobs::register(self, worker);
        consent::register(self, worker);
    }
}
