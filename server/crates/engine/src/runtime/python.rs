//! Python connectors: one virtual environment for each connector and version, whole or not there at all.
//!
//! An environment is made in a folder beside its place and renamed when it is complete, so a crash leaves nothing that
//! could be taken for one. A lock file keeps the processes that share the data folder apart.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::PgPool;
use sync::fault::Fault;

use super::install;
use crate::Error;
use crate::config::PythonTools;
use crate::definitions::Package;
use crate::tables::environments;

/// A failed installation is tried again by the next request after this long.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(30);
/// Whether anything can be installed is asked again after this long: an operator may have put right what was missing.
const ASK_AGAIN: Duration = Duration::from_mins(3);
/// How often to look whether another process has finished the same installation.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How far an environment is.
#[derive(Debug, Clone)]
pub enum Progress {
    Ready,
    Preparing(String),
    Failed(Fault),
}

/// The environments of this machine.
#[derive(Clone)]
pub struct Environments {
    root: PathBuf,
    machine: Arc<str>,
    tools: Arc<PythonTools>,
    states: Arc<Mutex<HashMap<PathBuf, State>>>,
    /// Whether the program that installs starts, and when that was asked.
    installer: Arc<tokio::sync::Mutex<Option<(Instant, bool)>>>,
}

enum State {
    Preparing(String),
    Failed(Fault, Instant),
}

impl Environments {
    pub fn open(data_dir: &Path, tools: &PythonTools) -> Result<Self, Error> {
        let root = data_dir.join("engine/python");
        let folder = |source| Error::Folder {
            path: root.clone(),
            source,
        };
        std::fs::create_dir_all(&root).map_err(folder)?;
        let root = root.canonicalize().map_err(folder)?;
        let machine = machine(&root).map_err(folder)?;
        Ok(Self {
            root,
            machine: machine.into(),
            tools: Arc::new(tools.clone()),
            states: Arc::default(),
            installer: Arc::default(),
        })
    }

    /// Where the environment is when it is ready.
    pub fn folder(&self, package: &Package) -> PathBuf {
        self.root
            .join(format!("{}-{}", package.package, package.version))
    }

    /// Whether what is not there can be installed, as far as that is known without trying.
    pub async fn can_install(&self) -> bool {
        let mut known = self.installer.lock().await;
        if let Some((at, can)) = *known
            && at.elapsed() < ASK_AGAIN
        {
            return can;
        }
        let can = install::can_start(&self.tools).await;
        *known = Some((Instant::now(), can));
        can
    }

    /// How far it is; begins the installation when there is none.
    pub fn ensure(&self, pool: &PgPool, package: &Package) -> Progress {
        let folder = self.folder(package);
        if folder.is_dir() {
            return Progress::Ready;
        }
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        match states.get(&folder) {
            Some(State::Preparing(detail)) => return Progress::Preparing(detail.clone()),
            Some(State::Failed(fault, at)) if at.elapsed() < REST_AFTER_FAILURE => {
                return Progress::Failed(fault.clone());
            }
            _ => {}
        }
        let detail = format!(
            "Installing the connector. It takes about {} MB and is done once.",
            package.disk_mb.max(1)
        );
        states.insert(folder.clone(), State::Preparing(detail.clone()));
        drop(states);
        let (environments, pool, package) = (self.clone(), pool.clone(), package.clone());
        tokio::spawn(async move { environments.prepare(&pool, &package, &folder).await });
        Progress::Preparing(detail)
    }

    async fn prepare(&self, pool: &PgPool, package: &Package, folder: &Path) {
        self.record(pool, package, "preparing", "Being installed.")
            .await;
        let result = self
            .complete(package, &|detail| self.tell(folder, detail))
            .await;
        let (state, detail) = match &result {
            Ok(()) => ("ready", "Installed.".to_owned()),
            Err(fault) => ("failed", fault.to_string()),
        };
        self.record(pool, package, state, &detail).await;
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(()) => states.remove(folder),
            Err(fault) => {
                tracing::warn!(package = package.package, version = package.version, %fault, "a connector could not be installed");
                states.insert(folder.to_owned(), State::Failed(fault, Instant::now()))
            }
        };
    }

    /// Installs what is not there, unless another process on this data folder does so already: then waits for its result.
    pub async fn complete(&self, package: &Package, tell: &install::Tell<'_>) -> Result<(), Fault> {
        let folder = &self.folder(package);
        if folder.is_dir() {
            return Ok(());
        }
        let lock = File::create(beside(folder, "lock")).map_err(|error| disk(&error))?;
        while lock.try_lock().is_err() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        if folder.is_dir() {
            return Ok(());
        }
        let part = beside(folder, "part");
        // What an earlier attempt left is of no use: it may lack any file.
        if part.exists() {
            tokio::fs::remove_dir_all(&part)
                .await
                .map_err(|error| disk(&error))?;
        }
        install::install(&self.tools, package, &part, tell).await?;
        tokio::fs::rename(&part, folder)
            .await
            .map_err(|error| disk(&error))
    }

    /// What waiting callers see.
    fn tell(&self, folder: &Path, detail: &str) {
        let state = State::Preparing(detail.to_owned());
        self.states
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(folder.to_owned(), state);
    }

    /// For operators; the folder is the truth.
    async fn record(&self, pool: &PgPool, package: &Package, state: &str, detail: &str) {
        let saved = environments::save(
            pool,
            &self.machine,
            &package.package,
            &package.version,
            state,
            detail,
        )
        .await;
        if let Err(error) = saved {
            tracing::warn!(%error, "the state of a connector's installation could not be recorded");
        }
    }
}

fn disk(error: &std::io::Error) -> Fault {
    Fault::bug("The connector could not be put on this server's disk. Ask its operator to look at free space and rights of the data folder.")
        .with_detail(error.to_string())
}

/// A path beside the folder: `name-1.2.3.part`. Versions hold dots, so this is no file extension to replace.
fn beside(folder: &Path, suffix: &str) -> PathBuf {
    let mut path = folder.as_os_str().to_owned();
    path.push(".");
    path.push(suffix);
    path.into()
}

/// A name for the machine that owns the folder, made once.
fn machine(root: &Path) -> std::io::Result<String> {
    let path = root.join("machine");
    match std::fs::read_to_string(&path) {
        Ok(name) if !name.trim().is_empty() => Ok(name.trim().to_owned()),
        _ => {
            let name = uuid::Uuid::now_v7().to_string();
            std::fs::write(&path, &name)?;
            Ok(name)
        }
    }
}
