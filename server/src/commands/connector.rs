//! `source` and `destination postgres`: parts of the engine as plain Airbyte connectors, for pipes and for tests.

use std::{path::Path, process::ExitCode, sync::Arc};

use anyhow::Context;
use sync::{
    connector::{
        Connector, Detail, Limits, LogLine, RunContext, Turns, Usage,
        command::{self, Arguments, Question},
    },
    fault::Fault,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::configured;
use crate::{cli::Loader, hub_parts};

/// Log lines waiting to be printed.
const LOG_LINES: usize = 256;

/// Answers one question of the protocol with a built-in source.
pub async fn source(data_dir: &Path, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let config = configured(data_dir)?;
    let folder = tempfile::Builder::new()
        .prefix("tributary-source-")
        .tempdir()
        .context("no folder for temporary files")?;
    let (log, logs) = mpsc::channel(LOG_LINES);
    let context = RunContext {
        work_dir: folder.path().to_owned(),
        outbound: hub_parts::outbound(&config)?,
        uploads: None,
        limits: Limits::default(),
        sandbox: hub_parts::sandbox(&config),
        cancel: CancellationToken::new(),
        log,
        // Both are known once the source is: `command::run` sees to them.
        new_config: None,
        secret_fields: Vec::new(),
        usage: Arc::new(Usage::default()),
        turns: Turns::default(),
        detail: Detail::Usual,
    };
    let connector = connector(&arguments, data_dir, context.log.clone());
    Ok(command::run(connector, arguments.question.clone(), context, logs).await)
}

/// What the arguments name. Components in Python run in Airbyte's own runtime, which says so first.
async fn connector(
    arguments: &Arguments,
    data_dir: &Path,
    log: mpsc::Sender<LogLine>,
) -> Result<Connector, Fault> {
    match (command::connector(arguments)?, &arguments.manifest_path) {
        // What it asks for stands in the manifest itself.
        (connector, _) if matches!(arguments.question, Question::Spec) => Ok(connector),
        (Connector::Declarative(manifest), Some(file)) => {
            let tools = hub_parts::python_tools();
            let tell = |text: &str| {
                // A line more or less: nobody waits for it.
                let _ = log.try_send(LogLine::info(text));
            };
            if let sync::declarative::Runtime::Python(names) = manifest.runtime() {
                tell(&format!(
                    "Airbyte's Python runtime runs this manifest, because of {}.",
                    names.join(", ")
                ));
            }
            engine::manifest_connector(file, manifest, data_dir, &tools, tell).await
        }
        (connector, _) => Ok(connector),
    }
}

/// Runs the loader on stdin.
pub async fn postgres_destination(command: Loader) -> ExitCode {
    use sync::load::command::{Command, run};
    run(match command {
        Loader::Spec => Command::Spec,
        Loader::Check { config } => Command::Check { config },
        Loader::Write { config, catalog } => Command::Write { config, catalog },
    })
    .await
}
