//! `cargo hub bench [load] [dedup]`: how fast the loader is beside PostgreSQL's own limit and a peer, measured in turn.
//!
//! Every contender loads the same records into the same server, three times in turn; the table shows medians. A time
//! counts only when the loaded rows are the right ones.

mod contest;
mod data;
mod destination;
mod loader;
mod outcome;
mod peer;

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, bail};

use crate::{
    place, report,
    services::postgres::Postgres,
    setup::{self, Purpose},
};

use contest::Contest;
use data::DataSet;
use destination::Destination;
use loader::Loader;

/// Rounds of every contest: the median of three is steady enough to compare, and short enough to run before a push.
const ROUNDS: usize = 3;

/// What to measure, and how.
struct Plan {
    parts: Vec<Part>,
    program: Option<PathBuf>,
    rounds: usize,
    json: PathBuf,
    peer: Peer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Load,
    Dedup,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Peer {
    Included,
    LeftOut,
}

/// Measures and prints.
pub fn run(arguments: &[String]) -> Result<()> {
    let plan = Plan::read(arguments)?;
    let tools = setup::prepare(Purpose::Product)?;
    let program = match plan.program.clone() {
        Some(program) => program,
        None => release_build()?,
    };
    report::heading("Bench");
    let mut data = None;
    report::step("Data set", |_| {
        data = Some(DataSet::ensure(&place::target().join("bench"))?);
        Ok("1,000,000 records".to_owned())
    })?;
    let data = data.context("the step has made it")?;
    let mut server = None;
    report::step("PostgreSQL, durable", |_| {
        server = Some(Postgres::start_durable(&tools)?);
        Ok("fsync on".to_owned())
    })?;
    let server = server.context("the step has started it")?;
    let destination = Destination::new(&tools, &server)?;
    let loader = Loader::new(program, &destination, &data)?;
    let contest = Contest {
        destination: &destination,
        data: &data,
        loader: &loader,
        rounds: plan.rounds,
    };
    let mut tables = Vec::new();
    for part in &plan.parts {
        match part {
            Part::Load => tables.push(contest.load(plan.peer)?),
            Part::Dedup => tables.extend(contest.dedup()?),
        }
    }
    for table in &tables {
        table.print();
    }
    fs::write(&plan.json, outcome::json(&tables))
        .with_context(|| format!("cannot write {}", plan.json.display()))?;
    report::note(&format!("figures: {}", plan.json.display()));
    Ok(())
}

/// The program people get, unless it is there already.
fn release_build() -> Result<PathBuf> {
    let program = place::target().join("release/tributary");
    if !program.exists() {
        crate::build::run(&["--release".to_owned()])?;
    }
    Ok(program)
}

impl Plan {
    fn read(arguments: &[String]) -> Result<Self> {
        let mut plan = Self {
            parts: Vec::new(),
            program: None,
            rounds: ROUNDS,
            json: place::target().join("bench/figures.json"),
            peer: Peer::Included,
        };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || {
                rest.next()
                    .with_context(|| format!("`{argument}` needs a value"))
            };
            match argument.as_str() {
                "load" => plan.parts.push(Part::Load),
                "dedup" => plan.parts.push(Part::Dedup),
                "--program" => plan.program = Some(PathBuf::from(value()?)),
                "--rounds" => {
                    plan.rounds = value()?.parse().context("`--rounds` takes a number")?;
                }
                "--json" => plan.json = PathBuf::from(value()?),
                "--no-peer" => plan.peer = Peer::LeftOut,
                other => bail!(
                    "`cargo hub bench` does not know `{other}`; it takes load, dedup, --program FILE, --rounds N, --json FILE, --no-peer"
                ),
            }
        }
        if plan.parts.is_empty() {
            plan.parts = vec![Part::Load, Part::Dedup];
        }
        if plan.rounds == 0 {
            bail!("`--rounds` must be at least 1");
        }
        Ok(plan)
    }
}
