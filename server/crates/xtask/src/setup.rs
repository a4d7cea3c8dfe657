//! Finding and installing the tools. Every step looks first, installs only what is missing and can be repeated.

mod browser;
mod cargo_tools;
mod debian;
mod node;
mod postgres;
mod python;
mod rustc_web;
mod toolchain;

use std::{
    env,
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    place,
    report::{self, Step},
};

pub use node::prism;

/// What the tools are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Product,
    Tests,
}

/// MariaDB's programs.
#[derive(Debug, Default)]
pub struct MariaDb {
    pub server: PathBuf,
    /// What makes the folder of a new server.
    pub install: PathBuf,
}

/// The tools as found, and the environment in which children use them.
#[derive(Debug, Default)]
pub struct Tools {
    /// Folders to look in before PATH.
    path: Vec<PathBuf>,
    /// The rustup toolchain for children, when it is not the one in use anyway.
    toolchain: Option<String>,
    /// Folder with the linker that the C compiler is to use, when its own is a slow one.
    linker: Option<PathBuf>,
    /// Folder of the PostgreSQL server's programs.
    pub postgres: PathBuf,
    pub chromium: PathBuf,
    pub redis: PathBuf,
    pub mariadb: MariaDb,
    pub moto: PathBuf,
    /// A server that speaks MongoDB's protocol.
    pub mongodb: PathBuf,
    /// A Python that has Airbyte's API client.
    pub airbyte_python: PathBuf,
    /// A Python that has Airbyte's runtime of low-code manifests.
    pub airbyte_cdk_python: PathBuf,
}

impl Tools {
    /// A command that finds these tools and runs in the checkout.
    pub fn command(&self, program: &str) -> Command {
        let found = place::find(program, &self.path).unwrap_or_else(|| PathBuf::from(program));
        let mut command = Command::new(found);
        command
            .current_dir(place::root())
            .env("PATH", self.search_path());
        // `cargo run` leaves the libraries of its own toolchain here.
        command.env_remove("LD_LIBRARY_PATH");
        if let Some(toolchain) = &self.toolchain {
            command.env("RUSTUP_TOOLCHAIN", toolchain);
        }
        if let Some(dir) = &self.linker {
            command.env("COMPILER_PATH", dir);
        }
        command
    }

    fn search_path(&self) -> std::ffi::OsString {
        let path = env::var_os("PATH").unwrap_or_default();
        let all = self.path.iter().cloned().chain(env::split_paths(&path));
        env::join_paths(all).expect("every folder came from PATH or holds no colon")
    }

    fn find(&self, program: &str) -> Option<PathBuf> {
        place::find(program, &self.path)
    }

    fn prefer(&mut self, dir: PathBuf) {
        if !self.path.contains(&dir) {
            self.path.insert(0, dir);
        }
    }
}

/// `cargo hub setup [--test]`.
pub fn run(arguments: &[String]) -> Result<()> {
    let purpose = match arguments {
        [] => Purpose::Product,
        [flag] if flag == "--test" => Purpose::Tests,
        _ => bail!("`cargo hub setup` takes `--test` or nothing"),
    };
    prepare(purpose).map(drop)
}

/// Finds or installs everything the purpose needs; lists what could not be had.
pub fn prepare(purpose: Purpose) -> Result<Tools> {
    report::heading("Tools");
    let _lock = lock()?;
    let mut all = Checklist::default();
    all.needed("C compiler", debian::compiler);
    all.needed("Rust with WebAssembly", toolchain::ensure);
    all.needed("PostgreSQL", postgres::ensure);
    all.useful("uv (runs Python connectors)", python::ensure_uv);
    all.needed("Node.js", node::ensure);
    all.needed("Tailwind and wasm-opt", |step, tools| {
        node::install(step, tools, "style")
    });
    if purpose == Purpose::Tests {
        all.needed("rustfmt and clippy", toolchain::ensure_checkers);
        all.needed("Redis", debian::redis);
        all.needed("MariaDB", debian::mariadb);
        all.needed("S3 test server", python::ensure_moto);
        all.needed("MongoDB test server", python::ensure_mongodb);
        all.needed("Airbyte's API client", python::ensure_airbyte_client);
        all.needed("Airbyte's low-code runtime", python::ensure_airbyte_runtime);
        all.needed("Playwright and Prism", |step, tools| {
            node::install(step, tools, "end2end")
        });
        all.needed("Chromium", browser::ensure);
    }
    all.needed("wasm-bindgen", cargo_tools::wasm_bindgen);
    all.needed("cargo-leptos", cargo_tools::cargo_leptos);
    all.finish()
}

/// Finds or installs Airbyte's runtime of low-code manifests, which the bench compares ours with.
pub fn airbyte_runtime(tools: &mut Tools) -> Result<()> {
    let _lock = lock()?;
    report::step("Airbyte's low-code runtime", |step| {
        python::ensure_airbyte_runtime(step, tools)
    })
}

/// The steps done so far and what they could not do.
#[derive(Default)]
struct Checklist {
    tools: Tools,
    missing: Vec<String>,
}

type Work = fn(&mut Step, &mut Tools) -> Result<String>;

impl Checklist {
    fn needed(&mut self, name: &str, work: Work) {
        if report::step(name, |step| work(step, &mut self.tools)).is_err() {
            self.missing.push(name.to_owned());
        }
    }

    /// Like `needed`, but the product starts without it.
    fn useful(&mut self, name: &str, work: Work) {
        if report::step(name, |step| work(step, &mut self.tools)).is_err() {
            report::note(&format!("Going on without {name}."));
        }
    }

    fn finish(self) -> Result<Tools> {
        if self.missing.is_empty() {
            return Ok(self.tools);
        }
        bail!(
            "could not get: {}. What to do by hand stands above, at each of them; then run the same command again: \
             it goes on where it stopped.",
            self.missing.join(", ")
        );
    }
}

/// Only one set-up at a time: two would install the same tool into the same folder.
fn lock() -> Result<File> {
    let dir = place::tools()?;
    fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let file = File::create(dir.join("lock"))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            report::note("Another `cargo hub` is installing tools; waiting for it.");
            file.lock()?;
        }
        Err(TryLockError::Error(error)) => {
            return Err(error).context("cannot lock the folder of tools");
        }
    }
    Ok(file)
}

/// Makes a folder in full or not at all: the work fills `<dir>.part`, which then takes the name.
fn whole(dir: &Path, work: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let part = dir.with_added_extension("part");
    if part.exists() {
        fs::remove_dir_all(&part)?;
    }
    fs::create_dir_all(&part)?;
    work(&part)?;
    if dir.exists() {
        fs::remove_dir_all(dir)?;
    }
    fs::rename(&part, dir).with_context(|| format!("cannot move {} into place", dir.display()))
}
