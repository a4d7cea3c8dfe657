//! The values of settings as found: environment first, then `NAME_FILE` for a secret, then `<data-dir>/tributary.toml`
//! under the lower-case name.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};

use super::list::{SETTINGS, Setting, Visibility};

/// Where everything is kept when nothing says otherwise: a folder beside the caller.
const DATA_DIR: &str = "data";

/// Variables from which PostgreSQL clients fill what an address leaves out.
const FOREIGN: [&str; 13] = [
    "PGAPPNAME",
    "PGDATABASE",
    "PGHOST",
    "PGHOSTADDR",
    "PGOPTIONS",
    "PGPASSFILE",
    "PGPASSWORD",
    "PGPORT",
    "PGSSLCERT",
    "PGSSLKEY",
    "PGSSLMODE",
    "PGSSLROOTCERT",
    "PGUSER",
];

/// The values as found, before they are given types.
#[derive(Debug, Default)]
pub struct Settings {
    values: BTreeMap<&'static str, (SecretString, Source)>,
}

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Environment,
    File,
    Toml,
}

impl Source {
    const fn words(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::File => "file",
            Self::Toml => "tributary.toml",
        }
    }
}

impl Settings {
    /// Reads every setting. Unknown names in the file are an error: a typo must not be silent.
    pub fn read(data_dir: &Path) -> anyhow::Result<Self> {
        refuse_foreign()?;
        let file = read_toml(&data_dir.join("tributary.toml"))?;
        let mut values = BTreeMap::new();
        for setting in SETTINGS {
            let found = match environment(setting.name) {
                Some(value) => Some((value, Source::Environment)),
                None => match secret_file(setting)? {
                    Some(value) => Some((value, Source::File)),
                    None => file
                        .get(&setting.name.to_lowercase())
                        .map(|value| (value.clone(), Source::Toml)),
                },
            };
            if let Some((value, source)) = found.filter(|(value, _)| !value.trim().is_empty()) {
                values.insert(
                    setting.name,
                    (SecretString::from(value.trim().to_owned()), source),
                );
            }
        }
        Ok(Self { values })
    }

    /// Given ones, as if they were in the environment.
    #[cfg(test)]
    pub(super) fn of(values: &[(&'static str, &str)]) -> Self {
        let values = values.iter().map(|(name, value)| {
            let value = SecretString::from((*value).to_owned());
            (*name, (value, Source::Environment))
        });
        Self {
            values: values.collect(),
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.values
            .get(name)
            .map(|(value, _)| value.expose_secret().to_owned())
    }

    pub(super) fn secret(&self, name: &str) -> Option<SecretString> {
        self.values.get(name).map(|(value, _)| value.clone())
    }

    pub(super) fn switched_on(&self, name: &str) -> bool {
        self.text(name)
            .is_some_and(|value| matches!(value.as_str(), "1" | "true" | "yes" | "on"))
    }

    pub(super) fn number<T: std::str::FromStr>(&self, name: &str, default: T) -> anyhow::Result<T> {
        match self.text(name) {
            None => Ok(default),
            Some(text) => text
                .parse()
                .ok()
                .with_context(|| format!("{name} must be a number, not “{text}”")),
        }
    }

    /// Those that nobody set: for `doctor`.
    pub fn unset(&self) -> impl Iterator<Item = &'static Setting> {
        SETTINGS
            .iter()
            .filter(|setting| !self.values.contains_key(setting.name))
    }

    /// Name, value with secrets hidden, and origin: for `doctor`.
    pub fn redacted(&self) -> Vec<(&'static str, String, &'static str)> {
        SETTINGS
            .iter()
            .filter_map(|setting| {
                let (value, source) = self.values.get(setting.name)?;
                let shown = match setting.visibility {
                    Visibility::Public => value.expose_secret().to_owned(),
                    Visibility::Secret => "set".to_owned(),
                };
                Some((setting.name, shown, source.words()))
            })
            .collect()
    }
}

/// A database is what its setting says, and nothing that happens to be in the environment: a password from there could
/// reach a server that it was not meant for.
fn refuse_foreign() -> anyhow::Result<()> {
    let Some(name) = FOREIGN.iter().find(|name| environment(name).is_some()) else {
        return Ok(());
    };
    bail!(
        "{name} is set in the environment, where PostgreSQL's own programs look for it. Unset it for the hub: DATABASE_URL and \
         its kin say all that the hub needs to know."
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The data folder: as the command line says, else `TRIBUTARY_DATA_DIR`, else beside the caller.
pub fn data_dir(chosen: Option<PathBuf>) -> PathBuf {
    chosen
        .or_else(|| environment("TRIBUTARY_DATA_DIR").map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from(DATA_DIR))
}

/// Where debug builds find the built site: `LEPTOS_SITE_ROOT`, which cargo-leptos and `cargo hub` set, or beside the
/// binary (`target/debug/tributary`, `target/site`).
pub fn site_root() -> PathBuf {
    environment("LEPTOS_SITE_ROOT").map_or_else(
        || {
            std::env::current_exe()
                .ok()
                .and_then(|binary| Some(binary.parent()?.parent()?.join("site")))
                .unwrap_or_else(|| PathBuf::from("target/site"))
        },
        PathBuf::from,
    )
}

/// Variables that child programs need as they are.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
pub fn inherited(names: &[&str]) -> Vec<(String, String)> {
    names
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
        .collect()
}

fn secret_file(setting: &Setting) -> anyhow::Result<Option<String>> {
    if setting.visibility == Visibility::Public {
        return Ok(None);
    }
    let name = format!("{}_FILE", setting.name);
    let Some(path) = environment(&name) else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{name} names {path}, which can't be read"))?;
    Ok(Some(text))
}

fn read_toml(path: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => {
            return Err(error).with_context(|| format!("{} can't be read", path.display()));
        }
    };
    let table: toml::Table = text
        .parse()
        .with_context(|| format!("{} is not TOML", path.display()))?;
    let known = |name: &str| {
        SETTINGS
            .iter()
            .any(|setting| setting.name.to_lowercase() == name)
    };
    table
        .into_iter()
        .map(|(name, value)| {
            if !known(&name) {
                bail!("{} has the unknown setting “{name}”", path.display());
            }
            let text = match value {
                toml::Value::String(text) => text,
                toml::Value::Boolean(on) => if on { "1" } else { "0" }.to_owned(),
                other => other.to_string(),
            };
            Ok((name, text))
        })
        .collect()
}
