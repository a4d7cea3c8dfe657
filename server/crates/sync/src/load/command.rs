//! The loader as a plain Airbyte destination: `spec`, `check`, `write`. Messages on standard input, committed states on
//! standard output, nothing else there.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use airbyte::protocol::{ConfiguredAirbyteCatalog, LogLevel};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::fault::{Fault, Kind};
use crate::receipt::StreamReceipt;

use super::options::{Completion, Event, Namespaces, RunOptions};
use super::target::Target;

/// Bytes of standard input read at once.
const BLOCK: usize = 256 * 1024;
/// Blocks waiting to be converted, and events waiting to be printed.
const WAITING: usize = 4;

/// What the destination is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Tell what the configuration looks like.
    Spec,
    /// Try the configuration.
    Check { config: PathBuf },
    /// Load standard input.
    Write { config: PathBuf, catalog: PathBuf },
}

/// Carries out one command. Failures are told on standard output as the protocol wants it, in plain words; remarks of
/// the source go there as LOG messages only when they matter to a person.
pub async fn run(command: Command) -> ExitCode {
    let result = match command {
        Command::Spec => say(&spec()),
        Command::Check { config } => check(&config).await,
        Command::Write { config, catalog } => write(&config, &catalog).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            // Standard output may be closed by now; the exit code still tells.
            let _ = say(&trace(&fault));
            ExitCode::FAILURE
        }
    }
}

fn spec() -> Value {
    let specification: Value =
        serde_json::from_str(include_str!("spec.json")).expect("the file is checked by a test");
    json!({ "type": "SPEC", "spec": specification })
}

/// A refused configuration is an answer, not a failure.
async fn check(config: &Path) -> Result<(), Fault> {
    let outcome = match Target::from_config(&read_json(config)?) {
        Ok(target) => super::check(&target).await,
        Err(fault) => Err(fault),
    };
    say(&match outcome {
        Ok(()) => {
            json!({ "type": "CONNECTION_STATUS", "connectionStatus": { "status": "SUCCEEDED" } })
        }
        Err(fault) => {
            json!({ "type": "CONNECTION_STATUS", "connectionStatus": { "status": "FAILED", "message": fault.to_string() } })
        }
    })
}

async fn write(config: &Path, catalog: &Path) -> Result<(), Fault> {
    let target = Target::from_config(&read_json(config)?)?;
    let catalog: ConfiguredAirbyteCatalog = read_json(catalog)?;
    let options = RunOptions {
        namespaces: Namespaces::Schemas,
        completion: Completion::EndOfInput,
        ..RunOptions::default()
    };
    let (blocks, input) = mpsc::channel(WAITING);
    let (events, told) = mpsc::channel(WAITING);
    // Detached: a thread waiting for standard input cannot be stopped, and need not be.
    std::thread::spawn(move || read_input(&blocks));
    let printing = tokio::task::spawn_blocking(move || print(told));
    let receipts = super::write(&target, &catalog, input, events, options).await;
    printing
        .await
        .map_err(|_| Fault::bug("Printing states failed."))??;
    judge(&receipts?)
}

fn read_input(blocks: &mpsc::Sender<Bytes>) {
    let mut input = std::io::stdin().lock();
    loop {
        let mut block = vec![0; BLOCK];
        match input.read(&mut block) {
            Ok(0) => return,
            Ok(length) => {
                block.truncate(length);
                if blocks.blocking_send(Bytes::from(block)).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

fn print(mut events: mpsc::Receiver<Event>) -> Result<(), Fault> {
    while let Some(event) = events.blocking_recv() {
        match event {
            Event::Committed(state) => say_line(&state.message())?,
            Event::Log {
                level: level @ (LogLevel::Warn | LogLevel::Error | LogLevel::Fatal),
                message,
            } => {
                say(&json!({ "type": "LOG", "log": { "level": level, "message": message } }))?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// The run is good when every stream is complete and its receipt adds up.
fn judge(receipts: &[StreamReceipt]) -> Result<(), Fault> {
    for receipt in receipts {
        if let Some(problem) = receipt.problem() {
            return Err(Fault::data(problem).in_stream(receipt.stream.name.clone()));
        }
    }
    Ok(())
}

fn trace(fault: &Fault) -> Value {
    let failure_type = match fault.kind {
        Kind::Credentials | Kind::Config | Kind::Forbidden | Kind::Unsupported => "config_error",
        _ if fault.is_transient() => "transient_error",
        _ => "system_error",
    };
    let descriptor = fault.stream.as_ref().map(|name| json!({ "name": name }));
    json!({
        "type": "TRACE",
        "trace": { "type": "ERROR", "emitted_at": 0.0, "error": {
            "message": fault.message, "internal_message": fault.detail, "failure_type": failure_type, "stream_descriptor": descriptor } }
    })
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, Fault> {
    let text = std::fs::read(path)
        .map_err(|error| Fault::config(format!("{} cannot be read: {error}.", path.display())))?;
    serde_json::from_slice(&text).map_err(|error| {
        Fault::config(format!("{} is not what was expected.", path.display()))
            .with_detail(error.to_string())
    })
}

fn say(message: &Value) -> Result<(), Fault> {
    say_line(&message.to_string())
}

/// One message, at once: the platform saves a state when it sees it.
fn say_line(line: &str) -> Result<(), Fault> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(|error| {
            Fault::unreachable("Nobody reads what the loader says.").with_detail(error.to_string())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specification_asks_for_everything_a_target_needs() {
        let spec = spec();
        let properties = spec
            .pointer("/spec/connectionSpecification/properties")
            .and_then(Value::as_object)
            .unwrap();
        let mut config: Value = json!({"host": "h", "port": 1, "database": "d", "username": "u", "password": "p", "schema": "s"});
        config["ssl_mode"] = json!({ "mode": "disable" });
        assert!(Target::from_config(&config).is_ok());
        for field in config.as_object().unwrap().keys() {
            assert!(properties.contains_key(field), "{field}");
        }
        assert_eq!(
            spec.pointer("/spec/supported_destination_sync_modes")
                .unwrap(),
            &json!(["overwrite", "append", "append_dedup"])
        );
    }
}
