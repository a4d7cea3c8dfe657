//! What the person asked to have measured.

use std::{env, path::PathBuf};

use anyhow::{Context, Result, bail};

use crate::place;

/// Rounds of every contest: the median of three is steady enough to compare, and short enough to run before a push.
const ROUNDS: usize = 3;

/// What to measure, and how.
#[derive(Debug)]
pub struct Plan {
    pub parts: Vec<Part>,
    /// The program to measure, instead of the release build.
    pub program: Option<PathBuf>,
    pub rounds: usize,
    pub json: PathBuf,
    pub peer: Peer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Load,
    Dedup,
    Pages,
    Provision,
    Connect,
    Read,
    Load50,
    Events,
}

impl Part {
    pub const ALL: [Self; 8] = [
        Self::Load,
        Self::Dedup,
        Self::Pages,
        Self::Provision,
        Self::Connect,
        Self::Read,
        Self::Load50,
        Self::Events,
    ];

    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "load" => Self::Load,
            "dedup" => Self::Dedup,
            "pages" => Self::Pages,
            "provision" => Self::Provision,
            "connect" => Self::Connect,
            "read" => Self::Read,
            "load50" => Self::Load50,
            "events" => Self::Events,
            _ => return None,
        })
    }

    /// Does it need the data set and a database to load it into?
    pub fn loads(self) -> bool {
        matches!(self, Self::Load | Self::Dedup)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    Included,
    LeftOut,
}

impl Plan {
    pub fn read(arguments: &[String]) -> Result<Self> {
        let mut plan = Self {
            parts: Vec::new(),
            program: env::var_os("TRIBUTARY_BIN").map(PathBuf::from),
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
                "--program" => plan.program = Some(PathBuf::from(value()?)),
                "--rounds" => {
                    plan.rounds = value()?.parse().context("`--rounds` takes a number")?;
                }
                "--json" => plan.json = PathBuf::from(value()?),
                "--no-peer" => plan.peer = Peer::LeftOut,
                other => plan.parts.push(Part::parse(other).with_context(|| {
                    format!(
                        "`cargo hub bench` does not know `{other}`; it takes load, dedup, pages, provision, connect, read, load50, events, \
                         --program FILE, --rounds N, --json FILE, --no-peer"
                    )
                })?),
            }
        }
        if plan.parts.is_empty() {
            plan.parts = Part::ALL.to_vec();
        }
        if plan.rounds == 0 {
            bail!("`--rounds` must be at least 1");
        }
        Ok(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Plan> {
        let owned: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
        Plan::read(&owned)
    }

    #[test]
    fn all_parts_are_measured_unless_some_are_named() {
        assert_eq!(read(&[]).expect("a plan").parts, Part::ALL);
        let some = read(&["pages", "--rounds", "1", "load"]).expect("a plan");
        assert_eq!(
            (some.parts, some.rounds),
            (vec![Part::Pages, Part::Load], 1)
        );
    }

    #[test]
    fn what_cannot_be_measured_is_named() {
        for wrong in [&["lode"][..], &["--rounds"], &["--rounds", "0"]] {
            read(wrong).expect_err("it is no plan");
        }
    }
}
