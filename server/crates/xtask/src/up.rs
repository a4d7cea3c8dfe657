//! `cargo hub up`: everything that is needed, then the hub itself in place of this process.

use std::{os::unix::process::CommandExt, path::Path};

use anyhow::{Context, Result};

use crate::{
    build, place, report,
    setup::{self, Purpose, Tools},
};

pub fn run(arguments: &[String]) -> Result<()> {
    let tools = setup::prepare(Purpose::Product)?;
    let program = build::debug(&tools)?;
    report::heading("Start");
    let error = serve(&tools, &program, arguments).exec();
    Err(error).with_context(|| format!("cannot start {}", program.display()))
}

/// `tributary serve` with the site just built; its own defaults hold unless the person says otherwise.
fn serve(tools: &Tools, program: &Path, arguments: &[String]) -> std::process::Command {
    let mut command = tools.command(&program.to_string_lossy());
    command
        .arg("serve")
        .args(arguments)
        .env("LEPTOS_SITE_ROOT", place::site());
    command
}
