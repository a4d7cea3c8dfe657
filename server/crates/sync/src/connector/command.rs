//! A connector as a command-line program: the protocol's own arguments in, messages on standard output, nothing else.

use std::convert::Infallible;
use std::fs;
use std::future::{Future, pending};
use std::io::Write;
use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;

use airbyte::protocol::{
    AirbyteConnectionStatus, AirbyteLogMessage, AirbyteMessage, ConfiguredAirbyteCatalog,
    ConnectionStatus, LogLevel, StreamDescriptor,
};
use bytes::Bytes;
use clap::{Args, Subcommand};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::mpsc;

use super::{CheckStep, Connector, LogLine, RunContext, StepState};
use crate::declarative::Manifest;
use crate::fault::Fault;
use crate::message::{control, failure, to_line};
use crate::process;

/// Chunks between the source and standard output: one is written while the next is made. Each may be as large as a page.
const CHUNKS: usize = 2;

/// `NAME spec|check|discover|read …` or `--manifest-path FILE spec|check|discover|read …`
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Name of the built-in source: postgres, mysql or file.
    pub name: Option<String>,
    /// A low-code manifest (YAML or JSON) to run instead of a built-in source.
    #[arg(long, global = true)]
    pub manifest_path: Option<PathBuf>,
    #[command(subcommand)]
    pub question: Question,
}

/// The four questions of the protocol.
#[derive(Debug, Clone, Subcommand)]
pub enum Question {
    /// Print what the source asks for.
    Spec,
    /// Try a configuration.
    Check {
        #[arg(long)]
        config: PathBuf,
    },
    /// List the streams.
    Discover {
        #[arg(long)]
        config: PathBuf,
    },
    /// Read streams.
    Read {
        #[arg(long)]
        config: PathBuf,
        #[arg(long)]
        catalog: PathBuf,
        #[arg(long)]
        state: Option<PathBuf>,
    },
}

/// Asks the source once it is there, and prints its messages. `logs` is the other end of `cx.log`. Any failure is a TRACE
/// message and a non-zero exit code.
pub async fn run(
    connector: impl Future<Output = Result<Connector, Fault>>,
    question: Question,
    mut cx: RunContext,
    mut logs: mpsc::Receiver<LogLine>,
) -> ExitCode {
    let (lines, printed) = mpsc::channel(CHUNKS);
    let printing = tokio::task::spawn_blocking(|| print(printed));
    let work = async {
        let connector = connector.await?;
        cx.secret_fields = secret_fields(&connector, &cx).await;
        Box::pin(answer(&connector, question, cx, &lines)).await
    };
    let result = tokio::select! {
        result = work => result,
        never = add(&mut logs, &lines) => match never {},
    };
    // Nobody prints any more: that is what the exit code tells.
    while let Ok(entry) = logs.try_recv() {
        let _ = lines.send(entry_line(entry)).await;
    }
    if let Err(fault) = &result {
        let _ = lines.send(to_line(&trace(fault))).await;
    }
    drop(lines);
    if result.is_ok() && matches!(printing.await, Ok(Ok(()))) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn answer(
    connector: &Connector,
    question: Question,
    cx: RunContext,
    lines: &mpsc::Sender<Bytes>,
) -> Result<(), Fault> {
    let say = async |message: AirbyteMessage| {
        lines
            .send(to_line(&message))
            .await
            .map_err(|_| Fault::cancelled())
    };
    match question {
        Question::Spec => {
            say(AirbyteMessage::Spec {
                spec: connector.spec(&cx).await?,
            })
            .await
        }
        Question::Check { config } => {
            let config: Value = load(&config)?;
            let (cx, configs) = keeper(cx);
            let work = Box::pin(check(connector, &config, &cx, lines));
            let status = status(keeping(work, configs, lines).await?);
            say(AirbyteMessage::ConnectionStatus {
                connection_status: status,
            })
            .await
        }
        Question::Discover { config } => {
            let config: Value = load(&config)?;
            let (cx, configs) = keeper(cx);
            let work = Box::pin(connector.discover(&config, &cx));
            let catalog = keeping(work, configs, lines).await??;
            say(AirbyteMessage::Catalog { catalog }).await
        }
        Question::Read {
            config,
            catalog,
            state,
        } => {
            let catalog: ConfiguredAirbyteCatalog = load(&catalog)?;
            let state: Vec<Value> = state
                .map(|path| load(&path))
                .transpose()?
                .unwrap_or_default();
            connector
                .read(&load(&config)?, &catalog, &state, &cx, lines.clone())
                .await
        }
    }
}

/// The source the arguments name.
pub fn connector(arguments: &Arguments) -> Result<Connector, Fault> {
    if arguments.name.is_some() == arguments.manifest_path.is_some() {
        return Err(Fault::config(
            "Name either a built-in source (postgres, mysql, mongodb-v2 or file) or a manifest with --manifest-path.",
        ));
    }
    if let Some(path) = &arguments.manifest_path {
        let text = fs::read_to_string(path).map_err(|error| {
            Fault::config(format!("The manifest {} cannot be read.", path.display()))
                .with_detail(error.to_string())
        })?;
        return Manifest::in_file(&text, path).map(Connector::Declarative);
    }
    let name = arguments.name.as_deref().unwrap_or_default();
    Connector::built_in(name).ok_or_else(|| {
        Fault::config(format!(
            "There is no built-in source “{name}”. There are: postgres, mysql, mongodb-v2, file."
        ))
    })
}

/// Names of the secret fields, where the source tells them without being started.
async fn secret_fields(connector: &Connector, cx: &RunContext) -> Vec<String> {
    if matches!(connector, Connector::Process(_)) {
        return Vec::new();
    }
    // A specification that is broken is told of by whoever needs it.
    let spec = Box::pin(connector.spec(cx)).await;
    spec.map(|spec| process::secret_fields(&spec.connection_specification))
        .unwrap_or_default()
}

/// A context whose new configurations come to us.
fn keeper(mut cx: RunContext) -> (RunContext, mpsc::Receiver<Value>) {
    let (sender, configs) = mpsc::channel(1);
    cx.new_config = Some(sender);
    (cx, configs)
}

/// Does the work, and prints each configuration that is to be kept at once, before what the work comes to: the tokens in the
/// old one may be worth nothing any more.
async fn keeping<T>(
    work: impl Future<Output = T>,
    mut configs: mpsc::Receiver<Value>,
    lines: &mpsc::Sender<Bytes>,
) -> Result<T, Fault> {
    let print = async |config: Value| {
        let line = to_line(&control(config));
        lines.send(line).await.map_err(|_| Fault::cancelled())
    };
    let mut work = pin!(work);
    let done = loop {
        tokio::select! {
            biased;
            Some(config) = configs.recv() => print(config).await?,
            done = &mut work => break done,
        }
    };
    while let Ok(config) = configs.try_recv() {
        print(config).await?;
    }
    Ok(done)
}

/// Checks, with each finished step as a log message.
async fn check(
    connector: &Connector,
    config: &Value,
    cx: &RunContext,
    lines: &mpsc::Sender<Bytes>,
) -> Result<(), Fault> {
    let (sender, mut steps) = mpsc::channel::<CheckStep>(CHUNKS);
    let told = async {
        while let Some(step) = steps.recv().await {
            if step.state != StepState::Running {
                let text = format!(
                    "{}: {:?} {}",
                    step.name,
                    step.state,
                    step.detail.unwrap_or_default()
                );
                let _ = lines
                    .send(to_line(&log("INFO", text.trim_end().to_owned())))
                    .await;
            }
        }
    };
    tokio::join!(connector.check(config, cx, sender), told).0
}

fn status(result: Result<(), Fault>) -> AirbyteConnectionStatus {
    match result {
        Ok(()) => AirbyteConnectionStatus {
            status: ConnectionStatus::Succeeded,
            message: None,
        },
        Err(fault) => AirbyteConnectionStatus {
            status: ConnectionStatus::Failed,
            message: Some(fault.to_string()),
        },
    }
}

/// Puts log lines between the messages, for as long as there are messages.
async fn add(logs: &mut mpsc::Receiver<LogLine>, lines: &mpsc::Sender<Bytes>) -> Infallible {
    while let Some(entry) = logs.recv().await {
        // Nobody prints any more: whoever sends messages hears of it.
        let _ = lines.send(entry_line(entry)).await;
    }
    pending().await
}

fn entry_line(entry: LogLine) -> Bytes {
    to_line(&log(&entry.level, entry.text))
}

/// Writes what comes, in a thread that may wait: nothing is copied on the way, and a reader that is slow holds up nobody else.
fn print(mut lines: mpsc::Receiver<Bytes>) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    while let Some(line) = lines.blocking_recv() {
        out.write_all(&line)?;
    }
    out.flush()
}

fn log(level: &str, message: String) -> AirbyteMessage {
    let level = serde_json::from_value(Value::from(level)).unwrap_or(LogLevel::Info);
    AirbyteMessage::Log {
        log: AirbyteLogMessage {
            level,
            message,
            stack_trace: None,
        },
    }
}

fn trace(fault: &Fault) -> AirbyteMessage {
    let stream = fault.stream.as_deref();
    failure(fault, stream.map(|name| StreamDescriptor::new(name, None)))
}

fn load<T: DeserializeOwned>(path: &PathBuf) -> Result<T, Fault> {
    let bad = |error: String| {
        Fault::config(format!("The file {} cannot be used.", path.display())).with_detail(error)
    };
    let text = fs::read(path).map_err(|error| bad(error.to_string()))?;
    serde_json::from_slice(&text).map_err(|error| bad(error.to_string()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(flatten)]
        arguments: Arguments,
    }

    #[test]
    fn a_source_has_a_name_or_a_manifest() {
        let cases = [
            ("x postgres spec", Some("postgres"), None),
            ("x --manifest-path m.yaml spec", None, Some("m.yaml")),
            (
                "x check --config c --manifest-path m.yaml",
                None,
                Some("m.yaml"),
            ),
            (
                "x read --config c --catalog k --state s --manifest-path m",
                None,
                Some("m"),
            ),
        ];
        for (line, name, manifest) in cases {
            let parsed = Program::try_parse_from(line.split(' ')).unwrap().arguments;
            assert_eq!(parsed.name.as_deref(), name, "{line}");
            let path = parsed.manifest_path.as_deref();
            assert_eq!(path.and_then(|path| path.to_str()), manifest, "{line}");
        }
        for line in ["x spec", "x postgres --manifest-path m spec"] {
            let parsed = Program::try_parse_from(line.split(' ')).unwrap().arguments;
            let fault = connector(&parsed).unwrap_err();
            assert!(fault.message.contains("either"), "{line}: {fault}");
        }
        Program::try_parse_from(["x", "postgres"]).unwrap_err();
    }
}
