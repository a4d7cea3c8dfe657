//! One PostgreSQL cluster of ours: made once, run on a steady loopback port, shared by the processes of a data folder,
//! started again when it ends, and stopped by whoever leaves last.

mod make;
mod process;

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::bail;
use secrecy::SecretString;

use super::{account::Account, binaries, turns::Turns};
use crate::config::OldPostgres;

/// A first start replays nothing and takes a second; after a power cut recovery may take longer.
const START_LIMIT: Duration = Duration::from_mins(2);
/// How often a server that starts is looked at: it tells by its pid file only.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A running cluster, as one of the processes that use it.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    log: PathBuf,
    programs: PathBuf,
    account: Account,
    turns: Turns,
    /// The server, when this process started it.
    child: Option<Child>,
    left: bool,
    pub port: u16,
}

/// What a look at the server found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Running,
    /// It had ended, and runs again.
    Restarted,
}

impl Cluster {
    /// Joins the cluster of `data_dir`, making and starting it first when needed. `password` becomes the superuser's.
    pub fn open(
        data_dir: &Path,
        password: &SecretString,
        old: OldPostgres,
    ) -> anyhow::Result<Self> {
        let programs = binaries::find()?;
        binaries::check_version(binaries::version(&programs)?, old)?;
        let account = Account::choose()?;
        let folder = account.home(data_dir)?;
        let turns = Turns::join(data_dir)?;
        let turn = turns.take()?;
        if !folder.join("PG_VERSION").exists() {
            make::make(&folder, &programs, account, password)?;
        }
        make::check_same_major(&folder, &programs)?;
        // The port of one that runs is its own matter; it is told below.
        let port = if process::is_alive(&folder) {
            0
        } else {
            process::steady_port(&folder)?
        };
        let mut cluster = Self {
            log: data_dir.join("postgres.log"),
            port,
            folder,
            programs,
            account,
            turns,
            child: None,
            left: false,
        };
        cluster.run()?;
        drop(turn);
        Ok(cluster)
    }

    /// Starts the server again if it ended, on the port that everybody noted.
    pub fn revive(&mut self) -> anyhow::Result<Found> {
        // Waiting for a child that ended lets go of its process id.
        let ended = match &mut self.child {
            Some(child) => child.try_wait()?.is_some(),
            None => !process::is_alive(&self.folder),
        };
        if !ended {
            return Ok(Found::Running);
        }
        self.child = None;
        let turn = self.turns.take()?;
        let port = self.port;
        self.run()?;
        drop(turn);
        if self.port != port {
            bail!(
                "PostgreSQL runs on port {}, not on {port} any more; restart the hub",
                self.port
            );
        }
        Ok(Found::Restarted)
    }

    /// Leaves the cluster. The last one stops it in an orderly way: open transactions are rolled back.
    pub fn leave(mut self) -> anyhow::Result<()> {
        self.leave_now()
    }

    fn leave_now(&mut self) -> anyhow::Result<()> {
        self.left = true;
        let turn = self.turns.take()?;
        if self.turns.alone()? && process::is_alive(&self.folder) {
            self.stop()?;
        }
        drop(turn);
        Ok(())
    }

    fn stop(&mut self) -> anyhow::Result<()> {
        let mut command = Command::new(self.programs.join("pg_ctl"));
        command
            .arg("stop")
            .arg("-D")
            .arg(&self.folder)
            .args(["-m", "fast", "-w", "-t", "30"]);
        let status = self
            .account
            .run(&mut command)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        if let Some(mut child) = self.child.take() {
            child.wait()?;
        }
        if status.success() {
            Ok(())
        } else {
            bail!(
                "pg_ctl could not stop PostgreSQL in {}",
                self.folder.display()
            )
        }
    }

    /// Starts the server unless one runs already (of another process, or left over from one that was killed), and waits
    /// until it takes connections.
    fn run(&mut self) -> anyhow::Result<()> {
        if !process::is_alive(&self.folder) {
            self.child = Some(process::spawn(
                &self.folder,
                &self.programs,
                self.account,
                self.port,
                &self.log,
            )?);
        }
        let begun = Instant::now();
        while begun.elapsed() < START_LIMIT {
            if let Some(port) = process::ready_port(&self.folder) {
                self.port = port;
                return Ok(());
            }
            if let Some(why) = self.gave_up()? {
                bail!(
                    "PostgreSQL ended while starting ({why}). Its last words:\n{}",
                    process::last_lines(&self.log)
                );
            }
            std::thread::sleep(LOOK_EVERY);
        }
        bail!(
            "PostgreSQL was not ready after {} s. Its last words:\n{}",
            START_LIMIT.as_secs(),
            process::last_lines(&self.log)
        )
    }

    /// Why there is nothing to wait for any more.
    fn gave_up(&mut self) -> anyhow::Result<Option<String>> {
        Ok(match &mut self.child {
            Some(child) => child.try_wait()?.map(|status| status.to_string()),
            None => (!process::is_alive(&self.folder)).then(|| "it is gone".to_owned()),
        })
    }
}

impl Drop for Cluster {
    /// Whoever gives up because of an error leaves too: no server stays behind.
    fn drop(&mut self) {
        if self.left {
            return;
        }
        if let Err(error) = self.leave_now() {
            tracing::warn!(error = format!("{error:#}"), "PostgreSQL may still run");
        }
    }
}
