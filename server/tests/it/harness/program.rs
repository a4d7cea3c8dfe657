//! The `tributary` process of one test: starts it, talks to its command line, kills it when the test ends.

use std::{
    fs::{self, File, Permissions},
    io::{BufRead, BufReader, Write},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    time::Duration,
};

use tempfile::TempDir;

use super::Api;

const BINARY: &str = env!("CARGO_BIN_EXE_tributary");
/// A machine busy with the other tests starts slowly.
const START_LIMIT: Duration = Duration::from_mins(2);

/// One environment variable for the hub.
pub type Setting = (&'static str, String);

/// A running hub.
pub struct Hub {
    child: Option<Child>,
    settings: Vec<Setting>,
    folder: DataFolder,
    pub url: String,
}

/// The data folder of one hub. The files of its PostgreSQL are in memory where the machine has a folder for that.
struct DataFolder {
    folder: TempDir,
    _postgres: Option<TempDir>,
}

impl Hub {
    /// Starts a hub on a free port with a data folder of its own.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with settings. Sources may reach loopback, where the tests' servers are; tests ask faster than people.
    pub fn start_with(settings: &[Setting]) -> Self {
        let mut all = vec![
            ("TRIBUTARY_ALLOW_PRIVATE_NETWORKS", "127.0.0.0/8".to_owned()),
            ("TRIBUTARY_RATE_LIMIT", "0".to_owned()),
        ];
        all.extend_from_slice(settings);
        Self::start_as_set(all)
    }

    /// A hub as an operator gets it who sets nothing: private addresses are closed.
    pub fn start_closed() -> Self {
        Self::start_as_set(Vec::new())
    }

    /// The same with settings of which none opens them.
    pub fn start_closed_with(settings: &[Setting]) -> Self {
        Self::start_as_set(settings.to_vec())
    }

    fn start_as_set(settings: Vec<Setting>) -> Self {
        let mut hub = Self {
            child: None,
            settings,
            folder: fresh_data_folder(),
            url: String::new(),
        };
        hub.launch();
        hub
    }

    pub fn data_dir(&self) -> &Path {
        self.folder.folder.path()
    }

    /// Starts the process again after [`Hub::kill`] or [`Hub::stop`].
    pub fn launch(&mut self) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_file())
            .expect("log file");
        self.launch_telling(log.into());
    }

    /// Is not set any more when it starts again.
    pub fn unset(&mut self, name: &str) {
        self.settings.retain(|(set, _)| *set != name);
    }

    /// The same, and then nobody reads any more what it logs: its terminal was closed.
    pub fn launch_unheard(&mut self) {
        self.launch_telling(Stdio::piped());
        let child = self.child.as_mut().expect("the hub is running");
        drop(child.stderr.take());
    }

    fn launch_telling(&mut self, log: Stdio) {
        assert!(self.child.is_none(), "the hub is running already");
        let mut child = self
            .command(&["serve", "--addr", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        self.child = Some(child);
        self.url = first_url(stdout)
            .unwrap_or_else(|| panic!("the hub never printed its URL:\n{}", self.log()));
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("the hub can be killed");
            child.wait().expect("the hub ends");
        }
    }

    /// Stops it in the middle of whatever it does; what it holds it keeps until it is killed.
    pub fn freeze(&self) {
        let child = self.child.as_ref().expect("the hub is running");
        signal("-STOP", &child.id().to_string());
    }

    /// Asks it to end, and returns whether it left with 0.
    pub fn stop(&mut self) -> bool {
        let mut child = self.child.take().expect("the hub is running");
        signal("-TERM", &child.id().to_string());
        child.wait().expect("the hub ends").success()
    }

    /// Ends the embedded PostgreSQL as the kernel would that ran out of memory.
    pub fn kill_database(&self) {
        signal("-KILL", &self.database_process());
    }

    /// Ends it in an orderly way, as somebody at the machine could.
    pub fn stop_database(&self) {
        signal("-INT", &self.database_process());
    }

    /// Process id of the embedded PostgreSQL.
    pub fn database_process(&self) -> String {
        let pid_file = fs::read_to_string(self.data_dir().join("postgres/postmaster.pid"))
            .expect("PostgreSQL is running");
        pid_file
            .lines()
            .next()
            .expect("the first line is the process id")
            .to_owned()
    }

    /// Starts a command against this hub's data folder and does not wait for it.
    pub fn begin(&self, arguments: &[&str]) -> Child {
        self.command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts")
    }

    /// Runs a command against this hub's data folder.
    pub fn cli(&self, arguments: &[&str], stdin: &str) -> Output {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        child
            .stdin
            .take()
            .expect("stdin is piped")
            .write_all(stdin.as_bytes())
            .expect("stdin is read");
        child.wait_with_output().expect("the command ends")
    }

    /// Runs a command with further settings.
    pub fn cli_with(&self, settings: &[(&str, &str)], arguments: &[&str]) -> Output {
        self.command(arguments)
            .envs(settings.iter().copied())
            .output()
            .expect("the binary starts")
    }

    /// Runs a command that must succeed, and returns what it printed.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.cli(arguments, "");
        assert!(
            output.status.success(),
            "{arguments:?}: {}\n{}",
            String::from_utf8_lossy(&output.stderr),
            self.log()
        );
        String::from_utf8(output.stdout)
            .expect("output is UTF-8")
            .trim()
            .to_owned()
    }

    /// A tenant that is ready, with a key that may do everything.
    pub fn tenant(&self, name: &str) -> Api {
        let owner = format!("{}@example.com", name.to_lowercase());
        let made: serde_json::Value = serde_json::from_str(&self.ok(&[
            "tenant",
            "create",
            "--name",
            name,
            "--owner-email",
            &owner,
            "--wait",
        ]))
        .expect("JSON");
        let tenant = made["tenant_id"].as_str().expect("a tenant id").to_owned();
        let key = self.ok(&["api-key", "create", "--tenant", &tenant, "--scope", "admin"]);
        Api::new(&self.url, tenant, key)
    }

    /// What the hub wrote to its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.data_dir().join("test-hub.log")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(arguments)
            .arg("--data-dir")
            .arg(self.data_dir())
            .envs(self.settings.iter().map(|(name, value)| (*name, value)));
        command
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        if self.child.is_some() && !std::thread::panicking() {
            let _left_well = self.stop();
        }
        self.kill();
        end_database(self.data_dir());
    }
}

/// After a kill the embedded PostgreSQL is still running; nothing of a test may outlive it.
fn end_database(data_dir: &Path) {
    let pid_file = data_dir.join("postgres/postmaster.pid");
    let Some(pid) = fs::read_to_string(pid_file)
        .ok()
        .and_then(|text| text.lines().next().map(str::to_owned))
    else {
        return;
    };
    let _gone_already = Command::new("kill")
        .args(["-INT", &pid])
        .stderr(Stdio::null())
        .status();
    for _ in 0..100 {
        if !Path::new(&format!("/proc/{pid}")).exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn signal(name: &str, process: &str) {
    let sent = Command::new("kill")
        .args([name, process])
        .status()
        .expect("kill runs");
    assert!(sent.success(), "there is no process {process}");
}

fn first_url(stdout: impl std::io::Read + Send + 'static) -> Option<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Some(at) = line.find("http://") {
                let _test_is_gone = sender.send(line[at..].trim().to_owned());
            }
        }
    });
    receiver.recv_timeout(START_LIMIT).ok()
}

/// A copy of a data folder that was prepared once for this binary: making a cluster takes seconds, copying it does not.
fn fresh_data_folder() -> DataFolder {
    let template = prepared_template();
    let folder = open_folder(&std::env::temp_dir());
    // Thousands of small files: on a disk, making and deleting them takes a sixth of the time of all stories.
    let postgres = memory().map(|memory| {
        let inside = open_folder(&memory);
        copy(&template.join("postgres"), inside.path());
        symlink(
            inside.path().join("postgres"),
            folder.path().join("postgres"),
        )
        .expect("a link to the files in memory");
        inside
    });
    for entry in fs::read_dir(&template).expect("the template is there") {
        let entry = entry.expect("an entry of the template");
        if postgres.is_none() || entry.file_name() != "postgres" {
            copy(&entry.path(), folder.path());
        }
    }
    // Copies must not all want the port of their template.
    fs::remove_file(folder.path().join("postgres.port")).expect("the template noted its port");
    DataFolder {
        folder,
        _postgres: postgres,
    }
}

/// A folder that other accounts may pass through: the embedded PostgreSQL has one of its own.
fn open_folder(parent: &Path) -> TempDir {
    let folder = tempfile::Builder::new()
        .prefix("tributary-it-")
        .tempdir_in(parent)
        .expect("a temporary folder");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("its mode is ours");
    folder
}

/// `cargo hub test` names a folder whose files are in memory, where there is one with room.
fn memory() -> Option<PathBuf> {
    std::env::var_os("TEST_MEMORY_DIR").map(PathBuf::from)
}

fn copy(from: &Path, into: &Path) {
    let copied = Command::new("cp")
        .args(["-a", "--reflink=auto"])
        .args([from, into])
        .status()
        .expect("cp runs");
    assert!(copied.success(), "{} can be copied", from.display());
}

fn prepared_template() -> PathBuf {
    let modified = fs::metadata(BINARY)
        .and_then(|file| file.modified())
        .expect("the binary exists");
    let stamp = modified
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970")
        .as_millis();
    let root = std::env::temp_dir().join("tributary-it-templates");
    fs::create_dir_all(&root).expect("a folder for templates");
    let lock = File::create(root.join("lock")).expect("lock file");
    lock.lock().expect("one process prepares, the others wait");
    let template = root.join(stamp.to_string());
    if !template.join("postgres/PG_VERSION").exists() {
        for old in fs::read_dir(&root)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.path().is_dir())
        {
            let _in_use = fs::remove_dir_all(old.path());
        }
        fs::create_dir_all(&template).expect("a folder for this template");
        let output = Command::new(BINARY)
            .arg("migrate")
            .arg("--data-dir")
            .arg(&template)
            .output()
            .expect("the binary starts");
        assert!(
            output.status.success(),
            "tributary migrate: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    template
}
