//! Our own runtime, asked the same.

use std::sync::Arc;
use std::time::Duration;

use airbyte::protocol::AirbyteMessage;
use bytes::Bytes;
use serde_json::Value;
use sync::connector::{Connector, Detail, Limits, RunContext, Sandbox, Turns};
use sync::declarative::Manifest;
use sync::fault::{Fault, Kind};
use sync::outbound::{Outbound, Policy, Scheme};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::case::{Job, Operation, seen};
use super::outcome::{BASE, Outcome, timeless};
use super::server::Server;

/// Far more than any job takes, waits of retries included.
const PATIENCE: Duration = Duration::from_mins(1);

/// Does the job against a server of its own.
pub async fn run(job: Arc<Job>) -> Outcome {
    let server = Server::start(Arc::clone(&job.service)).await;
    let mut outcome = match Manifest::parse(&job.manifest) {
        Ok(manifest) => ask(&Connector::Declarative(manifest), &job, &server.base).await,
        Err(fault) => Outcome {
            refused: Some(fault.to_string()),
            ..Outcome::default()
        },
    };
    outcome.requests = seen(&server);
    outcome
}

async fn ask(connector: &Connector, job: &Job, base: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let folder = tempfile::tempdir().unwrap();
    let (kept, mut new_configs) = mpsc::channel(16);
    let mut cx = context(&folder);
    cx.new_config = Some(kept);
    let work = answer(connector, job, base, &cx, &mut outcome);
    let result = tokio::time::timeout(PATIENCE, work).await;
    let result = result.unwrap_or_else(|_| Err(Fault::timeout("Ours hangs.")));
    drop(cx);
    while let Some(config) = new_configs.recv().await {
        outcome.control.push(timeless(&plain(&config, base)));
    }
    if let Err(fault) = result {
        failed(&mut outcome, job.operation, &fault);
    }
    outcome
}

async fn answer(
    connector: &Connector,
    job: &Job,
    base: &str,
    cx: &RunContext,
    outcome: &mut Outcome,
) -> Result<(), Fault> {
    let config = job.config(base);
    match job.operation {
        Operation::Spec => {
            let spec = connector.spec(cx).await?;
            outcome.hear(AirbyteMessage::Spec { spec });
        }
        Operation::Check => {
            let (steps, _) = mpsc::channel(64);
            Box::pin(connector.check(&config, cx, steps)).await?;
            outcome.check = Some(true);
        }
        Operation::Discover => {
            let catalog = connector.discover(&config, cx).await?;
            outcome.hear(AirbyteMessage::Catalog { catalog });
        }
        Operation::Read | Operation::Again => {
            return read(connector, job, base, cx, outcome).await;
        }
    }
    Ok(())
}

async fn read(
    connector: &Connector,
    job: &Job,
    base: &str,
    cx: &RunContext,
    outcome: &mut Outcome,
) -> Result<(), Fault> {
    let config = job.config(base);
    let catalog = serde_json::from_value(job.catalog.clone()).unwrap();
    let (sender, mut chunks) = mpsc::channel::<Bytes>(4);
    let listen = async {
        while let Some(chunk) = chunks.recv().await {
            assert_eq!(chunk.last(), Some(&b'\n'), "chunks end with a line");
            for line in chunk
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
            {
                let line = String::from_utf8_lossy(line).replace(base, BASE);
                let message = AirbyteMessage::parse(line.as_bytes());
                outcome.hear(message.unwrap_or_else(|| panic!("no message: {line}")));
            }
        }
    };
    let work = connector.read(&config, &catalog, &job.state, cx, sender);
    tokio::join!(work, listen).0
}

fn failed(outcome: &mut Outcome, operation: Operation, fault: &Fault) {
    outcome.failed = true;
    outcome.words.push(format!(
        "{fault} {}",
        fault.detail.clone().unwrap_or_default()
    ));
    if operation == Operation::Check {
        outcome.check = Some(false);
    }
    if operation.reads() && outcome.failures.is_empty() {
        let stream = fault.stream.clone().unwrap_or_default();
        let kind = match fault.kind {
            Kind::Credentials | Kind::Config | Kind::Forbidden => "config_error",
            Kind::RateLimited { .. } | Kind::Unreachable | Kind::Timeout | Kind::Upstream => {
                "transient_error"
            }
            Kind::Unsupported | Kind::Data | Kind::Cancelled | Kind::Bug => "system_error",
        };
        outcome
            .failures
            .entry(stream)
            .or_default()
            .insert(kind.to_owned());
    }
}

fn plain(value: &Value, base: &str) -> Value {
    serde_json::from_str(&value.to_string().replace(base, BASE)).unwrap()
}

/// A context that may call this machine, and without encryption.
pub fn context(folder: &TempDir) -> RunContext {
    let (log, _) = mpsc::channel(1);
    let policy = Policy {
        allow_private: vec!["127.0.0.0/8".parse().unwrap()],
        scheme: Scheme::HttpToo,
        ..Policy::default()
    };
    RunContext {
        work_dir: folder.path().to_owned(),
        outbound: Outbound::new(policy).unwrap(),
        uploads: None,
        limits: Limits::default(),
        sandbox: Sandbox::best_effort(),
        cancel: CancellationToken::new(),
        log,
        new_config: None,
        secret_fields: Vec::new(),
        usage: Arc::default(),
        turns: Turns::default(),
        detail: Detail::Usual,
    }
}
