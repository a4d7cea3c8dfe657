//! Runs the scripted connector and tells what came out, what was logged, and what is left of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use airbyte::protocol::{AirbyteMessage, ConfiguredAirbyteCatalog};
use serde_json::{Value, json};
use sync::connector::{
    Connector, Detail, Level, Limits, LogLine, Network, RunContext, Sandbox, Turns,
};
use sync::fault::Fault;
use sync::outbound::{Outbound, Policy};
use sync::process::{Program, WayOut};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// One connector in a folder of its own.
pub struct Scene {
    pub connector: Connector,
    pub cx: RunContext,
    pub folder: tempfile::TempDir,
    logs: mpsc::Receiver<LogLine>,
}

/// What a read left behind.
pub struct Outcome {
    pub result: Result<(), Fault>,
    pub messages: Vec<AirbyteMessage>,
    pub logs: Vec<LogLine>,
}

impl Scene {
    pub fn new() -> Self {
        Self::with(Limits {
            silence: Duration::from_secs(20),
            ..Limits::default()
        })
    }

    pub fn with(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (log, logs) = mpsc::channel(100_000);
        let cx = RunContext {
            work_dir: folder.path().join("run"),
            outbound: Outbound::new(Policy::default()).unwrap(),
            uploads: None,
            limits,
            sandbox: Sandbox {
                launcher: env!("CARGO_BIN_EXE_sandbox-exec").into(),
                level: Level::BestEffort,
                network: Network::Open,
            },
            cancel: CancellationToken::new(),
            log,
            new_config: None,
            secret_fields: Vec::new(),
            usage: Arc::default(),
            turns: Turns::default(),
            detail: Detail::Usual,
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/process/connector.py");
        let program = Program {
            command: python(),
            args: vec![script.clone().into()],
            options: Vec::new(),
            readable: vec![
                script.parent().unwrap().to_path_buf(),
                python().parent().unwrap().parent().unwrap().to_path_buf(),
            ],
            env: Vec::new(),
            way_out: WayOut::Own,
        };
        Self {
            connector: Connector::Process(program),
            cx,
            folder,
            logs,
        }
    }

    /// A mark in the configuration's path that finds this scene's processes in the process table.
    fn mark(&self) -> String {
        self.folder.path().to_string_lossy().into_owned()
    }

    pub async fn read(mut self, behaviour: &str) -> Outcome {
        let outcome = self.read_with(json!({"behaviour": behaviour, "api_token": "tok/en+1234", "password": "hunter2hunter2"})).await;
        assert_eq!(
            self.survivors(),
            Vec::<String>::new(),
            "{behaviour} left processes behind"
        );
        assert_eq!(
            std::fs::read_dir(&self.cx.work_dir).unwrap().count(),
            0,
            "{behaviour} left files behind"
        );
        outcome
    }

    pub async fn read_with(&mut self, config: Value) -> Outcome {
        let (sender, mut receiver) = mpsc::channel::<bytes::Bytes>(4);
        let collect = async {
            let mut text = Vec::new();
            while let Some(chunk) = receiver.recv().await {
                assert_eq!(chunk.last(), Some(&b'\n'), "chunks end with a line");
                text.extend_from_slice(&chunk);
            }
            text
        };
        let catalog = ConfiguredAirbyteCatalog {
            streams: Vec::new(),
        };
        let (result, text) = tokio::join!(
            self.connector
                .read(&config, &catalog, &[], &self.cx, sender),
            collect
        );
        let messages = text
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty());
        let messages = messages
            .map(|line| AirbyteMessage::parse(line).expect("only messages are passed on"))
            .collect();
        let mut logs = Vec::new();
        while let Ok(line) = self.logs.try_recv() {
            logs.push(line);
        }
        Outcome {
            result,
            messages,
            logs,
        }
    }

    /// Command lines of processes that belong to this scene, after a moment for the kernel to bury them.
    pub fn survivors(&self) -> Vec<String> {
        let end = Instant::now() + Duration::from_secs(3);
        loop {
            let found = processes(&self.mark());
            if found.is_empty() || Instant::now() > end {
                return found;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Outcome {
    pub fn records(&self) -> Vec<i64> {
        let records = self.messages.iter().filter_map(|message| match message {
            AirbyteMessage::Record { record } => record.data["id"].as_i64(),
            _ => None,
        });
        records.collect()
    }

    pub fn states(&self) -> usize {
        self.messages
            .iter()
            .filter(|message| matches!(message, AirbyteMessage::State { .. }))
            .count()
    }

    pub fn fault(&self) -> &Fault {
        self.result.as_ref().expect_err("the read should fail")
    }

    pub fn log_text(&self) -> String {
        let lines = self
            .logs
            .iter()
            .map(|line| format!("{} {}", line.level, line.text));
        lines.collect::<Vec<_>>().join(
            "
",
        )
    }
}

fn processes(mark: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(mark))
        .collect()
}

pub fn python() -> PathBuf {
    let found = ["/usr/bin/python3", "/usr/local/bin/python3"]
        .into_iter()
        .map(PathBuf::from)
        .find(|path| path.exists());
    found.expect("the tests of connector programs need python3")
}
