//! Airbyte's own Python runtime with a manifest of ours: the other way to each vendor.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use airbyte::protocol::{AirbyteCatalog, AirbyteMessage, ConfiguredAirbyteCatalog};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Far more than any vendor here takes.
const PATIENCE: Duration = Duration::from_mins(3);

/// A manifest and a configuration in files.
pub struct Airbyte {
    folder: TempDir,
}

impl Airbyte {
    pub fn new(manifest: &str, config: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("manifest.yaml"), manifest).unwrap();
        std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        Self { folder }
    }

    /// Its streams.
    pub async fn discover(&self) -> AirbyteCatalog {
        let told = self.run("discover", &[]).await;
        let found = told.into_iter().find_map(|message| match message {
            AirbyteMessage::Catalog { catalog } => Some(catalog),
            _ => None,
        });
        found.expect("a catalogue")
    }

    /// Everything it says while it reads.
    pub async fn read(&self, catalog: &ConfiguredAirbyteCatalog) -> Vec<AirbyteMessage> {
        let text = serde_json::to_string(catalog).unwrap();
        std::fs::write(self.folder.path().join("catalog.json"), text).unwrap();
        self.run("read", &[("--catalog", "catalog.json")]).await
    }

    /// Runs one operation and fails the test with its words where it fails.
    async fn run(&self, operation: &str, more: &[(&str, &str)]) -> Vec<AirbyteMessage> {
        let files = [
            ("--manifest-path", "manifest.yaml"),
            ("--config", "config.json"),
        ];
        let mut arguments = vec![operation.to_owned()];
        for (flag, name) in files.iter().chain(more) {
            let path = self.folder.path().join(name);
            arguments.extend([(*flag).to_owned(), path.to_str().unwrap().to_owned()]);
        }
        let order = format!("{}\n", json!({ "arguments": arguments }));
        let lines = tokio::time::timeout(PATIENCE, answer(&order)).await;
        let lines = lines.unwrap_or_else(|_| panic!("{operation} hangs in Python"));
        let mut told = Vec::new();
        for line in lines.lines() {
            let mut line: Value = serde_json::from_str(line).unwrap();
            let end = &line["end"];
            assert!(
                end.is_null() || (end["failed"] == false && end["refused"].is_null()),
                "{operation}: {line}\n{lines}"
            );
            told.extend(serde_json::from_value(line["message"].take()));
        }
        told
    }
}

/// One order to the runner that the parity test has.
async fn answer(order: &str) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/declarative/runner.py");
    let mut child = Command::new(interpreter())
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the Python of TEST_AIRBYTE_CDK_PYTHON runs");
    let mut orders = child.stdin.take().unwrap();
    orders.write_all(order.as_bytes()).await.unwrap();
    drop(orders);
    let output = child.wait_with_output().await.unwrap();
    String::from_utf8(output.stdout).unwrap()
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
