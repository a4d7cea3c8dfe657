//! What a connector may do, decided here and applied by the launcher.

pub mod files;
pub mod limits;
pub mod namespaces;
pub mod syscalls;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Program;
use crate::connector::{Level, Network, RunContext};

/// The policy of one run, handed to the launcher as one argument. It holds no secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Policy {
    pub level: Level,
    pub network: Network,
    /// The only folder it may write.
    pub private: PathBuf,
    /// Folders it may read besides the system's own.
    pub readable: Vec<PathBuf>,
    pub cpu_seconds: u64,
    pub file_bytes: u64,
    pub open_files: u64,
    pub processes: u64,
    /// Whether the first half of the launcher could make namespaces.
    pub isolated: bool,
    /// Whether `/proc` and the shared memory folder are the connector's own.
    pub covered: bool,
    /// Layers this machine does not offer, each with its reason.
    pub missing: Vec<String>,
}

impl Policy {
    pub fn new(program: &Program, folder: &Path, cx: &RunContext) -> Self {
        Self {
            level: cx.sandbox.level,
            network: cx.sandbox.network,
            private: folder.to_path_buf(),
            readable: program.readable.clone(),
            cpu_seconds: cx.limits.cpu.as_secs(),
            file_bytes: cx.limits.file_bytes,
            open_files: cx.limits.open_files,
            processes: cx.limits.processes,
            isolated: false,
            covered: false,
            missing: Vec::new(),
        }
    }

    pub fn to_argument(&self) -> String {
        serde_json::to_string(self).expect("plain data becomes JSON")
    }

    /// Notes a layer that could not be applied.
    pub fn lacks(&mut self, layer: &str, why: impl std::fmt::Display) {
        self.missing.push(format!("{layer}: {why}"));
    }
}

/// The launcher's word on the containment: the first line a connector's standard error carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub missing: Vec<String>,
    /// Why the connector was not started, if it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// Begins the report's line, so that it cannot be mistaken for the connector's words.
pub const REPORT_MARK: &str = "sandbox-report ";

impl Report {
    pub fn to_line(&self) -> String {
        format!(
            "{REPORT_MARK}{}\n",
            serde_json::to_string(self).expect("plain data becomes JSON")
        )
    }

    pub fn parse(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line.strip_prefix(REPORT_MARK.as_bytes())?).ok()
    }

    /// The level in one phrase, for the run's record.
    pub fn level(&self) -> String {
        if self.missing.is_empty() {
            "strict".to_owned()
        } else {
            format!("best effort (missing: {})", self.missing.join("; "))
        }
    }
}
