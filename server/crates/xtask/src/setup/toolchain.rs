//! A Rust compiler of the pinned version that can compile for the browser.
//!
//! Ordinary ways come first (a toolchain that is there, then rustup). Where rustup's server cannot be reached,
//! Debian's `rustc-web` serves: it lacks the WebAssembly standard library, which is built here from its sources.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail};

use super::{
    Tools, debian,
    rustc_web::{self, LINKED},
};
use crate::{
    child, place,
    report::{ByHand, Step},
};

/// The version that everything is checked with; the minor version decides.
const VERSION: &str = "1.96.0";
const MINOR: u32 = 96;
/// A download that works is done by then; one that does not must not hold the set-up for long.
const DOWNLOAD_LIMIT: Duration = Duration::from_mins(4);
pub const WASM: &str = "wasm32-unknown-unknown";

/// Makes sure of a compiler and selects it for all children.
pub fn ensure(step: &mut Step, tools: &mut Tools) -> Result<String> {
    tools.prefer(rustc_web::linker_dir()?);
    if let Some(found) = select_present(tools) {
        return Ok(found);
    }
    let ordinary = install_with_rustup(step, tools);
    if let (Ok(()), Some(found)) = (&ordinary, select_present(tools)) {
        return Ok(found);
    }
    let by_hand = ByHand(format!(
        "rustup toolchain install {VERSION} --component clippy,rustfmt --target {WASM}"
    ));
    if !debian::has_apt() {
        return Err(ordinary
            .err()
            .unwrap_or_else(|| anyhow::anyhow!("rustup's toolchain does not work"))
            .context(by_hand));
    }
    step.announce("rustup cannot provide it here; taking Debian's compiler instead");
    rustc_web::install(step, tools).context(by_hand)?;
    select_present(tools)
        .context("Debian's compiler is installed but cannot compile for the browser")
}

/// Takes the first toolchain that is there and good: the one in use, the pinned one, Debian's.
fn select_present(tools: &mut Tools) -> Option<String> {
    let candidates = [None, Some(VERSION.to_owned()), Some(LINKED.to_owned())];
    for candidate in candidates {
        if candidate.is_some() && !is_installed(tools, candidate.as_deref()) {
            continue;
        }
        tools.toolchain.clone_from(&candidate);
        let Some(version) = minor_version(tools).filter(|minor| fits(*minor, candidate.as_deref()))
        else {
            continue;
        };
        if compiles_for_browser(tools) {
            tools.linker = linker_of(candidate.as_deref());
            let name = candidate.map_or_else(String::new, |name| format!(", toolchain {name}"));
            return Some(format!("1.{version}{name}"));
        }
    }
    tools.toolchain = None;
    None
}

/// Debian may move on to a newer version; everywhere else the pinned one is wanted.
fn fits(minor: u32, toolchain: Option<&str>) -> bool {
    minor == MINOR || (toolchain == Some(LINKED) && minor > MINOR)
}

/// Rust's own toolchains bring a quick linker; Debian's compiler uses the system's.
fn linker_of(toolchain: Option<&str>) -> Option<PathBuf> {
    let dir = rustc_web::linker_dir().ok()?;
    (toolchain == Some(LINKED) && dir.join("ld").exists()).then_some(dir)
}

fn is_installed(tools: &Tools, toolchain: Option<&str>) -> bool {
    let Ok(list) = child::output(
        tools
            .command("rustup")
            .args(["toolchain", "list", "--quiet"]),
    ) else {
        return false;
    };
    let matches = |line: &str| {
        toolchain.is_some_and(|name| line == name || line.starts_with(&format!("{name}-")))
    };
    list.lines().any(matches)
}

fn minor_version(tools: &Tools) -> Option<u32> {
    let text = child::output(tools.command("rustc").arg("--version")).ok()?;
    text.strip_prefix("rustc 1.")?
        .split('.')
        .next()?
        .parse()
        .ok()
}

/// The only proof that counts: a small library for the browser compiles and links.
fn compiles_for_browser(tools: &Tools) -> bool {
    let Ok(dir) = place::tools().map(|dir| dir.join("probe")) else {
        return false;
    };
    let source = dir.join("probe.rs");
    let written = fs::create_dir_all(&dir).and_then(|()| {
        fs::write(
            &source,
            "#[unsafe(no_mangle)] pub extern \"C\" fn probe() -> usize { vec![1].len() }\n",
        )
    });
    let mut rustc = tools.command("rustc");
    rustc.args([
        "--edition=2024",
        "--crate-type=cdylib",
        "--target",
        WASM,
        "-o",
    ]);
    rustc.arg(dir.join("probe.wasm")).arg(&source);
    written.is_ok() && child::output(&mut rustc).is_ok()
}

fn install_with_rustup(step: &mut Step, tools: &Tools) -> Result<()> {
    if tools.find("rustup").is_none() {
        bail!("there is no rustup");
    }
    step.announce(&format!("asking rustup for Rust {VERSION}"));
    let mut rustup = tools.command("rustup");
    rustup.args([
        "toolchain",
        "install",
        VERSION,
        "--no-self-update",
        "--profile",
        "minimal",
    ]);
    rustup.args([
        "--component",
        "clippy",
        "--component",
        "rustfmt",
        "--target",
        WASM,
    ]);
    child::quiet(step, "rustup", &mut rustup, DOWNLOAD_LIMIT)
}

/// rustfmt and clippy of the selected toolchain.
pub fn ensure_checkers(step: &mut Step, tools: &mut Tools) -> Result<String> {
    let there = |tools: &Tools| {
        let works =
            |part: &str| child::output(tools.command("cargo").args([part, "--version"])).is_ok();
        works("fmt") && works("clippy")
    };
    if there(tools) {
        return Ok("already there".to_owned());
    }
    let mut rustup = tools.command("rustup");
    rustup.args(["component", "add", "clippy", "rustfmt"]);
    let ordinary = child::quiet(step, "rustup", &mut rustup, DOWNLOAD_LIMIT);
    if ordinary.is_err() && debian::has_apt() {
        debian::install(step, &["rust-web-clippy", "rustfmt-web"])?;
    }
    if !there(tools) {
        let hint = ByHand("rustup component add clippy rustfmt".to_owned());
        return Err(hint)
            .context("`cargo fmt` or `cargo clippy` does not work with this toolchain");
    }
    Ok("installed".to_owned())
}
