//! Tools written in Rust: taken ready-made where `cargo binstall` can, compiled otherwise, kept by version.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};

use super::{Tools, whole};
use crate::{
    child, place,
    report::{ByHand, Step},
};

/// The version that reads our `[[workspace.metadata.leptos]]`.
const CARGO_LEPTOS: &str = "0.3.11";
const DOWNLOAD_LIMIT: Duration = Duration::from_mins(1);
const COMPILE_LIMIT: Duration = Duration::from_hours(1);

/// A program from the registry of crates.
struct CargoTool {
    package: &'static str,
    program: &'static str,
    version: String,
    /// How much the compiler optimises: a tool that works on every build is worth more than one that only starts others.
    opt_level: &'static str,
    lock_file: LockFile,
    /// What of the package is compiled; empty means all of it.
    only: &'static [&'static str],
    time: &'static str,
}

/// Does the tool build with the versions in its own lock file?
#[derive(PartialEq, Eq)]
enum LockFile {
    Used,
    /// It names a version that was withdrawn.
    Ignored,
}

pub fn cargo_leptos(step: &mut Step, tools: &mut Tools) -> Result<String> {
    let tool = CargoTool {
        package: "cargo-leptos",
        program: "cargo-leptos",
        version: CARGO_LEPTOS.to_owned(),
        opt_level: "0",
        lock_file: LockFile::Used,
        only: &[],
        time: "8 to 15 minutes",
    };
    tool.ensure(step, tools)
}

/// The tool must be of the very version that the product was compiled against.
pub fn wasm_bindgen(step: &mut Step, tools: &mut Tools) -> Result<String> {
    let tool = CargoTool {
        package: "wasm-bindgen-cli",
        program: "wasm-bindgen",
        version: locked_version("wasm-bindgen")?,
        opt_level: "1",
        lock_file: LockFile::Ignored,
        // Neither the runner of its tests nor the TLS with which that talks to browsers elsewhere.
        only: &["--no-default-features", "--bin", "wasm-bindgen"],
        time: "2 to 4 minutes",
    };
    tool.ensure(step, tools)
}

/// The version of a package in Cargo.lock.
fn locked_version(package: &str) -> Result<String> {
    let lock =
        fs::read_to_string(place::root().join("Cargo.lock")).context("cannot read Cargo.lock")?;
    version_in(&lock, package).with_context(|| format!("Cargo.lock does not name {package}"))
}

fn version_in(lock: &str, package: &str) -> Option<String> {
    let (_, after) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    after.split_once('"').map(|(version, _)| version.to_owned())
}

impl CargoTool {
    fn ensure(&self, step: &mut Step, tools: &mut Tools) -> Result<String> {
        let bin = self.dir()?.join("bin");
        tools.prefer(bin.clone());
        if self.is_present(tools) {
            return Ok(format!("{}, already there", self.version));
        }
        let how = if self.download(step, tools).is_ok() {
            "downloaded"
        } else {
            self.compile(step, tools).with_context(|| self.by_hand())?;
            "compiled"
        };
        Ok(format!("{}, {how} into {}", self.version, bin.display()))
    }

    fn dir(&self) -> Result<PathBuf> {
        Ok(place::tools()?.join(format!("{}-{}", self.package, self.version)))
    }

    fn is_present(&self, tools: &Tools) -> bool {
        let version = tools
            .find(self.program)
            .and_then(|program| place::version_of(&program));
        version.is_some_and(|text| text.split_whitespace().any(|word| word == self.version))
    }

    fn by_hand(&self) -> ByHand {
        ByHand(format!(
            "cargo install {} --version {}",
            self.package, self.version
        ))
    }

    fn download(&self, step: &mut Step, tools: &Tools) -> Result<()> {
        tools
            .find("cargo-binstall")
            .context("there is no cargo-binstall")?;
        step.announce(&format!(
            "fetching version {} with cargo binstall",
            self.version
        ));
        whole(&self.dir()?, |part| {
            let mut binstall = tools.command("cargo");
            binstall
                .args([
                    "binstall",
                    "--no-confirm",
                    "--disable-strategies",
                    "compile",
                    "--root",
                ])
                .arg(part);
            binstall.arg(format!("{}@{}", self.package, self.version));
            child::quiet(step, "binstall", &mut binstall, DOWNLOAD_LIMIT)
        })
    }

    fn compile(&self, step: &mut Step, tools: &Tools) -> Result<()> {
        step.announce(&format!(
            "compiling version {} ({}, once on this machine)",
            self.version, self.time
        ));
        // Outside the finished folder: a try that was interrupted goes on from here.
        let target = place::tools()?.join("build").join(self.package);
        whole(&self.dir()?, |part| {
            child::quiet(
                step,
                self.package,
                &mut self.install_command(tools, part, &target),
                COMPILE_LIMIT,
            )
        })?;
        fs::remove_dir_all(&target).with_context(|| format!("cannot remove {}", target.display()))
    }

    /// Quick to compile rather than quick to run: the release profiles of these tools take three times as long.
    fn install_command(&self, tools: &Tools, root: &Path, target: &Path) -> std::process::Command {
        let mut cargo = tools.command("cargo");
        // Away from the checkout, whose compiler flags are meant for the product.
        cargo
            .current_dir(root)
            .env_remove("RUSTFLAGS")
            .env("CARGO_TARGET_DIR", target);
        cargo
            .args([
                "install",
                self.package,
                "--version",
                &self.version,
                "--no-track",
                "--root",
            ])
            .arg(root)
            .args(self.only);
        if self.lock_file == LockFile::Used {
            cargo.arg("--locked");
        }
        // Compressing the release's files with unoptimised code would take minutes.
        cargo.args(["--config", "profile.release.package.brotli.opt-level=3"]);
        cargo
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", self.opt_level);
        cargo
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0");
        cargo
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_version_is_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"x\"\n";
        assert_eq!(version_in(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(version_in(lock, "bindgen"), None);
        assert!(locked_version("wasm-bindgen").is_ok());
    }
}
