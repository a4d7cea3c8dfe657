//! The bundle of an app: which variables it holds, and its text as a `.env` file. Never a secret of a source.

pub mod env;

use std::collections::BTreeMap;

use model::{TenantId, Variable};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{
    flags::{self, Connected},
    tenant_db::Address,
};
use env::{EnvFile, Unwritable};

/// Shown in place of a secret.
const MASKED: &str = "••••••••";

/// Everything a bundle is made of.
pub struct Facts<'a> {
    pub tenant: TenantId,
    pub app_name: &'a str,
    /// How apps reach the tenant database.
    pub database: &'a Address,
    pub schema: &'a str,
    pub login: &'a str,
    pub workspace: Option<&'a str>,
    pub bucket: Option<&'a str>,
    pub redis: Option<Redis<'a>>,
    pub connections: &'a [Connected],
}

/// The tenant's part of Redis.
pub struct Redis<'a> {
    /// With its login.
    pub url: &'a SecretString,
    pub prefix: &'a str,
}

/// The database password, which is known only when it is made.
pub enum Password<'a> {
    New(&'a SecretString),
    /// It was shown before, or will be in the first download.
    NotHere,
}

/// One line of the file.
struct Entry {
    name: String,
    value: SecretString,
    shown: String,
    secret: bool,
    purpose: &'static str,
}

impl Entry {
    fn plain(name: &str, value: &str, purpose: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            value: SecretString::from(value),
            shown: value.to_owned(),
            secret: false,
            purpose,
        }
    }

    fn secret(name: &str, value: String, shown: String, purpose: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            value: SecretString::from(value),
            shown,
            secret: true,
            purpose,
        }
    }
}

/// The variables for a page: secrets masked.
pub fn variables(facts: &Facts<'_>) -> Vec<Variable> {
    entries(facts, &Password::NotHere)
        .into_iter()
        .map(|entry| Variable {
            name: entry.name,
            value: entry.shown,
            secret: entry.secret,
            purpose: entry.purpose.to_owned(),
        })
        .collect()
}

/// Names and shown values: what a later bundle is compared with.
pub fn snapshot(facts: &Facts<'_>) -> BTreeMap<String, String> {
    entries(facts, &Password::NotHere)
        .into_iter()
        .map(|entry| (entry.name, entry.shown))
        .collect()
}

/// The file.
pub fn text(
    facts: &Facts<'_>,
    password: &Password<'_>,
    made_on: &str,
) -> Result<SecretString, Unwritable> {
    let mut file = EnvFile::new();
    file.comment(&format!(
        "Settings of the app {}, made on {made_on}.",
        facts.app_name
    ));
    match password {
        Password::New(_) => file.comment("Keep this file secret: the database password is in it, and it is shown only this once."),
        Password::NotHere => file.comment("The database password was shown in an earlier download. Rotate it to get a new one."),
    }
    for entry in entries(facts, password) {
        file.blank();
        file.comment(entry.purpose);
        file.set(&entry.name, entry.value.expose_secret())?;
    }
    Ok(SecretString::from(file.into_text()))
}

/// What changed between two bundles, in sentences.
pub fn changes(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<String> {
    let mut changes: Vec<String> = now
        .iter()
        .filter_map(|(name, value)| match before.get(name) {
            None => Some(format!("{name} is new: {value}.")),
            Some(old) if old != value => Some(format!("{name} changed from {old} to {value}.")),
            Some(_) => None,
        })
        .collect();
    let gone = before.keys().filter(|name| !now.contains_key(*name));
    changes.extend(gone.map(|name| format!("{name} is gone.")));
    changes
}

fn entries(facts: &Facts<'_>, password: &Password<'_>) -> Vec<Entry> {
    let mut entries = vec![Entry::plain(
        "TENANT_ID",
        &facts.tenant.to_string(),
        "Whose data this is.",
    )];
    entries.extend(database(facts, password));
    entries.push(Entry::plain(
        "DATABASE_SCHEMA",
        facts.schema,
        "The schema that holds the tables.",
    ));
    entries.extend(facts.workspace.map(|id| {
        Entry::plain(
            "AIRBYTE_WORKSPACE_ID",
            id,
            "Workspace of the engine that fills the tables.",
        )
    }));
    entries.extend(facts.bucket.map(|name| {
        Entry::plain(
            "STORAGE_BUCKET",
            name,
            "Where files of this tenant are kept.",
        )
    }));
    if let Some(redis) = &facts.redis {
        let shown = mask_url(redis.url.expose_secret());
        entries.push(Entry::secret(
            "REDIS_URL",
            redis.url.expose_secret().to_owned(),
            shown,
            "Cache of this tenant.",
        ));
        entries.push(Entry::plain(
            "REDIS_PREFIX",
            redis.prefix,
            "Every key must start with it.",
        ));
    }
    for (name, on) in flags::flags(facts.connections) {
        entries.push(Entry::plain(
            &name,
            if on { "true" } else { "false" },
            "On while the connection is live.",
        ));
    }
    entries.extend(
        flags::email_provider(facts.connections)
            .map(|slug| Entry::plain("EMAIL_PROVIDER", slug, "Which connected tool sends mail.")),
    );
    entries
}

/// The address with and without `?schema=`: libpq and psql refuse parameters they do not know.
fn database(facts: &Facts<'_>, password: &Password<'_>) -> [Entry; 2] {
    let password = match password {
        Password::New(password) => Some(password.expose_secret()),
        Password::NotHere => None,
    };
    let plain = address(facts, password);
    let shown = address(facts, Some(MASKED)).map(|url| readable(&url));
    let schema = |url: &Url| {
        let mut url = url.clone();
        url.query_pairs_mut().append_pair("schema", facts.schema);
        url
    };
    let with_schema = plain
        .as_ref()
        .map(|url| schema(url).to_string())
        .unwrap_or_default();
    let shown_schema = address(facts, Some(MASKED))
        .map(|url| readable(&schema(&url)))
        .unwrap_or_default();
    [
        Entry::secret(
            "DATABASE_URL",
            with_schema,
            shown_schema,
            "The tables, read-only.",
        ),
        Entry::secret(
            "PSQL_URL",
            plain.map(|url| url.to_string()).unwrap_or_default(),
            shown.unwrap_or_default(),
            "The same for psql and other libpq programs: psql \"$PSQL_URL\"",
        ),
    ]
}

fn address(facts: &Facts<'_>, password: Option<&str>) -> Option<Url> {
    let Address {
        host,
        port,
        database,
        ssl_mode,
    } = facts.database;
    let mut url = Url::parse("postgresql://localhost").ok()?;
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.clone()
    };
    url.set_host(Some(&host)).ok()?;
    url.set_port(Some(*port)).ok()?;
    url.path_segments_mut().ok()?.push(database);
    url.query_pairs_mut().append_pair("sslmode", ssl_mode);
    url.set_username(facts.login).ok()?;
    url.set_password(password).ok()?;
    Some(url)
}

/// The mask as a person reads it, not percent-encoded.
fn readable(url: &Url) -> String {
    let encoded = url.password().unwrap_or_default();
    url.as_str().replacen(encoded, MASKED, 1)
}

fn mask_url(text: &str) -> String {
    Url::parse(text).map_or_else(
        |_| MASKED.to_owned(),
        |mut url| match url.set_password(Some(MASKED)) {
            Ok(()) => readable(&url),
            Err(()) => MASKED.to_owned(),
        },
    )
}

#[cfg(test)]
mod tests;
