//! What landed: rows of a tenant's schema, looked at from beside the hub.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
};

use super::Hub;

impl Hub {
    /// Runs a query in the schema of a tenant, as the superuser of the embedded cluster, and returns its lines.
    pub fn rows(&self, tenant: &str, query: &str) -> Vec<String> {
        let schema = format!("t_{}", tenant.trim_start_matches("ten_"));
        self.query("tributary_data", &schema, query)
    }

    /// Runs a query on the hub's own tables.
    pub fn control(&self, query: &str) -> Vec<String> {
        self.query("tributary", "public", query)
    }

    /// Somebody at the tenant's tables who does this and keeps its transaction open until ended. Returns once it is done.
    pub fn hold(&self, tenant: &str, statement: &str) -> Child {
        let schema = format!("t_{}", tenant.trim_start_matches("ten_"));
        let mut child = Command::new("psql")
            .args(["-X", "-q", "-A", "-t", "-h", "127.0.0.1", "-U", "postgres"])
            .args(["-d", "tributary_data", "-p", &self.port()])
            .env("PGPASSWORD", self.password("superuser"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("psql runs");
        let stdin = child.stdin.as_mut().expect("stdin is piped");
        writeln!(
            stdin,
            "BEGIN; SET search_path = {schema}; {statement}; SELECT 'held';"
        )
        .expect("psql reads");
        let mut said = String::new();
        let stdout = child.stdout.as_mut().expect("stdout is piped");
        BufReader::new(stdout)
            .read_line(&mut said)
            .expect("psql answers");
        assert_eq!(said.trim(), "held", "{statement}");
        child
    }

    fn query(&self, database: &str, schema: &str, query: &str) -> Vec<String> {
        let output = Command::new("psql")
            .args([
                "-X",
                "-q",
                "-A",
                "-t",
                "-h",
                "127.0.0.1",
                "-U",
                "postgres",
                "-d",
                database,
                "-p",
                &self.port(),
            ])
            .args([
                "-c",
                &format!("SET search_path = {schema}; SET timezone = 'UTC'"),
            ])
            .args(["-c", query])
            .env("PGPASSWORD", self.password("superuser"))
            .output()
            .expect("psql runs");
        assert!(
            output.status.success(),
            "{query}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// Where the embedded PostgreSQL listens.
    pub fn port(&self) -> String {
        let pid_file = fs::read_to_string(self.data_dir().join("postgres/postmaster.pid"))
            .expect("PostgreSQL is running");
        pid_file
            .lines()
            .nth(3)
            .expect("the fourth line is the port")
            .trim()
            .to_owned()
    }

    /// The password of a login of the embedded cluster, by its name in the logins file.
    pub(super) fn password(&self, login: &str) -> String {
        let logins = fs::read_to_string(self.data_dir().join("postgres-logins.toml"))
            .expect("the logins file");
        let line = logins
            .lines()
            .find(|line| line.starts_with(login))
            .expect("the login's line");
        line.split('"')
            .nth(1)
            .expect("a quoted password")
            .to_owned()
    }
}
