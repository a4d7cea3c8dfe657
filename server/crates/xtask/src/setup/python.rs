//! `uv`, which makes the virtual environments of Python connectors, and what the tests have from Python: moto, an S3
//! server, a server that speaks MongoDB's protocol, Airbyte's own API client, and its runtime of low-code manifests.

use std::{path::Path, process::Command, time::Duration};

use anyhow::{Context, Result};

use super::{Tools, debian, whole};
use crate::{
    child, place,
    report::{ByHand, Step},
};

const UV: &str = "0.13.8";
const MOTO: &str = "5.2.5";
const NX_27017: &str = "0.8.1";
const AIRBYTE_API: &str = "1.0.1";
const AIRBYTE_CDK: &str = "7.39.1";
const LIMIT: Duration = Duration::from_mins(5);

pub fn ensure_uv(step: &mut Step, tools: &mut Tools) -> Result<String> {
    let dir = place::tools()?.join(format!("uv-{UV}"));
    tools.prefer(dir.join("bin"));
    let present = |tools: &Tools| tools.find("uv").and_then(|uv| place::version_of(&uv));
    if let Some(version) = present(tools) {
        return Ok(version);
    }
    let by_hand = || ByHand("pip install uv".to_owned());
    whole(&dir, |part| install_uv(step, part)).with_context(by_hand)?;
    present(tools)
        .context("uv was installed but does not run")
        .with_context(by_hand)
}

/// A virtual environment keeps it out of the system's Python; only its program is kept, which needs no Python.
fn install_uv(step: &mut Step, part: &Path) -> Result<()> {
    let venv = part.join("venv");
    let make = |step: &mut Step| {
        child::quiet(
            step,
            "uv-venv",
            Command::new("python3").args(["-m", "venv"]).arg(&venv),
            LIMIT,
        )
    };
    if make(step).is_err() {
        debian::install(step, &["python3-venv"])?;
        make(step)?;
    }
    let mut pip = Command::new(venv.join("bin/python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ])
    .arg(format!("uv=={UV}"));
    child::quiet(step, "uv", &mut pip, LIMIT)?;
    std::fs::create_dir_all(part.join("bin"))?;
    std::fs::copy(venv.join("bin/uv"), part.join("bin/uv"))?;
    std::fs::remove_dir_all(&venv)?;
    Ok(())
}

pub fn ensure_moto(step: &mut Step, tools: &mut Tools) -> Result<String> {
    let dir = place::tools()?.join(format!("moto-{MOTO}"));
    tools.moto = dir.join("bin/moto_server");
    ensure_package(step, tools, &dir, "moto", &format!("moto[server]=={MOTO}"))
}

/// MongoDB itself is in no registry; this speaks its protocol over SQLite.
pub fn ensure_mongodb(step: &mut Step, tools: &mut Tools) -> Result<String> {
    let dir = place::tools()?.join(format!("nx-27017-{NX_27017}"));
    tools.mongodb = dir.join("bin/nx-27017");
    let package = format!("nx-27017=={NX_27017}");
    ensure_package(step, tools, &dir, "nx-27017", &package)
}

pub fn ensure_airbyte_client(step: &mut Step, tools: &mut Tools) -> Result<String> {
    let dir = place::tools()?.join(format!("airbyte-api-{AIRBYTE_API}"));
    tools.airbyte_python = dir.join("bin/python");
    let package = format!("airbyte-api=={AIRBYTE_API}");
    ensure_package(step, tools, &dir, "airbyte-api", &package)
}

/// The runtime that ours is compared with.
pub fn ensure_airbyte_runtime(step: &mut Step, tools: &mut Tools) -> Result<String> {
    let dir = place::tools()?.join(format!("airbyte-cdk-{AIRBYTE_CDK}"));
    tools.airbyte_cdk_python = dir.join("bin/python");
    let package = format!("airbyte-cdk=={AIRBYTE_CDK}");
    ensure_package(step, tools, &dir, "airbyte-cdk", &package)
}

/// A package of the Python registry in a virtual environment of its own.
fn ensure_package(
    step: &mut Step,
    tools: &mut Tools,
    dir: &Path,
    name: &str,
    package: &str,
) -> Result<String> {
    // Written last: a half-made environment lacks it.
    let done = dir.join("complete");
    if done.exists() {
        return Ok(format!("{package}, already there"));
    }
    let by_hand = || {
        ByHand(format!(
            "uv venv {0} && uv pip install --python {0}/bin/python '{package}'",
            dir.display()
        ))
    };
    // Not moved into place afterwards: the programs of a virtual environment know their folder.
    let mut venv = tools.command("uv");
    venv.args(["venv", "--quiet", "--clear"]).arg(dir);
    child::quiet(step, &format!("{name}-venv"), &mut venv, LIMIT).with_context(by_hand)?;
    let mut pip = tools.command("uv");
    pip.args(["pip", "install", "--quiet", "--python"])
        .arg(dir.join("bin/python"))
        .arg(package);
    child::quiet(step, name, &mut pip, LIMIT).with_context(by_hand)?;
    std::fs::write(&done, "")?;
    Ok(format!("{package}, installed"))
}
