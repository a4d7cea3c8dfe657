//! `cargo hub prepare`: the metadata of the checked queries (`.sqlx`), made from the migrations in a throw-away database.
//!
//! With it in the repository, building needs no database; with `--check` a query that no longer fits its table is found.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context, Result, bail};

use crate::{
    child, place, report,
    services::postgres::Postgres,
    setup::{self, Purpose, Tools},
};

const DATABASE: &str = "control";
/// The hub's own login, which the migrations grant rights to; a hub makes it when it prepares its databases.
const LOGIN: &str = "hub_app";
/// The macros that check their query.
const CALLS: &[&str] = &["query!(", "query_as!(", "query_scalar!(", "query_file!("];

/// `cargo hub prepare [--check]`.
pub fn run(arguments: &[String]) -> Result<()> {
    let check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => bail!("`cargo hub prepare` takes `--check` or nothing"),
    };
    let tools = setup::prepare(Purpose::Product)?;
    report::heading("Queries");
    let packages = packages_with_queries()?;
    let packages = packages.iter().flat_map(|name| ["--package", name]);
    let cargo: Vec<&str> = ["check", "--all-targets"]
        .into_iter()
        .chain(packages)
        .collect();
    let collected = collect(&tools, &cargo)?;
    if check {
        compare(&collected)
    } else {
        replace(&collected)
    }
}

/// Compiles with every query checked against the migrated schema; returns the folder with what was collected.
pub fn collect(tools: &Tools, cargo: &[&str]) -> Result<PathBuf> {
    let postgres = Postgres::start(tools, None)?;
    migrate(tools, &postgres)?;
    let dir = place::target().join("sqlx-collected");
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    fs::create_dir_all(&dir)?;
    touch_queries()?;
    // Whoever is waited for meanwhile goes first.
    let mut command = tools.command("nice");
    command
        .arg("cargo")
        .args(cargo)
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", &dir);
    child::open(command.env("DATABASE_URL", postgres.database(DATABASE)))?;
    Ok(dir)
}

/// Applies the migrations of the control database in order.
fn migrate(tools: &Tools, postgres: &Postgres) -> Result<()> {
    for statement in [
        format!("CREATE DATABASE {DATABASE}"),
        format!("CREATE ROLE {LOGIN}"),
    ] {
        postgres.psql(tools, "postgres", &["-c", &statement])?;
    }
    let mut files: Vec<PathBuf> = fs::read_dir(place::root().join("migrations/control"))
        .context("there is no migrations/control")?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "sql"))
        .collect();
    files.sort();
    for file in &files {
        let name = file.to_string_lossy();
        postgres
            .psql(tools, DATABASE, &["-f", &name])
            .with_context(|| format!("{name} cannot be applied"))?;
    }
    Ok(())
}

/// Files that were compiled before would not be looked at again: queries are checked while compiling.
fn touch_queries() -> Result<()> {
    for file in files_with_queries()? {
        fs::File::options()
            .append(true)
            .open(&file)?
            .set_modified(SystemTime::now())?;
    }
    Ok(())
}

fn files_with_queries() -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for file in rust_files(&place::root().join("server/crates"))? {
        let text = fs::read_to_string(&file)?;
        // This program names the macros and calls none.
        let is_ours = file.iter().any(|part| part == "xtask");
        if !is_ours && CALLS.iter().any(|call| text.contains(call)) {
            found.push(file);
        }
    }
    Ok(found)
}

/// The crates that such files belong to; a crate has the name of its folder.
fn packages_with_queries() -> Result<BTreeSet<String>> {
    let crates = place::root().join("server/crates");
    let name = |file: &PathBuf| {
        let inside = file.strip_prefix(&crates).ok()?;
        Some(inside.iter().next()?.to_string_lossy().into_owned())
    };
    Ok(files_with_queries()?.iter().filter_map(name).collect())
}

fn rust_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in fs::read_dir(dir)?.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

/// Is what the repository has the same as what was collected?
pub fn compare(collected: &Path) -> Result<()> {
    let (new, old) = (files(collected)?, files(&repository())?);
    let missing = new
        .iter()
        .filter(|(name, text)| old.get(*name) != Some(text))
        .count();
    let stale = old.keys().filter(|name| !new.contains_key(*name)).count();
    if missing + stale > 0 {
        bail!(
            "{missing} queries are new or changed and {stale} are no longer used; run `cargo hub prepare`"
        );
    }
    report::step("Checked queries", |_| {
        Ok(format!("{} are up to date", new.len()))
    })
}

fn replace(collected: &Path) -> Result<()> {
    let (new, old) = (files(collected)?, files(&repository())?);
    fs::create_dir_all(repository())?;
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        fs::remove_file(repository().join(name))?;
    }
    for (name, text) in &new {
        fs::write(repository().join(name), text)?;
    }
    report::step("Checked queries", |_| {
        Ok(format!("{} written to .sqlx", new.len()))
    })
}

fn repository() -> PathBuf {
    place::root().join(".sqlx")
}

/// The metadata files of a folder: one query each, named by its hash.
fn files(dir: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    if !dir.exists() {
        return Ok(files);
    }
    for entry in fs::read_dir(dir)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("query-") {
            files.insert(name, fs::read_to_string(entry.path())?);
        }
    }
    Ok(files)
}
