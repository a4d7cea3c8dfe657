//! A PostgreSQL database that plays the customer's own: made for one test, dropped with it.

use std::process::Command;

use serde_json::{Value, json};

/// Superuser URL of the scratch server that `cargo hub test` starts.
const SERVER: &str = "TEST_DATABASE_URL";

/// One database with a login that may read it.
pub struct SourceDatabase {
    server: String,
    name: String,
}

impl SourceDatabase {
    /// Makes a database and fills it.
    pub fn create(sql: &str) -> Self {
        let name = format!("it_source_{}_{}", std::process::id(), nanoseconds());
        let source = Self {
            server: server(),
            name,
        };
        run(&source.server, &format!("CREATE DATABASE {}", source.name));
        source.run(sql);
        source
    }

    /// Runs statements inside it.
    pub fn run(&self, sql: &str) {
        run(&self.url(), sql);
    }

    /// A login of this database only, with that password; its name.
    pub fn reader(&self, password: &str) -> String {
        let name = format!("{}_reader", self.name);
        self.run(&format!(
            "CREATE ROLE {name} LOGIN PASSWORD '{password}'; GRANT USAGE ON SCHEMA public TO {name};
             GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}"
        ));
        name
    }

    pub fn set_password(&self, reader: &str, password: &str) {
        self.run(&format!("ALTER ROLE {reader} PASSWORD '{password}'"));
    }

    /// The lines a query gives.
    pub fn rows(&self, query: &str) -> Vec<String> {
        let output = Command::new("psql")
            .args([
                "-X",
                "-q",
                "-A",
                "-t",
                "-c",
                "SET timezone = 'UTC'",
                "-c",
                query,
            ])
            .arg(self.url())
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

    /// What a person types into the PostgreSQL form.
    pub fn configuration(&self) -> Value {
        let url = reqwest::Url::parse(&self.server).expect("a URL");
        json!({
            "host": url.host_str().expect("a host"),
            "port": url.port().unwrap_or(5432),
            "database": self.name,
            "username": url.username(),
            "password": url.password().unwrap_or("unused"),
            "ssl_mode": { "mode": "disable" },
        })
    }

    /// Fields of the PostgreSQL form that name the server, as a browser posts them.
    pub fn fields(&self) -> Vec<(String, String)> {
        let config = self.configuration();
        let plain = |key: &str| match &config[key] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let named = ["host", "port", "database"].map(|key| (key.to_owned(), plain(key)));
        let open = ("ssl_mode".to_owned(), "3".to_owned());
        named.into_iter().chain([open]).collect()
    }

    fn url(&self) -> String {
        let mut url = reqwest::Url::parse(&self.server).expect("a URL");
        url.set_path(&self.name);
        url.into()
    }
}

impl Drop for SourceDatabase {
    fn drop(&mut self) {
        let name = &self.name;
        let database = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        let reader = format!("DROP ROLE IF EXISTS {name}_reader");
        let _server_is_gone = Command::new("psql")
            .args(["-X", "-q", "-c", &database, "-c", &reader])
            .arg(&self.server)
            .status();
    }
}

fn run(url: &str, sql: &str) {
    let output = Command::new("psql")
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql])
        .arg(url)
        .output()
        .expect("psql runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test command says where its server is"
)]
fn server() -> String {
    std::env::var(SERVER).unwrap_or_else(|_| {
        panic!("set {SERVER} to a scratch PostgreSQL's superuser URL; “cargo hub test” does")
    })
}

fn nanoseconds() -> u128 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970")
        .as_nanos()
}
