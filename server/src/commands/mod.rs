//! One file a command: each opens what it needs, calls `hub`, prints and ends.

mod apply;
mod connector;
mod doctor;
mod explain;
mod keys;
mod local;
mod operate;
mod schema;
mod serve;
mod sync;

use std::{net::SocketAddr, path::Path, process::ExitCode};

use crate::{
    cli::{Cli, Command, Destination},
    config::{self, Config, Settings},
};

/// Does what was asked; the exit code is the command's own.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let data_dir = config::data_dir(cli.data_dir);
    match cli.command {
        Command::Serve(options) => serve::run(&data_dir, &options).await,
        Command::Migrate => schema::migrate(&data_dir).await,
        Command::Openapi => schema::openapi(),
        Command::Routes(options) => schema::routes(&options),
        Command::Admin(command) => operate::admin(&data_dir, command).await,
        Command::Tenant(command) => operate::tenant(&data_dir, command).await,
        Command::ApiKey(command) => operate::api_key(&data_dir, command).await,
        Command::Engine(command) => operate::engine(&data_dir, command).await,
        Command::Keys(command) => keys::run(&data_dir, command).await,
        Command::Audit(command) => operate::audit(&data_dir, command).await,
        Command::Connections(options) => operate::connections(&data_dir, &options).await,
        Command::Sync(options) => sync::run(&data_dir, &options).await,
        Command::Source(arguments) => connector::source(&data_dir, arguments).await,
        Command::Apply(options) => apply::run(&data_dir, &options).await,
        Command::Explain(options) => explain::run(&data_dir, &options),
        Command::Destination(Destination::Postgres(command)) => {
            Ok(connector::postgres_destination(command).await)
        }
        Command::Doctor => Box::pin(doctor::run(&data_dir)).await,
    }
}

/// The configuration of a command that listens nowhere.
fn configured(data_dir: &Path) -> anyhow::Result<Config> {
    Config::new(
        data_dir,
        SocketAddr::from(([127, 0, 0, 1], 0)),
        &Settings::read(data_dir)?,
    )
}
