//! A MariaDB database of its own for each test, on the server of `TEST_MYSQL_URL`. It is filled with the server's own
//! program, so that what a test writes does not pass through the code it tests.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use url::Url;

const NO_SERVER: &str = "the tests of the MySQL source need TEST_MYSQL_URL, an administrator's address of a scratch MariaDB or MySQL server: mysql://name:password@host:port";

/// A fresh database, dropped by the next test of the same name.
pub struct Database {
    pub name: String,
    /// The source's configuration for it.
    pub config: Value,
    server: Url,
}

impl Database {
    pub fn create(name: &str) -> Self {
        let url = std::env::var_os("TEST_MYSQL_URL").expect(NO_SERVER);
        let server = Url::parse(url.to_str().expect(NO_SERVER)).expect(NO_SERVER);
        let name = format!("sync_source_{name}");
        let config = json!({
            "host": server.host_str().expect(NO_SERVER), "port": server.port().unwrap_or(3306), "database": name,
            "username": server.username(), "password": server.password().unwrap_or_default(),
            "ssl_mode": {"mode": "preferred"}, "replication_method": {"method": "STANDARD"}
        });
        let database = Self {
            name,
            config,
            server,
        };
        let quoted = format!("`{}`", database.name.replace('`', "``"));
        database.administer(&format!(
            "DROP DATABASE IF EXISTS {quoted}; CREATE DATABASE {quoted} CHARACTER SET utf8mb4"
        ));
        database
    }

    /// Runs statements in this database.
    pub fn run(&self, sql: &str) {
        self.program(&[&self.name], sql);
    }

    /// Runs statements in no database.
    pub fn administer(&self, sql: &str) {
        self.program(&[], sql);
    }

    /// The configuration with one field changed.
    pub fn with(&self, field: &str, value: Value) -> Value {
        let mut config = self.config.clone();
        config[field] = value;
        config
    }

    fn program(&self, arguments: &[&str], sql: &str) {
        let port = self.server.port().unwrap_or(3306).to_string();
        let mut program = Command::new("mariadb")
            .args(["--no-defaults", "--default-character-set=utf8mb4", "-h"])
            .arg(self.server.host_str().expect(NO_SERVER))
            .args(["-P", &port, "-u", self.server.username()])
            .args(arguments)
            .env("MYSQL_PWD", self.server.password().unwrap_or_default())
            .stdin(Stdio::piped())
            .spawn()
            .expect("the program mariadb");
        let mut input = program.stdin.take().unwrap();
        input.write_all(sql.as_bytes()).unwrap();
        drop(input);
        assert!(program.wait().unwrap().success(), "{sql}");
    }
}
