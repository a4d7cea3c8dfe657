//! The fuzz targets: workspaces of their own, because running them needs a nightly compiler. Compiling them does not, and a
//! change elsewhere must not break them unseen.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{child, place, setup::Tools};

/// Only what is linked needs the fuzzer's own library, and nothing is: compiling its C++ is left out.
const NO_LIBRARY: &str = "/nowhere/libfuzzer.a";

/// Compiles every target without linking it.
pub fn check(tools: &Tools) -> Result<()> {
    for folder in folders()? {
        // The product's versions: what it has downloaded is enough, and findings are about what it runs.
        fs::copy(place::root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
        let mut command = tools.command("cargo");
        command
            .args(["check", "--bins", "--manifest-path"])
            .arg(folder.join("Cargo.toml"))
            // One folder for all, so that what they share is compiled once.
            .env("CARGO_TARGET_DIR", place::target().join("fuzz"))
            .env("CUSTOM_LIBFUZZER_PATH", NO_LIBRARY);
        child::open(&mut command)
            .with_context(|| format!("the fuzz targets in {} do not compile", folder.display()))?;
    }
    Ok(())
}

fn folders() -> Result<Vec<PathBuf>> {
    let crates = place::root().join("server/crates");
    let entries = fs::read_dir(&crates).with_context(|| format!("{}", crates.display()))?;
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path().join("fuzz"))
        .filter(|folder| is_package(folder))
        .collect();
    found.sort();
    Ok(found)
}

fn is_package(folder: &Path) -> bool {
    folder.join("Cargo.toml").is_file()
}
