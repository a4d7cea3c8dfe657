//! The peer: dlt, reading the same records as dictionaries, in an environment of its own.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, Result, bail};

use super::{
    destination::{Destination, path, work_dir},
    memory,
    plan::Peer,
};
use crate::{child, place, report};

pub const NAME: &str = "dlt from dicts";
/// Reads the messages and hands dlt one dictionary a record, as its REST sources do.
const SCRIPT: &str = include_str!("peer.py");
const PACKAGES: [&str; 2] = ["dlt[postgres]", "orjson"];

/// What becomes of rows whose key is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    Append,
    Merge,
}

/// Why there is no peer, if there is none: the bench goes on without it.
pub fn missing(destination: &Destination<'_>, wanted: Peer) -> Option<String> {
    if wanted == Peer::LeftOut {
        return Some("left out".to_owned());
    }
    let mut why = None;
    let installed = report::step("The peer (dlt)", |_| {
        install(destination)?;
        child::output(destination.command(path(&python()?)?).args([
            "-c",
            "import importlib.metadata as m; print(m.version('dlt'))",
        ]))
    });
    if let Err(error) = installed {
        why = Some(format!("cannot be had: {error:#}"));
    }
    why
}

/// Installs it from the Python registry, once.
fn install(destination: &Destination<'_>) -> Result<()> {
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
    Ok(fs::write(environment.join("ready"), "")?)
}

/// Loads the messages. Returns the peak memory in bytes.
pub fn load(
    destination: &Destination<'_>,
    messages: &Path,
    schema: &str,
    disposition: Disposition,
) -> Result<u64> {
    let (script, log) = (work_dir()?.join("peer.py"), work_dir()?.join("peer.log"));
    fs::write(&script, SCRIPT)?;
    let disposition = match disposition {
        Disposition::Append => "append",
        Disposition::Merge => "merge",
    };
    let process = destination
        .command(path(&python()?)?)
        .arg(script)
        .args([path(messages)?, schema, path(&work_dir()?)?, disposition])
        .env("DESTINATION__POSTGRES__CREDENTIALS", destination.url())
        .env("RUNTIME__DLTHUB_TELEMETRY", "false")
        .env("RUNTIME__LOG_LEVEL", "ERROR")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&log)?)
        .spawn()?;
    let (status, peak) = memory::watch(process)?;
    if !status.success() {
        bail!("failed ({status}): {}", child::last_lines(&log, 1).trim());
    }
    Ok(peak)
}

fn environment() -> Result<PathBuf> {
    Ok(place::tools()?.join("bench-peer"))
}

fn python() -> Result<PathBuf> {
    Ok(environment()?.join("bin/python"))
}
