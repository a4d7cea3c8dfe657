//! What every clone of the engine shares.

use std::sync::Arc;

use sync::connector::Turns;
use tokio::sync::Semaphore;

use crate::config::EngineConfig;
use crate::definitions::Definitions;
use crate::runtime::Runtimes;

/// Reached through [`crate::Engine`].
pub struct Parts {
    pub(crate) config: EngineConfig,
    pub(crate) definitions: Definitions,
    pub(crate) runtimes: Runtimes,
    /// Places for checks, discoveries and samples in this process.
    pub(crate) operations: Arc<Semaphore>,
    /// Places for syncs by connector programs.
    pub(crate) programs: Semaphore,
    /// The lines that requests of all workspaces wait in.
    pub(crate) turns: Turns,
}
