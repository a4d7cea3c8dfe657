//! Node.js and the packages of the two npm projects: `style` (Tailwind, wasm-opt) and `end2end` (Playwright, axe, Prism).

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};

use super::{Tools, debian};
use crate::{
    child, place,
    report::{ByHand, Step},
};

/// Tailwind and Playwright need at least this.
const OLDEST_NODE: u32 = 20;
const LIMIT: Duration = Duration::from_mins(10);
/// In `node_modules`: the lock file that was installed, written last.
const STAMP: &str = ".installed-lock.json";

pub fn ensure(step: &mut Step, tools: &mut Tools) -> Result<String> {
    if tools.find("node").is_none() || tools.find("npm").is_none() {
        debian::install(step, &["nodejs", "npm"])?;
    }
    let node = tools.find("node").context("`node` is not on PATH")?;
    let version = place::version_of(&node).context("`node --version` does not run")?;
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|word| word.parse().ok())
        .unwrap_or(0);
    if major < OLDEST_NODE {
        let hint = ByHand(format!(
            "install Node.js {OLDEST_NODE} or newer (nodejs.org lists the ways)"
        ));
        return Err(hint).with_context(|| format!("Node.js {version} is too old"));
    }
    Ok(version)
}

/// Installs one project's packages exactly as its lock file says, unless they are there.
pub fn install(step: &mut Step, tools: &mut Tools, project: &str) -> Result<String> {
    let dir = place::root().join(project);
    let bin = dir.join("node_modules/.bin");
    tools.prefer(bin);
    if is_current(&dir) {
        return Ok("already there".to_owned());
    }
    let mut npm = tools.command("npm");
    npm.current_dir(&dir).args([
        "ci",
        "--ignore-scripts",
        "--prefer-offline",
        "--no-audit",
        "--no-fund",
    ]);
    // Browsers come from the system.
    npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    let by_hand = ByHand(format!("cd {project} && npm ci"));
    child::quiet(step, &format!("npm-{project}"), &mut npm, LIMIT).context(by_hand)?;
    fs::copy(
        dir.join("package-lock.json"),
        dir.join("node_modules").join(STAMP),
    )?;
    Ok("installed with npm".to_owned())
}

/// The proxy that compares what passes through it with an API's description.
pub fn prism() -> PathBuf {
    place::root().join("end2end/node_modules/.bin/prism")
}

fn is_current(dir: &Path) -> bool {
    let wanted = fs::read(dir.join("package-lock.json"));
    let installed = fs::read(dir.join("node_modules").join(STAMP));
    matches!((wanted, installed), (Ok(wanted), Ok(installed)) if wanted == installed)
}
