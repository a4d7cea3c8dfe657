//! `cargo hub bench [load] [dedup] [pages] [provision] [connect] [read] [load50] [events]`: the loader beside PostgreSQL's own limit and
//! a peer, the hub's start, memory and pages, how long a workspace takes to prepare, what the hub adds to calls of an Airbyte
//! elsewhere, reading an API through a manifest, fifty syncs at once, and how soon an event is a row.
//!
//! Contenders do the same work in the same run, several times in turn; the tables show medians, and goals beside them.
//! A time counts only when the result is the right one. Nothing here fails for being slow.

mod api;
mod connect;
mod contest;
mod crowd;
mod data;
mod dedup;
mod destination;
mod events;
mod http;
mod hub;
mod load;
mod load50;
mod loader;
mod memory;
mod outcome;
mod pages;
mod peer;
mod plan;
mod platform;
mod provision;
mod read;
mod readers;
mod sheet;
mod waits;
mod workspace;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::{
    place, report,
    services::postgres::Postgres,
    setup::{self, Purpose, Tools},
};

use contest::Contest;
use data::DataSet;
use destination::Destination;
use loader::Loader;
use plan::{Part, Plan};
use sheet::Sheet;

/// Measures and prints.
pub fn run(arguments: &[String]) -> Result<()> {
    let plan = Plan::read(arguments)?;
    let mut tools = setup::prepare(Purpose::Product)?;
    let program = program(&plan)?;
    report::heading("Bench");
    let load = sheet::machine_load();
    report::note(&format!(
        "{} (load of the machine: {load})",
        program.display()
    ));
    let mut sheets = Vec::new();
    if plan.parts.iter().any(|part| part.loads()) {
        sheets.extend(loading(&plan, &tools, &program)?);
    }
    if plan.parts.contains(&Part::Pages) {
        sheets.extend(pages::measure(&tools, &program, plan.rounds)?);
    }
    if plan.parts.contains(&Part::Provision) {
        sheets.push(provision::measure(&tools, &program, plan.rounds)?);
    }
    if plan.parts.contains(&Part::Connect) {
        sheets.push(connect::measure(&tools, &program)?);
    }
    if plan.parts.contains(&Part::Read) {
        sheets.extend(read::measure(&mut tools, &program, plan.peer, plan.rounds)?);
    }
    if plan.parts.contains(&Part::Load50) {
        sheets.push(load50::measure(&tools, &program)?);
    }
    if plan.parts.contains(&Part::Events) {
        sheets.push(events::measure(&tools, &program)?);
    }
    for sheet in &sheets {
        sheet.print();
    }
    if let Some(folder) = plan.json.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&plan.json, sheet::json(&sheets, &load))
        .with_context(|| format!("cannot write {}", plan.json.display()))?;
    report::note("");
    report::note(&format!("figures: {}", plan.json.display()));
    Ok(())
}

/// The parts that load the data set into a database of the bench's own.
fn loading(plan: &Plan, tools: &Tools, program: &Path) -> Result<Vec<Sheet>> {
    let mut data = None;
    report::step("Data set", |_| {
        data = Some(DataSet::ensure(&place::target().join("bench"))?);
        Ok("1,000,000 records".to_owned())
    })?;
    let data = data.context("the step has made it")?;
    let mut server = None;
    report::step("PostgreSQL, durable", |_| {
        server = Some(Postgres::start_durable(tools)?);
        Ok("fsync on".to_owned())
    })?;
    let server = server.context("the step has started it")?;
    let destination = Destination::new(tools, &server)?;
    let contest = Contest {
        destination: &destination,
        data: &data,
        loader: &Loader::new(program.to_owned(), &destination)?,
        no_peer: peer::missing(&destination, plan.peer),
        rounds: plan.rounds,
    };
    let mut sheets = Vec::new();
    if plan.parts.contains(&Part::Load) {
        sheets.push(contest.load()?.sheet());
    }
    if plan.parts.contains(&Part::Dedup) {
        let outcomes = contest.dedup()?;
        sheets.extend(outcomes.iter().map(outcome::Outcome::sheet));
    }
    Ok(sheets)
}

/// The program that was named; else the one people get, made unless it is there already.
fn program(plan: &Plan) -> Result<PathBuf> {
    let named = plan.program.clone();
    let program = match named {
        Some(program) => program,
        None => release_build()?,
    };
    if !program.is_file() {
        bail!("there is no program {}", program.display());
    }
    Ok(fs::canonicalize(program)?)
}

fn release_build() -> Result<PathBuf> {
    let program = place::target().join("release/tributary");
    if program.exists() {
        report::note(
            "The release build is measured as it is; `cargo hub build --release` makes it anew.",
        );
    } else {
        crate::build::run(&["--release".to_owned()])?;
    }
    Ok(program)
}
