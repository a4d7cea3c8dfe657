//! A proxy that compares every request and answer with Airbyte's description: Stoplight's Prism, in front of a server.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::{NamedTempFile, TempDir};
use uuid::Uuid;

use super::python;
use crate::harness::{client, eventually};

/// Where Airbyte's own servers, the engine and the derived description have the API.
const BASE: &str = "/api/public/v1";
const LOG: &str = "prism.log";

/// A running proxy.
pub struct Prism {
    child: Child,
    folder: TempDir,
    url: String,
}

impl Prism {
    /// Starts it in front of a server, given without a path.
    pub fn before(server: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let description = description();
        // Without `--errors` violations are written down and passed on: no client can mistake one for a refusal that it
        // expects, and one run names all of them.
        let child = Command::new(program())
            .arg("proxy")
            .arg(&description)
            .arg(server)
            .args(["--port", "0", "--validate-request", "true"])
            .env("FORCE_COLOR", "0")
            .stdin(Stdio::null())
            .stdout(File::create(folder.path().join(LOG)).expect("a log"))
            .spawn()
            .expect("Prism starts");
        let mut prism = Self {
            child,
            folder,
            url: String::new(),
        };
        prism.url = eventually("Prism listens", || {
            let log = prism.log();
            let (_, url) = log.split_once("listening on ")?;
            let (line, _) = url.split_once('\n')?;
            Some(line.trim().to_owned())
        });
        prism
    }

    /// Base of the API behind the proxy.
    pub fn api(&self) -> String {
        format!("{}{BASE}", self.url)
    }

    /// What was not as described so far, each with the call it belongs to.
    pub fn violations(&self) -> Vec<String> {
        // The log is written behind the answers: a call that nobody describes marks how far it got.
        let end = format!("/{}", Uuid::now_v7());
        let asked = client().get(format!("{}{end}", self.url)).send();
        assert!(asked.is_ok(), "Prism ended:\n{}", self.log());
        let log = eventually("Prism wrote its log", || {
            let log = self.log();
            let (before, _) = log.split_once(&end)?;
            Some(before.to_owned())
        });
        let mut call = String::new();
        let mut found = Vec::new();
        for line in log.lines() {
            if let Some((_, begun)) = line.split_once("[HTTP SERVER] ") {
                let words: Vec<&str> = begun.split(' ').take(2).collect();
                call = words.join(" ").replace(BASE, "");
            } else if let Some((_, what)) = line.split_once("Violation: ") {
                found.push(format!("{call}: {what}"));
            }
        }
        found
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join(LOG)).unwrap_or_default()
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _gone_already = self.child.wait();
    }
}

/// Airbyte's description, derived by the first test that needs it: that takes seconds, and the tests are many.
fn description() -> PathBuf {
    let by = python::sameness("description.py");
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("airbyte-{by}.json"));
    if !file.exists() {
        // Under its name only when it is whole, and only once: tests run side by side, and a Prism whose description is
        // replaced listens anew at another port.
        let mut new = NamedTempFile::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a file");
        new.write_all(&python::run("description.py", ""))
            .expect("a description");
        if let Err(taken) = new.persist_noclobber(&file) {
            assert!(file.exists(), "{taken}");
        }
    }
    file
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test command says where Prism is installed"
)]
fn program() -> String {
    std::env::var("TEST_PRISM")
        .expect("TEST_PRISM is the program of @stoplight/prism-cli; “cargo hub test” sets it")
}
