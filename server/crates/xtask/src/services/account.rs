//! The account a server runs as: our own, or an unprivileged one when we are root (PostgreSQL refuses root).

use std::{fs, os::unix::process::CommandExt, path::Path, process::Command};

use anyhow::{Context, Result};

use crate::place;

/// Who runs a server.
pub enum Account {
    Ours,
    Other { user: u32, group: u32 },
}

impl Account {
    /// `postgres`, which its packages make, else `nobody`; our own account unless we are root.
    pub fn unprivileged() -> Result<Self> {
        if !place::is_root() {
            return Ok(Self::Ours);
        }
        let accounts =
            fs::read_to_string("/etc/passwd").context("cannot read the list of accounts")?;
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| find(&accounts, name))
            .context("there is neither an account `postgres` nor `nobody` to run PostgreSQL as")
    }

    pub fn apply(&self, command: &mut Command) {
        if let Self::Other { user, group } = self {
            command.uid(*user).gid(*group);
        }
    }

    pub fn give(&self, path: &Path) -> Result<()> {
        if let Self::Other { user, group } = self {
            std::os::unix::fs::chown(path, Some(*user), Some(*group))?;
        }
        Ok(())
    }
}

fn find(accounts: &str, name: &str) -> Option<Account> {
    let mut fields = accounts
        .lines()
        .find(|line| line.split(':').next() == Some(name))?
        .split(':')
        .skip(2);
    Some(Account::Other {
        user: fields.next()?.parse().ok()?,
        group: fields.next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_found_by_their_whole_name() {
        let list =
            "postgresql:x:5:6::/:/bin/sh\npostgres:x:101:102:,,,:/var/lib/postgresql:/bin/bash\n";
        assert!(matches!(
            find(list, "postgres"),
            Some(Account::Other {
                user: 101,
                group: 102
            })
        ));
        assert!(find(list, "nobody").is_none());
    }
}
