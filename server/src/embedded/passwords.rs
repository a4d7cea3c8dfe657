//! Passwords of the embedded cluster's logins: random, made once, kept in a 0600 file of the data folder.

use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use anyhow::Context;
use rand::{TryRng, rngs::SysRng};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

const FILE: &str = "postgres-logins.toml";

/// One password a login; none is ever shown.
#[derive(Clone)]
pub struct Passwords {
    pub superuser: SecretString,
    pub owner: SecretString,
    pub app: SecretString,
    pub provisioner: SecretString,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    superuser: String,
    owner: String,
    app: String,
    provisioner: String,
}

impl Passwords {
    /// Reads the file, or makes it at the very first start.
    pub fn load_or_create(data_dir: &Path) -> anyhow::Result<Self> {
        let path = data_dir.join(FILE);
        let stored: Stored = match fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).with_context(|| {
                format!(
                    "{} is damaged; restore it from a backup of the data folder",
                    path.display()
                )
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => create(&path)?,
            Err(error) => {
                return Err(error).with_context(|| format!("{} can't be read", path.display()));
            }
        };
        Ok(Self {
            superuser: stored.superuser.into(),
            owner: stored.owner.into(),
            app: stored.app.into(),
            provisioner: stored.provisioner.into(),
        })
    }
}

fn create(path: &Path) -> anyhow::Result<Stored> {
    let stored = Stored {
        superuser: random()?,
        owner: random()?,
        app: random()?,
        provisioner: random()?,
    };
    let unfinished = path.with_extension("new");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)?;
    file.write_all(toml::to_string(&stored)?.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    Ok(stored)
}

/// 256 bits as hex: safe in a URL without encoding.
fn random() -> anyhow::Result<String> {
    let mut bytes = [0_u8; 32];
    SysRng
        .try_fill_bytes(&mut bytes)
        .context("the operating system gives no randomness")?;
    Ok(seal::token::hex(&bytes))
}
