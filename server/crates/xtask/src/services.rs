//! Throw-away servers for tests: each on a free loopback port with a folder of its own, gone when dropped.

mod account;
pub mod memory;
pub mod mongodb;
pub mod mysql;
pub mod postgres;
pub mod redis;
pub mod s3;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{self, Child, Command},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use account::Account;

/// How long a server may take to start; a cold disk and a busy machine included.
const START_LIMIT: Duration = Duration::from_mins(1);
/// How long it may take to stop before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(10);
static SCRATCHES: AtomicU32 = AtomicU32::new(0);
const POLL: Duration = Duration::from_millis(50);

/// A running server, its folder, and how it is told to stop.
struct Server {
    name: &'static str,
    child: Child,
    dir: PathBuf,
}

impl Server {
    /// Starts the command with its output in `<dir>/server.log`; it ends with this process, however that ends.
    fn start(
        name: &'static str,
        dir: PathBuf,
        command: &Command,
        account: &Account,
    ) -> Result<Self> {
        let log = fs::File::create(dir.join("server.log"))?;
        let mut bound = Command::new("setpriv");
        bound
            .args(["--pdeathsig", "INT", "--"])
            .arg(command.get_program())
            .args(command.get_args());
        bound
            .current_dir(&dir)
            .stdin(std::process::Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        account.apply(&mut bound);
        let child = bound
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        Ok(Self { name, child, dir })
    }

    /// Waits until the server answers.
    fn wait_until(&mut self, ready: impl Fn() -> bool) -> Result<()> {
        let started = Instant::now();
        while !ready() {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended at once ({status}): {}", self.name, self.log());
            }
            if started.elapsed() > START_LIMIT {
                bail!(
                    "{} did not answer within {} s: {}",
                    self.name,
                    START_LIMIT.as_secs(),
                    self.log()
                );
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    fn log(&self) -> String {
        crate::child::last_lines(&self.dir.join("server.log"), 10)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let id = self.child.id().to_string();
        drop(Command::new("kill").args(["-INT", &id]).status());
        let asked = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && asked.elapsed() < STOP_LIMIT {
            thread::sleep(POLL);
        }
        // Already gone in the ordinary case; nothing is left to be saved in any case.
        drop(self.child.kill());
        drop(self.child.wait());
        drop(fs::remove_dir_all(&self.dir));
    }
}

/// A private folder for one server, owned by the account it runs as.
fn scratch(name: &str, account: &Account) -> Result<PathBuf> {
    scratch_in(&env::temp_dir(), name, account)
}

fn scratch_in(parent: &Path, name: &str, account: &Account) -> Result<PathBuf> {
    let number = SCRATCHES.fetch_add(1, Ordering::Relaxed);
    let dir = parent.join(format!("tributary-{name}-{}-{number}", process::id()));
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    fs::create_dir(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    make_private(&dir)?;
    account.give(&dir)?;
    Ok(dir)
}

fn make_private(dir: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?)
}

fn listens(port: u16) -> bool {
    std::net::TcpStream::connect_timeout(&([127, 0, 0, 1], port).into(), Duration::from_secs(1))
        .is_ok()
}
