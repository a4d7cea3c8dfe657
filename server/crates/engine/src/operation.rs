//! The surroundings of one operation of a connector: its turn, its private folder, its log, its hold on the source.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use airbyte::extension::JobRuntime;
use serde_json::Value;
use sync::connector::{Connector, Detail, LogLine, RunContext, Uploads, Usage};
use sync::fault::Fault;
use sync::process::secret_fields;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use crate::config::UploadFolders;
use crate::definitions::Definition;
use crate::error::Failure;
use crate::tables::{sources, workspaces};
use crate::{Engine, Error};

/// Log lines waiting to be kept. A connector that talks faster waits for us.
const LOG_LINES: usize = 1024;
/// How long a hold lasts unless renewed.
const HOLD: Duration = Duration::from_mins(1);
/// How long a question waits for its source. Longer than a hold outlives a process that broke off, and much shorter than the
/// hours that a sync may have it: somebody waits for the answer.
const PATIENCE: Duration = Duration::from_mins(2);
/// Older folders of processes that can't be seen from here are left-overs.
const LONGEST_RUN: Duration = Duration::from_hours(72);

/// One operation. Dropping it cancels what still runs and removes its folder.
pub struct Operation {
    pub cx: RunContext,
    pub log: mpsc::Receiver<LogLine>,
    pub new_config: mpsc::Receiver<Value>,
    _cancel: DropGuard,
    _folder: Folder,
}

/// A connector with the configuration it is to be asked with.
pub struct Prepared {
    pub connector: Connector,
    pub config: Value,
    pub secret_fields: Vec<String>,
}

impl Engine {
    /// The surroundings for an operation in a workspace (for its uploads).
    pub(crate) async fn operation(
        &self,
        workspace: Option<Uuid>,
        cancel: &CancellationToken,
    ) -> Result<Operation, Error> {
        let folder = Folder::create(&self.config.data_dir.join("engine/runs"))?;
        let (log_sender, log) = mpsc::channel(LOG_LINES);
        let (config_sender, new_config) = mpsc::channel(4);
        let cancel = cancel.child_token();
        let cx = RunContext {
            work_dir: folder.0.clone(),
            outbound: self.config.outbound.clone(),
            uploads: self.uploads(workspace).await?,
            limits: self.config.limits.clone(),
            sandbox: self.config.sandbox.clone(),
            cancel: cancel.clone(),
            log: log_sender,
            new_config: Some(config_sender),
            secret_fields: Vec::new(),
            usage: Arc::new(Usage::default()),
            turns: self.turns.of(workspace.unwrap_or_default()),
            detail: Detail::Usual,
        };
        Ok(Operation {
            cx,
            log,
            new_config,
            _cancel: cancel.drop_guard(),
            _folder: folder,
        })
    }

    async fn uploads(&self, workspace: Option<Uuid>) -> Result<Option<Uploads>, Error> {
        let (Some(UploadFolders { store, folder }), Some(workspace)) =
            (&self.config.uploads, workspace)
        else {
            return Ok(None);
        };
        let row = workspaces::find(&self.config.pool, None, workspace).await?;
        Ok(row.map(|row| Uploads {
            store: store.clone(),
            prefix: folder(&row.name),
        }))
    }

    /// The connector of a definition, its secrets' names and the configuration to ask with.
    pub(crate) async fn prepare(
        &self,
        definition: &Definition,
        config: Value,
        cancel: &CancellationToken,
        tell: impl FnMut(&str),
    ) -> Result<Prepared, Failure> {
        self.prepare_with(JobRuntime::Own, definition, config, cancel, tell)
            .await
    }

    /// The same with a runtime of the caller's choice.
    pub(crate) async fn prepare_with(
        &self,
        runtime: JobRuntime,
        definition: &Definition,
        config: Value,
        cancel: &CancellationToken,
        tell: impl FnMut(&str),
    ) -> Result<Prepared, Failure> {
        let connector = self.connector(runtime, definition, cancel, tell).await?;
        let spec = self.specification(definition, &connector).await?;
        let secret_fields = secret_fields(&spec.connection_specification);
        Ok(Prepared {
            connector,
            config,
            secret_fields,
        })
    }

    /// Waits until no other operation of a source with rotating tokens runs, then keeps others out. The configuration
    /// must be read afterwards.
    pub(crate) async fn hold_source(
        &self,
        source: &sources::Row,
        cancel: &CancellationToken,
    ) -> Result<Option<Hold>, Failure> {
        if !source.rotates {
            return Ok(None);
        }
        loop {
            if let Some(hold) = self.hold_now(source).await? {
                return Ok(Some(hold));
            }
            tokio::select! {
                () = cancel.cancelled() => return Err(Fault::cancelled().into()),
                () = tokio::time::sleep(Duration::from_millis(500)) => {}
            }
        }
    }

    /// `None` while another operation of the source runs.
    async fn hold_now(&self, source: &sources::Row) -> Result<Option<Hold>, Failure> {
        let holder = Uuid::now_v7();
        let pool = &self.config.pool;
        let is_held = sources::hold(pool, source.id, holder, HOLD.as_secs_f64()).await?;
        Ok(is_held.then(|| Hold::keep(self.clone(), source.id, holder)))
    }

    /// The turn of a question that somebody waits for: its source, if it has one with rotating tokens, and a place. Nobody
    /// has one of them while waiting for the other, or questions about a source that is being synced would take the places
    /// of those about others, and one that waits for a place would keep its source from being synced. The configuration
    /// must be read afterwards.
    pub(crate) async fn turn(
        &self,
        source: Option<&sources::Row>,
        cancel: &CancellationToken,
    ) -> Result<Turn, Failure> {
        let Some(source) = source.filter(|source| source.rotates) else {
            let place = self.place(cancel).await?;
            return Ok(Turn::of(None, place));
        };
        loop {
            let hold = soon(PATIENCE, self.hold_source(source, cancel)).await?;
            if let Ok(place) = self.operations.clone().try_acquire_owned() {
                return Ok(Turn::of(hold, place));
            }
            drop(hold);
            let place = self.place(cancel).await?;
            if let Some(hold) = self.hold_now(source).await? {
                return Ok(Turn::of(Some(hold), place));
            }
        }
    }

    async fn place(&self, cancel: &CancellationToken) -> Result<OwnedSemaphorePermit, Fault> {
        tokio::select! {
            () = cancel.cancelled() => Err(Fault::cancelled()),
            place = self.operation_permit() => place,
        }
    }

    /// A place among the operations this process runs at once.
    pub(crate) async fn operation_permit(&self) -> Result<OwnedSemaphorePermit, Fault> {
        let permit = self.operations.clone().acquire_owned();
        permit.await.map_err(|_| Fault::cancelled())
    }
}

/// A source is not waited for to the end of its sync: that is told instead.
async fn soon<T>(
    patience: Duration,
    held: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let held = tokio::time::timeout(patience, held).await;
    held.unwrap_or_else(|_| Err(being_synced().into()))
}

fn being_synced() -> Fault {
    Fault::timeout(
        "This source is being synced at this moment, and only one can use its sign-in at a time. \
         Try again when the run is over.",
    )
}

/// A question's turn. Dropping it lets the next one in.
pub struct Turn {
    _hold: Option<Hold>,
    _place: OwnedSemaphorePermit,
}

impl Turn {
    const fn of(hold: Option<Hold>, place: OwnedSemaphorePermit) -> Self {
        Self {
            _hold: hold,
            _place: place,
        }
    }
}

/// A hold on a source. Dropping it lets the next operation in.
pub struct Hold {
    _renewal: DropGuard,
}

impl Hold {
    fn keep(engine: Engine, source: Uuid, holder: Uuid) -> Self {
        let over = CancellationToken::new();
        let renewal = over.clone().drop_guard();
        tokio::spawn(async move {
            let pool = &engine.config.pool;
            loop {
                tokio::select! {
                    () = over.cancelled() => break,
                    () = tokio::time::sleep(HOLD / 4) => {}
                }
                if let Err(error) = sources::hold(pool, source, holder, HOLD.as_secs_f64()).await {
                    tracing::warn!(%error, source.id = %source, "the hold on a source could not be renewed; trying again");
                }
            }
            // Left in place it would end by itself a minute later.
            if let Err(error) = sources::release(pool, source, holder).await {
                tracing::warn!(%error, source.id = %source, "the hold on a source could not be given back");
            }
        });
        Self { _renewal: renewal }
    }
}

/// A private folder, gone with the operation.
struct Folder(PathBuf);

impl Folder {
    fn create(root: &Path) -> Result<Self, Error> {
        use std::os::unix::fs::DirBuilderExt;
        let path = root.join(format!(
            "{}-{}-{}",
            processes(),
            std::process::id(),
            Uuid::now_v7().simple()
        ));
        let failed = |source| Error::Folder {
            path: path.clone(),
            source,
        };
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .map_err(failed)?;
        // Connectors are told absolute paths.
        path.canonicalize().map(Self).map_err(failed)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "the folder of an operation could not be removed");
        }
    }
}

/// Names the set of processes that can see each other: containers may share the folder, but not their numbers.
fn processes() -> String {
    let link = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    link.to_string_lossy()
        .chars()
        .filter(char::is_ascii_digit)
        .collect()
}

/// Removes folders of processes that are gone, as far as that can be told from here.
pub fn sweep(data_dir: &Path) {
    let Ok(entries) = std::fs::read_dir(data_dir.join("engine/runs")) else {
        return;
    };
    for entry in entries.flatten() {
        if is_abandoned(&entry)
            && let Err(error) = std::fs::remove_dir_all(entry.path())
        {
            tracing::warn!(%error, folder = %entry.path().display(), "an old folder could not be removed");
        }
    }
}

fn is_abandoned(entry: &std::fs::DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy().into_owned();
    let mut parts = name.split('-');
    let (set, pid) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    if set == processes() {
        return pid != std::process::id().to_string() && !Path::new("/proc").join(pid).exists();
    }
    // No run lasts this long.
    let age = entry
        .metadata()
        .and_then(|found| found.modified())
        .ok()
        .and_then(|at| at.elapsed().ok());
    age.is_some_and(|age| age > LONGEST_RUN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_asks_about_a_source_that_is_being_synced_is_told_so() {
        let synced = std::future::pending::<Result<(), Failure>>();
        let told = soon(Duration::from_millis(1), synced).await.unwrap_err();
        let fault = told.into_fault();
        assert!(fault.is_transient(), "{fault}");
        for words in [
            "is being synced at this moment",
            "Try again when the run is over",
        ] {
            assert!(fault.message.contains(words), "{fault}");
        }
        let free = soon(PATIENCE, std::future::ready(Ok(7))).await;
        assert_eq!(free.unwrap(), 7);
    }
}
