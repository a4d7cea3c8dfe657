//! `cargo hub …`: sets the machine up, builds, starts, tests and measures Tributary. Knows nothing of the product
//! but its command line.

mod bench;
mod build;
mod child;
mod fresh;
mod place;
mod queries;
mod report;
mod services;
mod setup;
mod test;
mod up;

use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
Usage: cargo hub <command>

  up [arguments of `tributary serve`]   install what is missing, build, start the hub and print its address
  test [part…] [-- which Rust tests]    install what is missing and run every test; parts: format, lint, rust, browser
  build [--release]                     build only; --release leaves one self-contained binary in the target folder
  setup [--test]                        only install what is missing (--test: also what the tests need)
  bench [load|dedup|pages|provision|connect|read|load50]
                                        measure the loader and the reader beside a limit and a peer, pages, start, memory,
                                        fifty syncs at once
  prepare [--check]                     write the checked queries (.sqlx) anew from the migrations, or compare them

Tools that are not part of the system live in ~/.cache/tributary (or $TRIBUTARY_TOOLS_DIR).";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::failure(&error);
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((command, rest)) = arguments.split_first() else {
        println!("{HELP}");
        return Ok(());
    };
    match command.as_str() {
        "up" => up::run(rest),
        "test" => test::run(rest),
        "build" => build::run(rest),
        "setup" => setup::run(rest),
        "prepare" => queries::run(rest),
        "bench" => bench::run(rest),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        other => bail!("`{other}` is not a command\n\n{HELP}"),
    }
}
