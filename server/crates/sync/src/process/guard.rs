//! Owns a started connector: whatever happens to the run, nothing of the connector outlives this value.

use std::ffi::OsString;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use super::contain::Policy;
use super::{Program, launcher, tree};
use crate::connector::RunContext;
use crate::fault::Fault;

/// A connector that is running.
///
/// Between us and the connector stands the launcher: it is the reaper of everything the connector starts, and it ends
/// all of it when its standard input, the lifeline we hold, closes. So even our own sudden death leaves nothing behind.
#[derive(Debug)]
pub struct Guard {
    child: Child,
    lifeline: Option<ChildStdin>,
    pid: i32,
    ended: bool,
}

/// The two ends that are read.
#[derive(Debug)]
pub struct Pipes {
    pub stdout: ChildStdout,
    pub stderr: ChildStderr,
}

impl Guard {
    /// Starts the program below the launcher, with an empty environment but for the few variables named here, its own, and
    /// those that tell its way out.
    pub fn start(
        program: &Program,
        question: &[OsString],
        ways: &[(String, String)],
        folder: &Path,
        cx: &RunContext,
    ) -> Result<(Self, Pipes), Fault> {
        let policy = Policy::new(program, folder, cx);
        let mut command = Command::new(&cx.sandbox.launcher);
        command
            .arg(launcher::COMMAND)
            .arg(policy.to_argument())
            .arg(&program.command)
            .args(&program.args)
            .args(question)
            .args(options(program, question))
            .env_clear()
            .envs(environment(folder, cx))
            .envs(program.env.iter().chain(ways).cloned())
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| {
            Fault::bug("The connector could not be started.").with_detail(error.to_string())
        })?;
        let pid = child
            .id()
            .and_then(|pid| i32::try_from(pid).ok())
            .ok_or_else(|| Fault::bug("The connector ended before it began."))?;
        let lifeline = child.stdin.take();
        let (stdout, stderr) = child
            .stdout
            .take()
            .zip(child.stderr.take())
            .expect("both were asked for as pipes");
        Ok((
            Self {
                child,
                lifeline,
                pid,
                ended: false,
            },
            Pipes { stdout, stderr },
        ))
    }

    /// Memory and tasks of the connector now.
    pub fn weigh(&self) -> tree::Weight {
        tree::weigh(self.pid)
    }

    /// Waits for the end, at most this long. `None` means it is still there.
    pub async fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        let status = tokio::time::timeout(patience, self.child.wait())
            .await
            .ok()?
            .ok();
        self.ended = status.is_some();
        status
    }

    /// Ends everything now, and returns when the launcher is gone.
    pub async fn kill(mut self) {
        self.cut();
        // The launcher was killed; collecting it cannot take long.
        let _ = self.wait(Duration::from_secs(5)).await;
    }

    fn cut(&mut self) {
        drop(self.lifeline.take());
        if !tree::kill_below(self.pid) {
            tracing::error!(
                launcher.pid = self.pid,
                "a connector keeps starting processes faster than they are ended"
            );
        }
        // Its children first, so that none is orphaned past the launcher.
        let _ = self.child.start_kill();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.ended {
            self.cut();
        }
    }
}

/// The specification is asked for without any: it is that of the program itself.
fn options<'a>(program: &'a Program, question: &[OsString]) -> &'a [OsString] {
    if question.len() == 1 {
        &[]
    } else {
        &program.options
    }
}

/// The whole environment of a connector; nothing of ours is handed on.
fn environment(folder: &Path, cx: &RunContext) -> Vec<(&'static str, String)> {
    let inside = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let mut variables = vec![
        ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
        ("LANG", "C.UTF-8".to_owned()),
        ("HOME", inside("home")),
        ("TMPDIR", inside("tmp")),
        ("PYTHONDONTWRITEBYTECODE", "1".to_owned()),
        ("PYTHONUTF8", "1".to_owned()),
    ];
    if cx.outbound.is_public_only() {
        // Python connectors then refuse private addresses and plain HTTP by themselves.
        variables.push(("DEPLOYMENT_MODE", "cloud".to_owned()));
    }
    variables
}
