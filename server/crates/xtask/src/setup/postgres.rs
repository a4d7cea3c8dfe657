//! The PostgreSQL server's programs, at a version in which a tenant's login cannot run code.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};

use super::{Tools, debian};
use crate::{
    place,
    report::{ByHand, Step},
};

/// The oldest safe minor version of each major one; newer majors are safe from the start.
const FLOORS: &[(u32, u32)] = &[(15, 19), (16, 15), (17, 11), (18, 6)];

/// A PostgreSQL on this machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    version: (u32, u32),
    bin: PathBuf,
}

pub fn ensure(step: &mut Step, tools: &mut Tools) -> Result<String> {
    let how = match best() {
        Some(_) => "already there",
        None => upgrade(step)?,
    };
    let found = best()
        .with_context(|| too_old().unwrap_or_else(|| "no PostgreSQL was found".to_owned()))?;
    tools.prefer(found.bin.clone());
    tools.postgres = found.bin;
    let (major, minor) = found.version;
    Ok(format!("{major}.{minor}, {how}"))
}

/// Installs Debian's version; a package that is there in an unsafe version is upgraded by the same command.
fn upgrade(step: &mut Step) -> Result<&'static str> {
    let old = all().into_iter().max();
    let package = old.map_or_else(
        || "postgresql".to_owned(),
        |found| format!("postgresql-{}", found.version.0),
    );
    debian::install(step, &[&package])
        .with_context(|| too_old().unwrap_or_else(|| "no PostgreSQL here".to_owned()))?;
    if best().is_none() {
        let hint = ByHand(
            "enable the security suite of your Debian release, then: apt-get upgrade postgresql"
                .to_owned(),
        );
        return Err(hint).with_context(|| {
            too_old().unwrap_or_else(|| "no PostgreSQL was installed".to_owned())
        });
    }
    Ok("installed")
}

fn too_old() -> Option<String> {
    let (major, minor) = all().into_iter().max()?.version;
    let floors = FLOORS
        .iter()
        .map(|(major, minor)| format!("{major}.{minor}"))
        .collect::<Vec<_>>()
        .join(", ");
    Some(format!(
        "PostgreSQL {major}.{minor} lets a tenant's login run code; the oldest safe versions are {floors}"
    ))
}

fn best() -> Option<Found> {
    all()
        .into_iter()
        .filter(|found| is_safe(found.version))
        .max()
}

fn is_safe((major, minor): (u32, u32)) -> bool {
    match FLOORS.iter().find(|floor| floor.0 == major) {
        Some(floor) => minor >= floor.1,
        None => FLOORS.iter().all(|floor| major > floor.0),
    }
}

/// Every PostgreSQL in Debian's places and on PATH.
fn all() -> Vec<Found> {
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let on_path = place::find("postgres", &[]).and_then(|file| file.parent().map(PathBuf::from));
    debian
        .map(|entry| entry.path().join("bin"))
        .chain(on_path)
        .filter_map(|bin| {
            let version = parse(&place::version_of(&bin.join("postgres"))?)?;
            bin.join("initdb")
                .exists()
                .then_some(Found { version, bin })
        })
        .collect()
}

/// `postgres (PostgreSQL) 15.20 (Debian …)`.
fn parse(text: &str) -> Option<(u32, u32)> {
    let number = text
        .split_once("(PostgreSQL) ")?
        .1
        .split_whitespace()
        .next()?;
    let (major, minor) = number.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_below_the_floor_are_refused() {
        for unsafe_version in [(15, 18), (16, 14), (17, 10), (18, 5), (14, 30)] {
            assert!(!is_safe(unsafe_version), "{unsafe_version:?}");
        }
        for safe_version in [(15, 19), (15, 20), (16, 15), (17, 11), (18, 6), (19, 0)] {
            assert!(is_safe(safe_version), "{safe_version:?}");
        }
    }

    #[test]
    fn the_version_line_is_understood() {
        assert_eq!(
            parse("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)"),
            Some((15, 20))
        );
        assert_eq!(parse("postgres (PostgreSQL) 19beta1"), None);
    }
}
