//! What every operation of a connector is given: its folder, its limits, the way out to the network, where logs go.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use object_store::ObjectStore;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::declarative::Turns;
use crate::fault::Fault;
use crate::outbound::Outbound;

/// The surroundings of one operation (a check, a discovery, a read).
#[derive(Debug, Clone)]
pub struct RunContext {
    /// A private folder of this run, mode 0700. Connector programs may write only here.
    pub work_dir: PathBuf,
    /// The guarded way to HTTP servers and databases.
    pub outbound: Outbound,
    /// Uploaded files of the workspace, for `upload://` values; `None` refuses them.
    pub uploads: Option<Uploads>,
    pub limits: Limits,
    /// How connector programs are contained.
    pub sandbox: Sandbox,
    /// Ends the operation and every process it started.
    pub cancel: CancellationToken,
    /// Log lines of the connector, secrets removed. A closed receiver is fine.
    pub log: mpsc::Sender<LogLine>,
    /// New configurations a connector asks to keep (rotated tokens) during check, discover and samples. During read they
    /// come as CONTROL messages in the output.
    pub new_config: Option<mpsc::Sender<Value>>,
    /// Names of the configuration's secret fields ([`crate::process::secret_fields`] of the specification). Fields that
    /// tell by their name are taken for secret in any case.
    pub secret_fields: Vec<String>,
    /// What the run used, filled while it goes.
    pub usage: Arc<Usage>,
    /// Where its requests wait for their turn beside those of other runs of this process.
    pub turns: Turns,
    /// How much it tells in its log.
    pub detail: Detail,
}

impl RunContext {
    /// Runs the work unless the run is cancelled first; cancelling drops the work.
    pub async fn until_cancelled<T>(
        &self,
        work: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Fault::cancelled()),
            result = work => result,
        }
    }

    /// Adds a line to the run's log.
    pub async fn say(&self, level: &str, stream: Option<&str>, text: impl Into<String>) {
        let line = LogLine {
            level: level.to_owned(),
            stream: stream.map(str::to_owned),
            text: text.into(),
        };
        // Nobody reads the log: nothing to do about it.
        let _ = self.log.send(line).await;
    }

    /// The same for those who asked for details; for others the words are not even made.
    pub async fn debug(&self, stream: Option<&str>, text: impl FnOnce() -> String) {
        if self.detail == Detail::Full {
            self.say("DEBUG", stream, text()).await;
        }
    }
}

/// How much an operation tells in its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    #[default]
    Usual,
    /// What is asked of the source, too, and how it answers: built-in sources tell it, connector programs cannot be asked
    /// to without telling secrets.
    Full,
}

/// One line of a run's log, secrets already removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// FATAL, ERROR, WARN, INFO, DEBUG or TRACE.
    pub level: String,
    /// The stream it is about, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    pub text: String,
}

impl LogLine {
    /// One about no stream.
    pub fn info(text: &str) -> Self {
        Self {
            level: "INFO".to_owned(),
            stream: None,
            text: text.to_owned(),
        }
    }
}

/// Files a workspace uploaded: `upload://ID` is the object `<prefix>/ID` of this store.
#[derive(Debug, Clone)]
pub struct Uploads {
    pub store: Arc<dyn ObjectStore>,
    /// Folder of the workspace's uploads inside the store; an id is one object directly below it.
    pub prefix: object_store::path::Path,
}

/// Bounds of one operation. The defaults suit a small server; an operator may change them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Resident memory of a connector's whole process tree.
    pub memory_bytes: u64,
    /// Processor time of one connector process.
    pub cpu: Duration,
    /// Wall time of spec, check and discover.
    pub question: Duration,
    /// Wall time of a read.
    pub read: Duration,
    /// The longest pause before a request of a low-code source is tried again: a longer one ends the read with its fault.
    /// `None`: as long as the manifest says.
    pub patience: Option<Duration>,
    /// Longest silence of a connector program before it counts as hung.
    pub silence: Duration,
    /// Longest time between the last output and the exit.
    pub exit: Duration,
    /// Longest line of output.
    pub line_bytes: usize,
    /// All output of one read.
    pub total_bytes: u64,
    /// Largest file a connector may write.
    pub file_bytes: u64,
    /// Open files of one process.
    pub open_files: u64,
    /// Processes and threads of the tree.
    pub processes: u64,
    /// Size of a file the file source downloads.
    pub download_bytes: u64,
}

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 2 * GIB,
            cpu: Duration::from_hours(12),
            question: Duration::from_mins(10),
            read: Duration::from_hours(24),
            patience: None,
            silence: Duration::from_hours(1),
            exit: Duration::from_secs(20),
            line_bytes: 8 * 1024 * 1024,
            total_bytes: 1024 * GIB,
            file_bytes: 4 * GIB,
            open_files: 1024,
            processes: 256,
            download_bytes: 4 * GIB,
        }
    }
}

/// How connector programs are contained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sandbox {
    /// The program that calls `process::launcher::main` first thing: the server's own binary.
    pub launcher: PathBuf,
    pub level: Level,
    pub network: Network,
}

impl Sandbox {
    /// The running binary as launcher, whatever containment this machine offers.
    pub fn best_effort() -> Self {
        Self {
            launcher: PathBuf::from("/proc/self/exe"),
            level: Level::BestEffort,
            network: Network::Open,
        }
    }
}

/// What to do when a layer of the containment is missing on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Refuse to run.
    Strict,
    /// Run, and say what is missing.
    BestEffort,
}

/// What a connector program may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    Open,
    /// Nothing at all: a network namespace of its own.
    None,
}

/// What a run used, readable while it goes.
#[derive(Debug, Default)]
pub struct Usage {
    peak_memory: AtomicU64,
    sandbox: OnceLock<String>,
}

impl Usage {
    /// The largest resident memory seen of the connector's process tree, in bytes. Zero for built-in sources.
    pub fn peak_memory(&self) -> u64 {
        self.peak_memory.load(Ordering::Relaxed)
    }

    pub(crate) fn saw_memory(&self, bytes: u64) {
        self.peak_memory.fetch_max(bytes, Ordering::Relaxed);
    }

    /// The containment reached: "strict", "best effort (missing: …)"; `None` for built-in sources.
    pub fn sandbox(&self) -> Option<&str> {
        self.sandbox.get().map(String::as_str)
    }

    pub(crate) fn reached(&self, level: String) {
        // The first report stands: one run, one sandbox.
        let _ = self.sandbox.set(level);
    }
}
