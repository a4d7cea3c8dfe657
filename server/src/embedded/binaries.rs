//! Finds the PostgreSQL server programs of this machine and refuses versions that are unsafe for tenants' logins.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};

use crate::config::OldPostgres;

/// First minor release of each major version in which a SQL user can no longer run code (CVE-2026-14680, -16239).
const SAFE: [(u32, u32); 4] = [(15, 19), (16, 15), (17, 11), (18, 6)];

/// The folder with `postgres` and `initdb`: the newest major version installed.
pub fn find() -> anyhow::Result<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"));
    let others = [
        "/usr/pgsql/bin",
        "/usr/local/pgsql/bin",
        "/opt/homebrew/opt/postgresql/bin",
        "/usr/bin",
        "/usr/local/bin",
    ];
    let mut found: Vec<(u32, u32, PathBuf)> = debian
        .chain(others.map(PathBuf::from))
        .filter(|folder| folder.join("initdb").exists())
        .filter_map(|folder| {
            version(&folder)
                .ok()
                .map(|(major, minor)| (major, minor, folder))
        })
        .collect();
    found.sort();
    found.pop().map(|(_, _, folder)| folder).context(
        "no PostgreSQL server is installed. Install one (Debian: apt-get install postgresql), or set DATABASE_URL and TENANT_DATABASE_URL",
    )
}

/// Major and minor version of the server in `folder`.
pub fn version(folder: &Path) -> anyhow::Result<(u32, u32)> {
    let output = Command::new(folder.join("postgres"))
        .arg("--version")
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let number = text
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .context("postgres --version names no version")?;
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    Ok((major.parse()?, minor.parse().unwrap_or(0)))
}

/// Refuses a version below the floor, unless the operator accepts the risk.
pub fn check_version((major, minor): (u32, u32), old: OldPostgres) -> anyhow::Result<()> {
    let newest_line = SAFE[SAFE.len() - 1].0;
    let safe = major > newest_line
        || SAFE
            .iter()
            .any(|(line, floor)| major == *line && minor >= *floor);
    if safe || old == OldPostgres::Allow {
        return Ok(());
    }
    let floors: Vec<String> = SAFE
        .iter()
        .map(|(line, floor)| format!("{line}.{floor}"))
        .collect();
    bail!(
        "PostgreSQL {major}.{minor} is not safe here: tenants get SQL logins, and below {} a SQL user can run programs on the server. \
         Upgrade it (Debian: apt-get update && apt-get install --only-upgrade postgresql-{major}), or set TRIBUTARY_ALLOW_OLD_POSTGRES=1",
        floors.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_with_the_fixes_are_accepted() {
        for (version, accepted) in [
            ((15, 18), false),
            ((15, 19), true),
            ((14, 30), false),
            ((16, 14), false),
            ((17, 11), true),
            ((18, 5), false),
            ((19, 0), true),
        ] {
            assert_eq!(
                check_version(version, OldPostgres::Refuse).is_ok(),
                accepted,
                "{version:?}"
            );
        }
        assert!(check_version((15, 1), OldPostgres::Allow).is_ok());
    }
}
