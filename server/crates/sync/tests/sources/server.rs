//! A PostgreSQL server of its own, with passwords and TLS, for what a scratch server that trusts everyone cannot show.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::{Value, json};

/// Logins by password only, `plain` without encryption, everyone else with it.
const ACCESS: &str = "hostnossl all plain 127.0.0.1/32 scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\nlocal all all trust\n";

/// A running server; dropped, it stops and its folder goes.
pub struct Server {
    folder: tempfile::TempDir,
    child: Child,
    pub port: u16,
    pub certificate: String,
}

impl Server {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let account = unprivileged(folder.path());
        let data = folder.path().join("data");
        let run = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(binaries().join(program));
            command
                .args(arguments)
                .current_dir(folder.path())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            if let Some((user, group)) = account {
                command.uid(user).gid(group);
            }
            command
        };
        let data_text = data.to_str().unwrap();
        assert!(
            run(
                "initdb",
                &[
                    "-D",
                    data_text,
                    "-U",
                    "postgres",
                    "-A",
                    "trust",
                    "--no-sync"
                ]
            )
            .status()
            .unwrap()
            .success()
        );
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["db.test".to_owned()]).unwrap();
        fs::write(data.join("pg_hba.conf"), ACCESS).unwrap();
        private(&data.join("server.crt"), &cert.pem(), account);
        private(
            &data.join("server.key"),
            &signing_key.serialize_pem(),
            account,
        );
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let settings = format!("port={port}");
        let sockets = format!("unix_socket_directories={}", folder.path().display());
        let child = run(
            "postgres",
            &[
                "-D",
                data_text,
                "-c",
                &settings,
                "-c",
                &sockets,
                "-c",
                "ssl=on",
                "-c",
                "fsync=off",
                "-c",
                "listen_addresses=127.0.0.1",
            ],
        )
        .spawn()
        .unwrap();
        let server = Self {
            folder,
            child,
            port,
            certificate: cert.pem(),
        };
        server.sql("SELECT 1");
        server.sql("CREATE USER anna PASSWORD 'right'; CREATE USER plain PASSWORD 'right'; CREATE TABLE t (id int); GRANT SELECT ON t TO anna, plain");
        server
    }

    /// Runs SQL as superuser over the local socket, as soon as the server answers.
    fn sql(&self, sql: &str) {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let socket = self.folder.path().to_str().unwrap();
            let port = self.port.to_string();
            let status = Command::new(binaries().join("psql"))
                .args([
                    "-q", "-h", socket, "-p", &port, "-U", "postgres", "-c", sql, "postgres",
                ])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            if status.is_ok_and(|status| status.success()) {
                return;
            }
            assert!(Instant::now() < end, "the server does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn config(&self, user: &str, password: &str, ssl_mode: &Value) -> Value {
        json!({"host": "127.0.0.1", "port": self.port, "database": "postgres", "username": user, "password": password, "ssl_mode": ssl_mode})
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The newest installed server.
fn binaries() -> PathBuf {
    let installed = fs::read_dir("/usr/lib/postgresql")
        .expect("the tests of the PostgreSQL source need PostgreSQL's server programs");
    let mut folders: Vec<PathBuf> = installed
        .filter_map(Result::ok)
        .map(|entry| entry.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    folders.sort();
    folders
        .pop()
        .expect("the tests of the PostgreSQL source need initdb")
}

/// The server refuses to run as root; then the account `postgres` takes over the folder.
pub fn unprivileged(folder: &Path) -> Option<(u32, u32)> {
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    let fields: Vec<&str> = passwd
        .lines()
        .find(|line| line.starts_with("postgres:"))?
        .split(':')
        .collect();
    let (user, group) = (fields[2].parse().ok()?, fields[3].parse().ok()?);
    // Only root may give a folder away; anyone else runs the server as what they are.
    chown(folder, Some(user), Some(group))
        .ok()
        .map(|()| (user, group))
}

pub fn private(path: &Path, text: &str, account: Option<(u32, u32)>) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    if let Some((user, group)) = account {
        chown(path, Some(user), Some(group)).unwrap();
    }
}
