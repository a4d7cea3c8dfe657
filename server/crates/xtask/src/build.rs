//! Building the hub: the browser's part, the styles and the server; for a release also packing them into one file.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    child,
    fresh::Stamp,
    place, report,
    setup::{self, Purpose, Tools},
};

/// What the browser may have to load before a page comes alive, compressed with brotli.
const WASM_BUDGET: u64 = 350 * 1024;

/// How a build is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Profile {
    Debug,
    Release,
}

/// `cargo hub build [--release]`.
pub fn run(arguments: &[String]) -> Result<()> {
    let profile = match arguments {
        [] => Profile::Debug,
        [flag] if flag == "--release" => Profile::Release,
        _ => bail!("`cargo hub build` takes `--release` or nothing"),
    };
    let tools = setup::prepare(Purpose::Product)?;
    let program = match profile {
        Profile::Debug => debug(&tools)?,
        Profile::Release => release(&tools)?,
    };
    report::note(&format!("{}", program.display()));
    Ok(())
}

/// Builds for development, unless nothing has changed since the last time; returns the program.
pub fn debug(tools: &Tools) -> Result<PathBuf> {
    report::heading("Build");
    let program = place::target().join("debug/tributary");
    if program.exists() && Stamp::of(&program, "debug")?.holds() {
        report::step("Tributary", |_| Ok("nothing has changed".to_owned()))?;
        return Ok(program);
    }
    // Before the build: a source that changes meanwhile is then built next time.
    let sources = Stamp::of(&program, "debug")?;
    child::open(leptos(tools).arg("--split")).context("the build failed")?;
    sources.for_program(&program).save()?;
    report::step("Tributary", |_| Ok("built".to_owned()))?;
    Ok(program)
}

/// Builds one self-contained program with the compressed site inside.
fn release(tools: &Tools) -> Result<PathBuf> {
    report::heading("Release build");
    // Of an earlier build: files that this one does not make would be packed too.
    if place::site().exists() {
        fs::remove_dir_all(place::site())?;
    }
    Stamp::forget("debug")?;
    let mut front = leptos(tools);
    front.args(["--release", "--split", "--precompress", "--frontend-only"]);
    child::open(&mut front).context("the browser's part failed to build")?;
    report::step("Size of the browser's part", |_| {
        weigh(&place::site().join("pkg"))
    })?;
    let mut server = tools.command("cargo");
    server.args([
        "build",
        "--release",
        "--package",
        "server",
        "--bin",
        "tributary",
    ]);
    server.env("TRIBUTARY_EMBED_SITE", place::site());
    child::open(&mut server).context("the server failed to build")?;
    Ok(place::target().join("release/tributary"))
}

/// `cargo leptos build`, into this checkout's own site: a shell that knows another one's `LEPTOS_SITE_ROOT` would
/// otherwise get a server here and its pages' other half there.
fn leptos(tools: &Tools) -> Command {
    let mut command = tools.command("cargo");
    command
        .args(["leptos", "build"])
        .env("LEPTOS_SITE_ROOT", place::site());
    command
}

/// The main WebAssembly file must stay within its budget.
fn weigh(pkg: &Path) -> Result<String> {
    let size = fs::read_dir(pkg)
        .with_context(|| format!("there is no {}", pkg.display()))?
        .flatten()
        .filter(|entry| is_main_chunk(&entry.path()))
        .filter_map(|entry| entry.metadata().ok())
        .map(|data| data.len())
        .max()
        .context("no compressed WebAssembly file was made")?;
    let (kilobytes, budget) = (size.div_ceil(1024), WASM_BUDGET / 1024);
    if size > WASM_BUDGET {
        bail!("{kilobytes} KB brotli is over the budget of {budget} KB");
    }
    Ok(format!("{kilobytes} KB brotli of {budget} KB"))
}

fn is_main_chunk(file: &Path) -> bool {
    let name = file.file_name().and_then(OsStr::to_str).unwrap_or_default();
    name.starts_with("tributary") && name.ends_with(".wasm.br")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_main_chunk_counts() {
        assert!(is_main_chunk(Path::new("pkg/tributary.wasm.br")));
        assert!(!is_main_chunk(Path::new("pkg/chunk_0.wasm.br")));
        assert!(!is_main_chunk(Path::new("pkg/tributary.js.br")));
    }
}
