//! Making a cluster with `initdb`, and refusing one that another major version made.

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};

use crate::embedded::{account::Account, binaries};

/// Makes a cluster next to its final place and moves it there when whole: a half-made one is never used.
pub fn make(
    folder: &Path,
    programs: &Path,
    account: Account,
    password: &SecretString,
) -> anyhow::Result<()> {
    let unfinished = folder.with_extension("new");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    fs::create_dir_all(&unfinished)?;
    fs::set_permissions(&unfinished, fs::Permissions::from_mode(0o700))?;
    account.own(&unfinished)?;
    let secret = SecretFile::new(&folder.with_extension("password"), account, password)?;
    let mut command = Command::new(programs.join("initdb"));
    command
        .args([
            "--username=postgres",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-instructions",
        ])
        .arg(format!("--pwfile={}", secret.0.display()))
        .arg("-D")
        .arg(&unfinished);
    let output = account
        .run(&mut command)
        .output()
        .context("initdb can't be run")?;
    if !output.status.success() {
        bail!(
            "initdb failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    fs::rename(&unfinished, folder)?;
    Ok(())
}

/// A 0600 file that is gone when dropped.
struct SecretFile(PathBuf);

impl SecretFile {
    fn new(path: &Path, account: Account, secret: &SecretString) -> anyhow::Result<Self> {
        use std::os::unix::fs::OpenOptionsExt;
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(secret.expose_secret().as_bytes())?;
        account.own(path)?;
        Ok(Self(path.to_owned()))
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A cluster runs only on the major version that made it.
pub fn check_same_major(folder: &Path, programs: &Path) -> anyhow::Result<()> {
    let made_with = fs::read_to_string(folder.join("PG_VERSION"))?;
    let (major, _) = binaries::version(programs)?;
    if made_with.trim() == major.to_string() {
        return Ok(());
    }
    bail!(
        "{} was made by PostgreSQL {}, but {major} is installed. Install postgresql-{} again, or move the data with pg_upgrade",
        folder.display(),
        made_with.trim(),
        made_with.trim()
    )
}
