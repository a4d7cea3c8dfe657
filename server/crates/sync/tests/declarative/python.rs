//! Airbyte's own Python runtime, as one process that does one job after the other.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use airbyte::protocol::AirbyteMessage;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::case::{Job, seen};
use super::outcome::{BASE, Outcome};
use super::server::Server;

/// Far more than any job takes; a runtime that hangs fails the test instead of holding it up.
const PATIENCE: Duration = Duration::from_mins(1);

pub struct Python {
    /// Killed when dropped.
    _child: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    folder: TempDir,
}

impl Python {
    pub fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/declarative/runner.py");
        let mut child = Command::new(interpreter())
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the Python of TEST_AIRBYTE_CDK_PYTHON runs");
        let (orders, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self {
            _child: child,
            orders,
            answers: BufReader::new(answers).lines(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Does the job against a server of its own.
    pub async fn run(&mut self, job: &Job) -> Outcome {
        let outcome = self.within(PATIENCE, job).await;
        outcome.unwrap_or_else(|| panic!("{} hangs in Python", job.name))
    }

    /// The same with another patience; `None` when that is over, and the process a new one.
    pub async fn within(&mut self, patience: Duration, job: &Job) -> Option<Outcome> {
        let server = Server::start(job.service.clone()).await;
        let order = self.order(job, &server.base);
        self.orders.write_all(order.as_bytes()).await.unwrap();
        let answer = tokio::time::timeout(patience, self.answer(&server.base)).await;
        let Ok(mut outcome) = answer else {
            *self = Self::start();
            return None;
        };
        outcome.requests = seen(&server);
        Some(outcome)
    }

    /// Writes the job's files and gives the line that orders it.
    fn order(&self, job: &Job, base: &str) -> String {
        let mut arguments = vec![job.operation.name().to_owned()];
        let config = job.config(base).to_string();
        let (catalog, state) = (job.catalog.to_string(), json!(job.state).to_string());
        let files = [
            ("--manifest-path", "manifest.yaml", &job.manifest),
            ("--config", "config.json", &config),
            ("--catalog", "catalog.json", &catalog),
            ("--state", "state.json", &state),
        ];
        // The operations that read nothing refuse the files of those that do.
        for (flag, name, text) in &files[..if job.operation.reads() { 4 } else { 2 }] {
            let path = self.folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            arguments.extend([(*flag).to_owned(), path.to_str().unwrap().to_owned()]);
        }
        format!(
            "{}\n",
            json!({"arguments": arguments, "workers": job.service.workers})
        )
    }

    async fn answer(&mut self, base: &str) -> Outcome {
        let mut outcome = Outcome::default();
        loop {
            let line = self
                .answers
                .next_line()
                .await
                .unwrap()
                .expect("Python goes on");
            let line = line.replace(base, BASE);
            let mut told: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
            if let Some(end) = told.get("end") {
                outcome.failed = end["failed"] == true;
                outcome.refused = end["refused"].as_str().map(str::to_owned);
                return outcome;
            }
            let message = told["message"].take();
            if let Ok(message) = serde_json::from_value::<AirbyteMessage>(message) {
                outcome.hear(message);
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test command says where the runtime is installed"
)]
fn interpreter() -> String {
    std::env::var("TEST_AIRBYTE_CDK_PYTHON").expect(
        "TEST_AIRBYTE_CDK_PYTHON is a Python with the package airbyte-cdk; “cargo hub test” sets it",
    )
}
