//! One PostgreSQL cluster of ours: made once, started on a free loopback port, adopted when an earlier process left it
//! running, stopped when we leave.

use std::{
    fs,
    io::Write,
    net::TcpListener,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};

use super::{account::Account, binaries};
use crate::config::OldPostgres;

/// A first start replays nothing and takes a second; after a power cut recovery may take longer.
const START_LIMIT: Duration = Duration::from_secs(120);

/// Did we start it, or was it running already (another process of the same data folder)?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    Started,
    Adopted,
}

/// A running cluster.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    account: Account,
    child: Option<Child>,
    pub port: u16,
    pub ownership: Ownership,
}

impl Cluster {
    /// Starts the cluster of `data_dir`, making it first when needed. `password` becomes the superuser's.
    pub fn start(
        data_dir: &Path,
        password: &SecretString,
        old: OldPostgres,
    ) -> anyhow::Result<Self> {
        let programs = binaries::find()?;
        binaries::check_version(binaries::version(&programs)?, old)?;
        let account = Account::choose()?;
        let folder = account.home(data_dir)?;
        if !folder.join("PG_VERSION").exists() {
            make(&folder, &programs, account, password)?;
        }
        check_same_major(&folder, &programs)?;
        if let Some(port) = running_port(&folder) {
            return Ok(Self {
                folder,
                programs,
                account,
                child: None,
                port,
                ownership: Ownership::Adopted,
            });
        }
        let port = steady_port(&folder)?;
        let child = spawn(
            &folder,
            &programs,
            account,
            port,
            &data_dir.join("postgres.log"),
        )?;
        let mut cluster = Self {
            folder,
            programs,
            account,
            child: Some(child),
            port,
            ownership: Ownership::Started,
        };
        cluster.wait_until_ready(&data_dir.join("postgres.log"))?;
        Ok(cluster)
    }

    /// Address of a database for a login.
    pub fn url(&self, login: &str, password: &SecretString, database: &str) -> SecretString {
        SecretString::from(format!(
            "postgres://{login}:{}@127.0.0.1:{}/{database}",
            password.expose_secret(),
            self.port
        ))
    }

    /// Ends it in an orderly way (open transactions are rolled back). An adopted cluster is left to its owner.
    pub fn stop(mut self) -> anyhow::Result<()> {
        if self.ownership == Ownership::Adopted {
            return Ok(());
        }
        self.stop_now()
    }

    /// Ends it whoever started it: nobody else is left who would.
    pub fn stop_now(&mut self) -> anyhow::Result<()> {
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

    fn wait_until_ready(&mut self, log: &Path) -> anyhow::Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < START_LIMIT {
            let exited = self
                .child
                .as_mut()
                .map(Child::try_wait)
                .transpose()?
                .flatten();
            if let Some(status) = exited {
                bail!(
                    "PostgreSQL ended while starting ({status}). Its last words:\n{}",
                    last_lines(log)
                );
            }
            if ready(&self.folder) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!(
            "PostgreSQL was not ready after {} s. Its last words:\n{}",
            START_LIMIT.as_secs(),
            last_lines(log)
        )
    }
}

/// Makes a cluster next to its final place and moves it there when whole: a half-made one is never used.
fn make(
    folder: &Path,
    programs: &Path,
    account: Account,
    password: &SecretString,
) -> anyhow::Result<()> {
    let unfinished = folder.with_extension("new");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    fs::create_dir_all(&unfinished)?;
    fs::set_permissions(&unfinished, fs::Permissions::from_mode(0o700))?;
    account.own(&unfinished)?;
    let secret = SecretFile::new(&folder.with_extension("password"), account, password)?;
    let mut command = Command::new(programs.join("initdb"));
    command
        .args([
            "--username=postgres",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-instructions",
        ])
        .arg(format!("--pwfile={}", secret.0.display()))
        .arg("-D")
        .arg(&unfinished);
    let output = account
        .run(&mut command)
        .output()
        .context("initdb can't be run")?;
    if !output.status.success() {
        bail!(
            "initdb failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    fs::rename(&unfinished, folder)?;
    Ok(())
}

/// A 0600 file that is gone when dropped.
struct SecretFile(PathBuf);

impl SecretFile {
    fn new(path: &Path, account: Account, secret: &SecretString) -> anyhow::Result<Self> {
        use std::os::unix::fs::OpenOptionsExt;
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(secret.expose_secret().as_bytes())?;
        account.own(path)?;
        Ok(Self(path.to_owned()))
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn check_same_major(folder: &Path, programs: &Path) -> anyhow::Result<()> {
    let made_with = fs::read_to_string(folder.join("PG_VERSION"))?;
    let (major, _) = binaries::version(programs)?;
    if made_with.trim() == major.to_string() {
        return Ok(());
    }
    bail!(
        "{} was made by PostgreSQL {}, but {major} is installed. Install postgresql-{} again, or move the data with pg_upgrade",
        folder.display(),
        made_with.trim(),
        made_with.trim()
    )
}

fn spawn(
    folder: &Path,
    programs: &Path,
    account: Account,
    port: u16,
    log: &Path,
) -> anyhow::Result<Child> {
    let log = fs::OpenOptions::new().create(true).append(true).open(log)?;
    let mut command = Command::new(programs.join("postgres"));
    command
        .arg("-D")
        .arg(folder)
        .args(["-p", &port.to_string()]);
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=200",
        "password_encryption=scram-sha-256",
    ] {
        command.args(["-c", setting]);
    }
    // A group of its own: Ctrl-C in the terminal must reach us first, so that we drain before the database goes.
    account
        .run(&mut command)
        .process_group(0)
        .env_clear()
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("postgres can't be run")
}

/// The port of a live postmaster of this folder, as its pid file tells.
fn running_port(folder: &Path) -> Option<u16> {
    let pid_file = fs::read_to_string(folder.join("postmaster.pid")).ok()?;
    let lines: Vec<&str> = pid_file.lines().collect();
    let program = fs::read_link(format!("/proc/{}/exe", lines.first()?.trim())).ok()?;
    if program.file_name()? != "postgres" || !pid_file.contains("ready") {
        return None;
    }
    lines.get(3)?.trim().parse().ok()
}

fn ready(folder: &Path) -> bool {
    running_port(folder).is_some()
}

/// The port of the last start when it is free, else a new one: whoever noted the address must find the cluster again.
fn steady_port(folder: &Path) -> anyhow::Result<u16> {
    let noted = folder.with_extension("port");
    let known = fs::read_to_string(&noted)
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(0);
    let listener =
        TcpListener::bind(("127.0.0.1", known)).or_else(|_| TcpListener::bind(("127.0.0.1", 0)))?;
    let port = listener.local_addr()?.port();
    fs::write(noted, port.to_string())?;
    Ok(port)
}

fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}
