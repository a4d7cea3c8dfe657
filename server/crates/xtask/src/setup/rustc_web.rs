//! Debian's compiler for its browsers (`rustc-web`), made able to compile for the browser.
//!
//! It comes without a WebAssembly standard library, but with that library's sources and everything they need.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result};

use super::{Tools, debian, toolchain::WASM, whole};
use crate::{child, place, report::Step};

/// The name under which this compiler is known to rustup.
pub const LINKED: &str = "tributary-web";
const COMPILE_LIMIT: Duration = Duration::from_mins(15);

/// Installs the packages, builds the missing library and tells rustup of the compiler.
pub fn install(step: &mut Step, tools: &mut Tools) -> Result<()> {
    debian::install(
        step,
        &[
            "rustc-web",
            "cargo-web",
            "rust-web-src",
            "lld-19",
            "gcc",
            "libc6-dev",
        ],
    )?;
    link_linker()?;
    build_wasm_library(step)?;
    if tools.find("rustup").is_some() {
        child::output(
            tools
                .command("rustup")
                .args(["toolchain", "link", LINKED, "/usr"]),
        )?;
    }
    Ok(())
}

/// Where the linker stands under the name that rustc looks for.
pub fn linker_dir() -> Result<PathBuf> {
    Ok(place::tools()?.join("linker"))
}

/// rustc looks for its WebAssembly linker as `rust-lld`, the C compiler for its own as `ld`; Debian's LLD has other
/// names. LLD links the server in a fraction of the time that the usual `ld` takes.
fn link_linker() -> Result<()> {
    let dir = linker_dir()?;
    whole(&dir, |part| {
        for (name, program) in [("rust-lld", "lld-19"), ("ld", "ld.lld-19")] {
            let found = place::find(program, &[])
                .with_context(|| format!("the Debian package lld-19 brought no `{program}`"))?;
            std::os::unix::fs::symlink(found, part.join(name))?;
        }
        Ok(())
    })
}

/// Builds the standard library for the browser from Debian's sources and puts it where rustc looks.
fn build_wasm_library(step: &mut Step) -> Result<()> {
    step.announce("building the standard library for WebAssembly (about a minute)");
    let dir = place::tools()?.join("build/wasm-std");
    fs::create_dir_all(dir.join("src"))?;
    fs::write(
        dir.join("Cargo.toml"),
        "[package]\nname = \"nothing\"\nedition = \"2024\"\n\n[workspace]\n",
    )?;
    fs::write(dir.join("src/lib.rs"), "")?;
    let mut cargo = Command::new("/usr/bin/cargo");
    cargo.current_dir(&dir).args([
        "build",
        "--release",
        "--target",
        WASM,
        "-Zbuild-std=std,panic_abort",
    ]);
    cargo
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", dir.join("target"));
    cargo
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("LD_LIBRARY_PATH")
        .env_remove("RUSTFLAGS");
    child::quiet(step, "wasm-std", &mut cargo, COMPILE_LIMIT)?;
    install_wasm_library(step, &dir.join("target").join(WASM).join("release/deps"))
}

fn install_wasm_library(step: &mut Step, built: &Path) -> Result<()> {
    let sysroot = child::output(Command::new("/usr/bin/rustc").args(["--print", "sysroot"]))?;
    let library = format!("{sysroot}/lib/rustlib/{WASM}/lib");
    // Parts of an older compiler version in the same folder would make every crate ambiguous.
    let script = format!("rm -rf '{library}' && mkdir -p '{library}' && cp \"$@\" '{library}/'");
    let parts: Vec<String> = fs::read_dir(built)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "rlib"))
        .map(|path| path.to_string_lossy().into_owned())
        .filter(|path| !path.contains("libnothing"))
        .collect();
    let words: Vec<&str> = ["-c", &script, "install"]
        .into_iter()
        .chain(parts.iter().map(String::as_str))
        .collect();
    child::quiet(
        step,
        "wasm-std-install",
        &mut debian::elevated("sh", &words)?,
        Duration::from_mins(1),
    )
}
