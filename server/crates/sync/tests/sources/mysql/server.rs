//! A MariaDB server of its own with TLS, and logins that insist on it.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::{Value, json};

use crate::server::{private, unprivileged};

/// Everybody who is there by default goes; `anna` needs encryption, `locked` may not come in at all.
const LOGINS: &str = "\
DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys';
FLUSH PRIVILEGES;
CREATE DATABASE IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.t (id INT PRIMARY KEY, at TIMESTAMP NULL, name CHAR(9) CHARACTER SET utf8mb4, `back\\slash` CHAR(9));
REPLACE INTO shop.t VALUES (1, '2024-01-01 05:00:00', X'5A6FC3AB20F09F9098', X'615C6227');
CREATE OR REPLACE USER anna@'%' IDENTIFIED BY 'right' REQUIRE SSL;
CREATE OR REPLACE USER plain@'%' IDENTIFIED BY 'right';
CREATE OR REPLACE USER empty@'%' IDENTIFIED BY '';
CREATE OR REPLACE USER locked@'%' IDENTIFIED BY 'right' ACCOUNT LOCK;
CREATE OR REPLACE USER elsewhere@'192.0.2.1' IDENTIFIED BY 'right';
GRANT SELECT ON shop.* TO anna@'%', plain@'%', empty@'%', locked@'%', elsewhere@'192.0.2.1';
";

/// Settings of the server that sessions begin with; none of them may change what is read.
const HABITS: [&str; 3] = [
    "--sql-mode=ANSI_QUOTES,PAD_CHAR_TO_FULL_LENGTH,STRICT_ALL_TABLES,NO_ZERO_DATE,NO_BACKSLASH_ESCAPES",
    "--default-time-zone=+05:00",
    "--character-set-server=latin1",
];

/// A running server; dropped, it stops and its folder goes.
pub struct Server {
    _folder: tempfile::TempDir,
    child: Child,
    pub port: u16,
    /// Made out to `localhost`.
    pub certificate: String,
}

impl Server {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let account = unprivileged(folder.path());
        let run = |program: &str| {
            // The server lies where only administrators look.
            let beside = Path::new("/usr/sbin").join(program);
            let mut command = Command::new(if beside.exists() {
                beside
            } else {
                PathBuf::from(program)
            });
            command
                .arg("--no-defaults")
                .arg(format!(
                    "--datadir={}",
                    folder.path().join("data").display()
                ))
                .current_dir(folder.path())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            if let Some((user, group)) = account {
                command.uid(user).gid(group);
            }
            command
        };
        let mut made = run("mariadb-install-db");
        made.args(["--auth-root-authentication-method=normal", "--skip-test-db"]);
        assert!(
            made.status()
                .expect("the program mariadb-install-db")
                .success()
        );
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let in_folder = |name: &str| folder.path().join(name);
        private(&in_folder("server.crt"), &cert.pem(), account);
        private(
            &in_folder("server.key"),
            &signing_key.serialize_pem(),
            account,
        );
        private(&in_folder("logins.sql"), LOGINS, account);
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = run("mariadbd")
            .args(["--bind-address=127.0.0.1", "--skip-name-resolve"])
            .args(HABITS)
            .arg(format!("--port={port}"))
            .arg(format!("--socket={}", in_folder("socket").display()))
            .arg(format!("--init-file={}", in_folder("logins.sql").display()))
            .arg(format!("--ssl-cert={}", in_folder("server.crt").display()))
            .arg(format!("--ssl-key={}", in_folder("server.key").display()))
            .spawn()
            .expect("the program mariadbd");
        let server = Self {
            _folder: folder,
            child,
            port,
            certificate: cert.pem(),
        };
        let end = Instant::now() + Duration::from_secs(30);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < end, "the server does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    pub fn config(&self, user: &str, password: &str, ssl_mode: &Value) -> Value {
        json!({"host": "localhost", "port": self.port, "database": "shop", "username": user, "password": password, "ssl_mode": ssl_mode})
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
