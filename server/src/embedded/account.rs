//! PostgreSQL refuses to run as root: who runs it instead, and may they reach the folder?

use std::{
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;

/// An unprivileged account, or nobody when we are not root ourselves.
#[derive(Debug, Clone, Copy)]
pub struct Account(Option<(u32, u32)>);

impl Account {
    /// Ourselves when unprivileged; as root the account `postgres`, then `nobody`.
    pub fn choose() -> anyhow::Result<Self> {
        let ours = std::fs::metadata("/proc/self")
            .context("/proc is not mounted")?
            .uid();
        if ours != 0 {
            return Ok(Self(None));
        }
        let accounts =
            std::fs::read_to_string("/etc/passwd").context("/etc/passwd can't be read")?;
        let ids = ["postgres", "nobody"]
            .iter()
            .find_map(|name| lookup(&accounts, name));
        Ok(Self(Some(ids.context(
            "running as root, and there is no account “postgres” or “nobody” to run PostgreSQL as",
        )?)))
    }

    /// Makes the command run as this account, away from our working folder.
    pub fn run<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group);
        }
        command.current_dir("/")
    }

    /// Gives a file or folder to this account.
    pub fn own(&self, path: &Path) -> std::io::Result<()> {
        match self.0 {
            Some((user, group)) => std::os::unix::fs::chown(path, Some(user), Some(group)),
            None => Ok(()),
        }
    }

    /// Where the cluster can live: in the data folder, or, when a parent of it is closed to the account (root's home,
    /// for one), in a folder under `/var/lib` that belongs to this data folder alone.
    pub fn home(&self, data_dir: &Path) -> anyhow::Result<PathBuf> {
        let reachable = self
            .run(Command::new("test").arg("-x").arg(data_dir))
            .status()?
            .success();
        if reachable {
            return Ok(data_dir.join("postgres"));
        }
        let name: String = data_dir
            .to_string_lossy()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        let home = Path::new("/var/lib/tributary").join(name.trim_matches('-'));
        std::fs::create_dir_all(&home)
            .with_context(|| format!("{} can't be made", home.display()))?;
        self.own(&home)?;
        Ok(home.join("postgres"))
    }
}

fn lookup(accounts: &str, name: &str) -> Option<(u32, u32)> {
    let line = accounts
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let mut parts = line.split(':').skip(2);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts = "root:x:0:0::/root:/bin/sh\npostgres2:x:7:8::/:/bin/sh\npostgres:x:101:103::/var/lib:/bin/sh\n";
        assert_eq!(lookup(accounts, "postgres"), Some((101, 103)));
        assert_eq!(lookup(accounts, "mysql"), None);
    }
}
