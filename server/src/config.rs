//! Configuration: every setting, where it comes from, and the typed whole that the rest of the server reads.
//!
//! A setting is taken from the environment, then from `NAME_FILE` when it is a secret, then from
//! `<data-dir>/tributary.toml` under its lower-case name. Nothing else in the server reads the environment.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};

/// May the value be printed?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    Public,
    Secret,
}

/// One setting and what it is for; `tributary doctor` and the README table are made from this list.
#[derive(Debug)]
pub struct Setting {
    pub name: &'static str,
    pub visibility: Visibility,
    pub help: &'static str,
}

const fn public(name: &'static str, help: &'static str) -> Setting {
    Setting {
        name,
        visibility: Visibility::Public,
        help,
    }
}

const fn secret(name: &'static str, help: &'static str) -> Setting {
    Setting {
        name,
        visibility: Visibility::Secret,
        help,
    }
}

/// Every setting there is.
pub const SETTINGS: &[Setting] = &[
    public(
        "PUBLIC_URL",
        "Address people and apps use; default: the listening address",
    ),
    secret(
        "DATABASE_URL",
        "Control database; default: an embedded PostgreSQL in the data folder",
    ),
    secret(
        "DATABASE_OWNER_URL",
        "Login that owns the control tables and migrates them; default: DATABASE_URL",
    ),
    secret(
        "TENANT_DATABASE_URL",
        "Tenant data database; required together with DATABASE_URL",
    ),
    secret(
        "TENANT_DATABASE_OWNER_URL",
        "Superuser that prepares the tenant database once; default: TENANT_DATABASE_URL",
    ),
    public(
        "TENANT_DATABASE_EXTERNAL_URL",
        "How bundles and a remote Airbyte reach the tenant database (host and port); default: the same address",
    ),
    public(
        "STORAGE_URL",
        "Tenant storage: file:///path or s3://bucket; default: a folder in the data folder",
    ),
    secret(
        "REDIS_URL",
        "Redis for tenants' caches; default: not configured",
    ),
    secret(
        "SMTP_URL",
        "Mail server, smtps://user:password@host; default: mails are files in <data-dir>/mail",
    ),
    public(
        "MAIL_FROM",
        "Sender of mails; default: Tributary <no-reply@localhost>",
    ),
    public(
        "SECRET_KEY_FILE",
        "File with the key ring; default: <data-dir>/keys.toml, made at first start",
    ),
    public(
        "TRIBUTARY_ALLOW_OLD_POSTGRES",
        "1 accepts PostgreSQL below the safe versions",
    ),
    public(
        "TRIBUTARY_ALLOW_PRIVATE_NETWORKS",
        "Ranges that sources may reach although private, such as 10.0.0.0/8,127.0.0.0/8",
    ),
    public("TRIBUTARY_ALLOW_HTTP", "1 lets sources use plain http"),
    public(
        "TRIBUTARY_TRUST_CERTIFICATES",
        "PEM file of extra certificate authorities for outgoing calls",
    ),
    public(
        "TRIBUTARY_EXECUTABLES",
        "Connector programs an operator allows: name=/path, comma-separated",
    ),
    public(
        "TRIBUTARY_TRUSTED_PROXIES",
        "Addresses of reverse proxies whose X-Forwarded-For is believed, comma-separated",
    ),
    public(
        "TRIBUTARY_SANDBOX",
        "strict refuses third-party connectors when a containment layer is missing; default: best_effort",
    ),
    public(
        "TRIBUTARY_UPLOAD_LIMIT_MB",
        "Largest upload in megabytes; default: 200",
    ),
    public(
        "TRIBUTARY_WORKERS",
        "Jobs at once in one worker process; default: 8",
    ),
    public(
        "TRIBUTARY_LOG",
        "Log filter such as info,hub=debug; default: info",
    ),
    public("TRIBUTARY_LOG_FORMAT", "text or json; default: text"),
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

    fn text(&self, name: &str) -> Option<String> {
        self.values
            .get(name)
            .map(|(value, _)| value.expose_secret().to_owned())
    }

    fn secret(&self, name: &str) -> Option<SecretString> {
        self.values.get(name).map(|(value, _)| value.clone())
    }

    fn switched_on(&self, name: &str) -> bool {
        self.text(name)
            .is_some_and(|value| matches!(value.as_str(), "1" | "true" | "yes" | "on"))
    }

    fn number<T: std::str::FromStr>(&self, name: &str, default: T) -> anyhow::Result<T> {
        match self.text(name) {
            None => Ok(default),
            Some(text) => text
                .parse()
                .ok()
                .with_context(|| format!("{name} must be a number, not “{text}”")),
        }
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

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
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

/// Which PostgreSQL servers to use.
#[derive(Debug)]
pub enum Databases {
    /// Start our own in the data folder.
    Embedded,
    External {
        control: SecretString,
        control_owner: SecretString,
        tenant: SecretString,
        tenant_owner: SecretString,
    },
}

/// Everything the server needs to know, checked.
#[derive(Debug)]
pub struct Config {
    pub data_dir: PathBuf,
    pub addr: SocketAddr,
    pub public_url: Option<String>,
    pub databases: Databases,
    pub tenant_database_external_url: Option<String>,
    pub storage_url: String,
    pub redis_url: Option<SecretString>,
    pub smtp_url: Option<SecretString>,
    pub mail_from: String,
    pub key_file: PathBuf,
    pub old_postgres: OldPostgres,
    pub private_networks: Vec<String>,
    pub plain_http: PlainHttp,
    pub trusted_certificates: Option<PathBuf>,
    pub executables: Vec<(String, PathBuf)>,
    pub trusted_proxies: Vec<IpAddr>,
    pub sandbox: SandboxLevel,
    pub upload_limit_bytes: u64,
    pub workers: usize,
    pub log_filter: String,
    pub log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldPostgres {
    Refuse,
    Allow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainHttp {
    Refuse,
    Allow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxLevel {
    Strict,
    BestEffort,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

impl Config {
    /// Gives the settings their types; the first wrong one is named with what would be right.
    pub fn new(data_dir: &Path, addr: SocketAddr, settings: &Settings) -> anyhow::Result<Self> {
        let data_dir = std::path::absolute(data_dir)?;
        let storage_url = settings
            .text("STORAGE_URL")
            .unwrap_or_else(|| format!("file://{}", data_dir.join("storage").display()));
        Ok(Self {
            public_url: settings
                .text("PUBLIC_URL")
                .map(|url| check_public_url(&url))
                .transpose()?,
            databases: databases(settings)?,
            tenant_database_external_url: settings.text("TENANT_DATABASE_EXTERNAL_URL"),
            storage_url,
            redis_url: settings.secret("REDIS_URL"),
            smtp_url: settings.secret("SMTP_URL"),
            mail_from: settings
                .text("MAIL_FROM")
                .unwrap_or_else(|| "Tributary <no-reply@localhost>".to_owned()),
            key_file: settings
                .text("SECRET_KEY_FILE")
                .map_or_else(|| data_dir.join("keys.toml"), PathBuf::from),
            old_postgres: if settings.switched_on("TRIBUTARY_ALLOW_OLD_POSTGRES") {
                OldPostgres::Allow
            } else {
                OldPostgres::Refuse
            },
            private_networks: list(settings.text("TRIBUTARY_ALLOW_PRIVATE_NETWORKS")),
            plain_http: if settings.switched_on("TRIBUTARY_ALLOW_HTTP") {
                PlainHttp::Allow
            } else {
                PlainHttp::Refuse
            },
            trusted_certificates: settings
                .text("TRIBUTARY_TRUST_CERTIFICATES")
                .map(PathBuf::from),
            executables: executables(settings.text("TRIBUTARY_EXECUTABLES"))?,
            trusted_proxies: proxies(settings.text("TRIBUTARY_TRUSTED_PROXIES"))?,
            sandbox: sandbox(settings.text("TRIBUTARY_SANDBOX"))?,
            upload_limit_bytes: settings.number::<u64>("TRIBUTARY_UPLOAD_LIMIT_MB", 200)?
                * 1024
                * 1024,
            workers: settings.number("TRIBUTARY_WORKERS", 8)?,
            log_filter: settings
                .text("TRIBUTARY_LOG")
                .unwrap_or_else(|| "info".to_owned()),
            log_format: log_format(settings.text("TRIBUTARY_LOG_FORMAT"))?,
            data_dir,
            addr,
        })
    }
}

fn databases(settings: &Settings) -> anyhow::Result<Databases> {
    match (
        settings.secret("DATABASE_URL"),
        settings.secret("TENANT_DATABASE_URL"),
    ) {
        (None, None) => Ok(Databases::Embedded),
        (Some(control), Some(tenant)) => {
            if control.expose_secret() == tenant.expose_secret() {
                bail!(
                    "DATABASE_URL and TENANT_DATABASE_URL must be two databases: tenants hold logins on the second one"
                );
            }
            Ok(Databases::External {
                control_owner: settings
                    .secret("DATABASE_OWNER_URL")
                    .unwrap_or_else(|| control.clone()),
                tenant_owner: settings
                    .secret("TENANT_DATABASE_OWNER_URL")
                    .unwrap_or_else(|| tenant.clone()),
                control,
                tenant,
            })
        }
        (Some(_), None) => {
            bail!("set TENANT_DATABASE_URL too: tenant data lives in a database of its own")
        }
        (None, Some(_)) => {
            bail!("set DATABASE_URL too: the control database is separate from tenant data")
        }
    }
}

fn check_public_url(url: &str) -> anyhow::Result<String> {
    let url = url.trim_end_matches('/');
    if !(url.starts_with("https://") || url.starts_with("http://")) || url.matches('/').count() != 2
    {
        bail!("PUBLIC_URL must be scheme and host only, such as https://hub.example.com");
    }
    Ok(url.to_owned())
}

fn list(text: Option<String>) -> Vec<String> {
    text.unwrap_or_default()
        .split(',')
        .map(|item| item.trim().to_owned())
        .filter(|item| !item.is_empty())
        .collect()
}

fn executables(text: Option<String>) -> anyhow::Result<Vec<(String, PathBuf)>> {
    list(text)
        .into_iter()
        .map(|item| {
            let (name, path) = item
                .split_once('=')
                .with_context(|| format!("TRIBUTARY_EXECUTABLES: “{item}” is not name=/path"))?;
            Ok((name.to_owned(), PathBuf::from(path)))
        })
        .collect()
}

fn proxies(text: Option<String>) -> anyhow::Result<Vec<IpAddr>> {
    list(text)
        .iter()
        .map(|item| {
            item.parse()
                .with_context(|| format!("TRIBUTARY_TRUSTED_PROXIES: “{item}” is not an address"))
        })
        .collect()
}

fn sandbox(text: Option<String>) -> anyhow::Result<SandboxLevel> {
    match text.as_deref() {
        None | Some("best_effort") => Ok(SandboxLevel::BestEffort),
        Some("strict") => Ok(SandboxLevel::Strict),
        Some(other) => bail!("TRIBUTARY_SANDBOX must be strict or best_effort, not “{other}”"),
    }
}

fn log_format(text: Option<String>) -> anyhow::Result<LogFormat> {
    match text.as_deref() {
        None | Some("text") => Ok(LogFormat::Text),
        Some("json") => Ok(LogFormat::Json),
        Some(other) => bail!("TRIBUTARY_LOG_FORMAT must be text or json, not “{other}”"),
    }
}
