//! A hub of the bench's own: the program with an empty data folder and its embedded PostgreSQL, gone when dropped.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::memory::{self, Memory};
use crate::{child, place, setup::Tools};

/// The first start makes a database cluster; a busy machine needs a while for that.
const START_LIMIT: Duration = Duration::from_mins(2);
/// It drains for 20 s at most, then its PostgreSQL ends.
const STOP_LIMIT: Duration = Duration::from_secs(40);
const POLL: Duration = Duration::from_millis(20);
/// What the line begins with that says the hub is ready.
const READY: &str = "Tributary is ready at http://";

pub struct Hub<'a> {
    tools: &'a Tools,
    program: &'a Path,
    folder: PathBuf,
    settings: Vec<(&'static str, String)>,
    running: Option<Running>,
}

struct Running {
    child: Child,
    address: SocketAddr,
}

impl<'a> Hub<'a> {
    /// An empty data folder; nothing runs yet.
    pub fn new(tools: &'a Tools, program: &'a Path) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("tributary-bench-{}", std::process::id()));
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        // As root, PostgreSQL runs as another account and must be able to pass through.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
        Ok(Self {
            tools,
            program,
            folder,
            settings: Vec::new(),
            running: None,
        })
    }

    /// Set for the hub and every command beside it.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.settings.push((name, value.to_owned()));
        self
    }

    /// Starts the hub; returns the time until it said that it is ready.
    pub fn start(&mut self) -> Result<Duration> {
        // It ends with this process, however that ends.
        let mut command = self.command("setpriv");
        command
            .args(["--pdeathsig", "TERM", "--"])
            .arg(self.program)
            .args(["serve", "--addr", "127.0.0.1:0", "--data-dir"])
            .arg(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(self.log())?);
        let begun = Instant::now();
        let mut child = command.spawn().context("the hub cannot be started")?;
        let output = child.stdout.take().context("its output is piped")?;
        let address = address_in(output);
        let took = begun.elapsed();
        let Some(address) = address else {
            drop(self.end(child));
            bail!(
                "the hub never said that it is ready; its last words:\n{}",
                child::last_lines(&self.log(), 10)
            );
        };
        self.running = Some(Running { child, address });
        Ok(took)
    }

    /// Asks the hub to end, and its PostgreSQL with it.
    pub fn stop(&mut self) -> Result<()> {
        self.running
            .take()
            .map_or(Ok(()), |running| self.end(running.child))
    }

    fn end(&self, mut child: Child) -> Result<()> {
        // One that has ended by itself cannot be told; how it ended is seen below.
        drop(signal("TERM", &child.id().to_string()));
        let asked = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                if !status.success() {
                    bail!("the hub did not end well ({status})");
                }
                return Ok(());
            }
            if asked.elapsed() > STOP_LIMIT {
                child.kill()?;
                child.wait()?;
                self.end_database();
                bail!("the hub did not end within {} s", STOP_LIMIT.as_secs());
            }
            thread::sleep(POLL);
        }
    }

    /// A hub that was killed leaves its PostgreSQL running.
    fn end_database(&self) {
        let pid_file = self.folder.join("postgres/postmaster.pid");
        let first = |text: String| text.lines().next().map(str::to_owned);
        if let Some(id) = fs::read_to_string(pid_file).ok().and_then(first) {
            drop(signal("INT", &id));
        }
    }

    /// Where the running hub answers.
    pub fn address(&self) -> Result<SocketAddr> {
        Ok(self.is_running()?.address)
    }

    /// What the hub's own process holds in memory; PostgreSQL's processes are others.
    pub fn memory(&self) -> Result<Memory> {
        memory::of(self.is_running()?.child.id())
    }

    /// Its most memory is counted anew from now on.
    pub fn forget_peak(&self) -> Result<()> {
        memory::forget_peak(self.is_running()?.child.id())
    }

    fn is_running(&self) -> Result<&Running> {
        self.running.as_ref().context("the hub is running")
    }

    /// Runs a command of the program beside the hub; returns what it printed.
    pub fn ask(&self, arguments: &[&str]) -> Result<String> {
        child::output(
            self.command(&self.program.to_string_lossy())
                .args(arguments)
                .arg("--data-dir")
                .arg(&self.folder),
        )
    }

    /// Runs a command that reads a secret from its input.
    pub fn tell(&self, arguments: &[&str], secret: &str) -> Result<()> {
        let mut command = self.command(&self.program.to_string_lossy());
        command
            .args(arguments)
            .arg("--data-dir")
            .arg(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        let mut child = command.spawn()?;
        let mut input = child.stdin.take().context("its input is piped")?;
        writeln!(input, "{secret}")?;
        drop(input);
        let status = child.wait()?;
        if !status.success() {
            bail!("`{}` failed ({status})", arguments.join(" "));
        }
        Ok(())
    }

    /// A command without the settings of the person who measures: they could name another database.
    fn command(&self, program: &str) -> Command {
        let mut command = self.tools.command(program);
        let path = command
            .get_envs()
            .find_map(|(name, value)| (name == OsStr::new("PATH")).then_some(value?.to_owned()));
        command.env_clear().env("LEPTOS_SITE_ROOT", place::site());
        // All users of the bench come from one address.
        command.env("TRIBUTARY_RATE_LIMIT", "0");
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        if let Some(path) = path {
            command.env("PATH", path);
        }
        command
    }

    fn log(&self) -> PathBuf {
        self.folder.join("bench.log")
    }
}

impl Drop for Hub<'_> {
    fn drop(&mut self) {
        // What goes wrong here was reported where it began; nothing of the bench may stay.
        drop(self.stop());
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn signal(name: &str, process: &str) -> Result<()> {
    child::output(Command::new("kill").args(["-s", name, process])).map(drop)
}

/// The address in the line that says the hub is ready. The rest of the output is read and dropped, so that the hub never
/// waits for us.
fn address_in(output: impl std::io::Read + Send + 'static) -> Option<SocketAddr> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let address = line.strip_prefix(READY).and_then(|rest| rest.parse().ok());
            if let Some(address) = address {
                // Nobody waits any more when it comes too late.
                let _late = sender.send(address);
            }
        }
    });
    receiver.recv_timeout(START_LIMIT).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_line_tells_the_address() {
        let output = &b"a mail was written\nTributary is ready at http://127.0.0.1:4321\n"[..];
        assert_eq!(address_in(output), Some(([127, 0, 0, 1], 4321).into()));
        assert_eq!(address_in(&b"tributary: no\n"[..]), None);
    }
}
