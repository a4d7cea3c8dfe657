//! The peer: dlt, reading the same records as dictionaries, in an environment of its own.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::{child, place};

use super::destination::{Destination, path, work_dir};

/// Reads the messages and hands dlt one dictionary a record, as its REST sources do.
const SCRIPT: &str = include_str!("peer.py");
const PACKAGES: [&str; 2] = ["dlt[postgres]", "orjson"];

/// Installs it from the Python registry, once.
pub fn install(destination: &Destination<'_>) -> Result<()> {
    let environment = environment()?;
    if environment.join("ready").exists() {
        return Ok(());
    }
    child::output(destination.command("uv").args([
        "venv",
        "--quiet",
        "--clear",
        path(&environment)?,
    ]))
    .context("no Python environment")?;
    child::output(
        destination
            .command("uv")
            .args(["pip", "install", "--quiet", "--python", path(&python()?)?])
            .args(PACKAGES),
    )
    .context("the registry did not deliver it")?;
    Ok(std::fs::write(environment.join("ready"), "")?)
}

pub fn load(destination: &Destination<'_>, messages: &Path, schema: &str) -> Result<()> {
    let script = work_dir()?.join("peer.py");
    std::fs::write(&script, SCRIPT)?;
    let mut command = destination.command(path(&python()?)?);
    command
        .arg(script)
        .args([path(messages)?, schema, path(&work_dir()?)?])
        .env("DESTINATION__POSTGRES__CREDENTIALS", destination.url())
        .env("RUNTIME__DLTHUB_TELEMETRY", "false")
        .env("RUNTIME__LOG_LEVEL", "ERROR");
    child::output(&mut command).map(drop)
}

fn environment() -> Result<PathBuf> {
    Ok(place::tools()?.join("bench-peer"))
}

fn python() -> Result<PathBuf> {
    Ok(environment()?.join("bin/python"))
}
