//! Chromium for the browser tests: the system's, else Debian's package, else Playwright's own download.

use std::{env, path::PathBuf, time::Duration};

use anyhow::{Context, Result};

use super::{Tools, debian};
use crate::{
    child, place,
    report::{ByHand, Step},
};

const NAMES: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
const LIMIT: Duration = Duration::from_mins(5);

pub fn ensure(step: &mut Step, tools: &mut Tools) -> Result<String> {
    if present(tools).is_none() {
        install(step, tools)?;
    }
    tools.chromium = present(tools).unwrap_or_default();
    let version = place::version_of(&tools.chromium);
    Ok(version.map_or_else(|| "Playwright's own".to_owned(), |text| short(&text)))
}

fn present(tools: &Tools) -> Option<PathBuf> {
    let chosen = env::var_os("CHROMIUM").map(PathBuf::from);
    chosen.or_else(|| NAMES.iter().find_map(|name| tools.find(name)))
}

fn install(step: &mut Step, tools: &Tools) -> Result<()> {
    let debian = debian::install(step, &["chromium"]);
    if debian.is_ok() {
        return Ok(());
    }
    let mut playwright = tools.command("npx");
    playwright.current_dir(place::root().join("end2end")).args([
        "--yes",
        "playwright",
        "install",
        "chromium",
    ]);
    let hint = ByHand("install Chromium, or set CHROMIUM to the path of a browser".to_owned());
    child::quiet(step, "playwright-install", &mut playwright, LIMIT).context(hint)
}

/// `Chromium 142.0.7444.59 built on Debian…` without the second half.
fn short(version: &str) -> String {
    version
        .split(" built")
        .next()
        .unwrap_or(version)
        .trim()
        .to_owned()
}
