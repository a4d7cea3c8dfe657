//! What the engine is built from. Settings are read elsewhere; here they have types.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::ObjectStore;
use seal::Sealer;
use serde::Deserialize;
use sqlx::PgPool;
use sync::connector::{Limits, Sandbox};
use sync::outbound::Outbound;

/// Everything the engine needs.
pub struct EngineConfig {
    /// The control database, with the schema `engine` and the queue's tables.
    pub pool: PgPool,
    /// Key of the engine's own secrets: `KeyRing::platform("engine")`.
    pub sealer: Sealer,
    /// Its folders are made below: `engine/python`, `engine/runs`.
    pub data_dir: PathBuf,
    /// The guarded way out, for built-in sources and destinations.
    pub outbound: Outbound,
    pub limits: Limits,
    pub sandbox: Sandbox,
    /// Uploaded files for `upload://` values; `None` refuses them.
    pub uploads: Option<UploadFolders>,
    /// Connector programs an operator allows.
    pub executables: Vec<LocalConnector>,
    /// Low-code manifests an operator added.
    pub manifests: Vec<LocalConnector>,
    /// An integration YAML whose HTTP APIs become connectors.
    pub integrations: Option<IntegrationFiles>,
    pub python: PythonTools,
    /// Databases of this installation: destinations that may be called although private.
    pub own_databases: Vec<(String, u16)>,
    /// Pause before the second attempt of a job; twice as long before the third.
    pub retry_pause: Duration,
    /// How signing in at providers works.
    pub providers: oauth::Providers,
    /// The base of the API as people's browsers reach it: providers send them back below it.
    pub public_base: String,
    /// Operations (check, discovery, sample) at once in this process.
    pub operations: usize,
    /// Syncs at once in this process whose connector is a program of its own; those of built-in sources cost little.
    pub programs: usize,
}

/// Where the uploads of each workspace are.
#[derive(Clone)]
pub struct UploadFolders {
    pub store: Arc<dyn ObjectStore>,
    /// The folder of the workspace with this name.
    pub folder: Arc<dyn Fn(&str) -> object_store::path::Path + Send + Sync>,
}

/// A connector on this machine: a program, or a manifest that needs none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalConnector {
    /// Shown to people, and the source type of the API.
    pub name: String,
    /// Absolute path.
    pub path: PathBuf,
}

/// An integration YAML, and the custom types it may use.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct IntegrationFiles {
    /// Absolute path.
    pub document: PathBuf,
    pub types: Option<PathBuf>,
}

/// What installs Python connectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonTools {
    /// The `uv` program; a bare name is looked for on PATH.
    pub uv: PathBuf,
    /// Variables uv may see (PATH, HOME, proxies, registry settings). Everything else is withheld.
    pub env: Vec<(String, String)>,
}

impl Default for PythonTools {
    fn default() -> Self {
        Self {
            uv: PathBuf::from("uv"),
            env: Vec::new(),
        }
    }
}
