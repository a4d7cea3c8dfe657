//! `source` and `destination postgres`: parts of the engine as plain Airbyte connectors, for pipes and for tests.

use std::{path::Path, process::ExitCode, sync::Arc};

use anyhow::Context;
use sync::connector::{Limits, RunContext, Turns, Usage, command::Arguments};
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
        new_config: None,
        secret_fields: Vec::new(),
        usage: Arc::new(Usage::default()),
        turns: Turns::default(),
    };
    Ok(sync::connector::command::run(arguments, context, logs).await)
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
