//! The `tributary` binary: reads the command line and hands over to the command.

mod allocator;
mod api;
mod cli;
mod client;
mod commands;
mod config;
mod databases;
mod embedded;
mod guard;
mod hub_parts;
mod lifecycle;
mod limit;
mod listen;
mod overload;
mod probes;
mod process;
mod refused;
mod render;
mod router;
mod session;
mod site;
mod state;
mod telemetry;
mod web;
mod webhooks;

use std::process::ExitCode;

use clap::Parser;
use cli::Cli;

#[global_allocator]
static ALLOCATOR: allocator::Allocator = allocator::Allocator;

fn main() -> ExitCode {
    allocator::begin();
    // Started as the launcher of a connector, it limits itself before it becomes that connector: single-threaded, so
    // before the runtime.
    if let Some(code) = sync::process::launcher::main() {
        return code;
    }
    let cli = Cli::parse();
    if cli.is_connector() {
        allocator::spare();
    }
    match process::run(commands::run(cli)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("tributary: {error:#}");
            ExitCode::FAILURE
        }
    }
}
