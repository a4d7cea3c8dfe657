//! Configuration: every setting, where it comes from, and the typed whole that the rest of the server reads.
//!
//! Nothing else in the server reads the environment. (The S3 client reads the usual `AWS_*` variables by itself.)

mod airbyte;
mod list;
mod settings;

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};

pub use self::airbyte::Airbyte;
pub use settings::{Settings, data_dir, inherited, site_root};

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
    /// None: the embedded engine.
    pub airbyte: Option<Airbyte>,
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
    pub manifests: Vec<(String, PathBuf)>,
    pub integrations: Option<PathBuf>,
    pub integration_types: Option<PathBuf>,
    pub oauth_providers: Option<PathBuf>,
    pub logins: Vec<oauth::Login>,
    pub trusted_proxies: Vec<IpAddr>,
    pub rate_limit: Option<NonZeroU32>,
    pub sandbox: SandboxLevel,
    pub upload_limit_bytes: u64,
    pub workers: usize,
    /// Of these, syncs whose connector is a program of its own.
    pub programs: usize,
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
            airbyte: self::airbyte::read(settings)?,
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
            executables: local(settings, "TRIBUTARY_EXECUTABLES")?,
            manifests: local(settings, "TRIBUTARY_MANIFESTS")?,
            integrations: settings.text("TRIBUTARY_INTEGRATIONS").map(PathBuf::from),
            integration_types: settings
                .text("TRIBUTARY_INTEGRATION_TYPES")
                .map(PathBuf::from),
            oauth_providers: settings.text("OAUTH_PROVIDERS_FILE").map(PathBuf::from),
            logins: logins(settings)?,
            trusted_proxies: proxies(settings.text("TRIBUTARY_TRUSTED_PROXIES"))?,
            rate_limit: NonZeroU32::new(settings.number("TRIBUTARY_RATE_LIMIT", 50)?),
            sandbox: sandbox(settings.text("TRIBUTARY_SANDBOX").as_deref())?,
            upload_limit_bytes: settings
                .number::<u64>("TRIBUTARY_UPLOAD_LIMIT_MB", 200)?
                .saturating_mul(1_000_000),
            workers: settings.number("TRIBUTARY_WORKERS", 50)?,
            programs: settings.number("TRIBUTARY_PROGRAMS", 8)?,
            log_filter: settings
                .text("TRIBUTARY_LOG")
                .unwrap_or_else(|| "info".to_owned()),
            log_format: log_format(settings.text("TRIBUTARY_LOG_FORMAT").as_deref())?,
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

/// Accounts elsewhere that people may sign in with, in the order of their buttons.
fn logins(settings: &Settings) -> anyhow::Result<Vec<oauth::Login>> {
    let client = |id: &str, secret: &str| -> anyhow::Result<Option<oauth::Client>> {
        let set = both(settings, id, secret)?;
        Ok(set.map(|(id, secret)| oauth::Client { id, secret }))
    };
    let google = client("OIDC_GOOGLE_CLIENT_ID", "OIDC_GOOGLE_CLIENT_SECRET")?;
    let github = client("OIDC_GITHUB_CLIENT_ID", "OIDC_GITHUB_CLIENT_SECRET")?;
    let server = settings.text("OIDC_GITHUB_URL");
    let own = client("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")?;
    let own = match (settings.text("OIDC_ISSUER"), own) {
        (Some(issuer), Some(client)) => {
            let name = settings
                .text("OIDC_NAME")
                .unwrap_or_else(|| "single sign-on".to_owned());
            Some(oauth::Login::oidc(&name, &issuer, client))
        }
        (None, None) => None,
        _ => bail!(
            "OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET belong together: set all three"
        ),
    };
    Ok(google
        .map(oauth::Login::google)
        .into_iter()
        .chain(github.map(|client| oauth::Login::github(server.as_deref(), client)))
        .chain(own)
        .collect())
}

fn both(
    settings: &Settings,
    name: &str,
    secret: &str,
) -> anyhow::Result<Option<(String, SecretString)>> {
    match (settings.text(name), settings.secret(secret)) {
        (Some(name), Some(secret)) => Ok(Some((name, secret))),
        (None, None) => Ok(None),
        _ => bail!("{name} and {secret} belong together: set both"),
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

/// Connectors on this machine: name=/path, comma-separated.
fn local(settings: &Settings, setting: &str) -> anyhow::Result<Vec<(String, PathBuf)>> {
    list(settings.text(setting))
        .into_iter()
        .map(|item| {
            let (name, path) = item
                .split_once('=')
                .with_context(|| format!("{setting}: “{item}” is not name=/path"))?;
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

fn sandbox(text: Option<&str>) -> anyhow::Result<SandboxLevel> {
    match text {
        None | Some("best_effort") => Ok(SandboxLevel::BestEffort),
        Some("strict") => Ok(SandboxLevel::Strict),
        Some(other) => bail!("TRIBUTARY_SANDBOX must be strict or best_effort, not “{other}”"),
    }
}

fn log_format(text: Option<&str>) -> anyhow::Result<LogFormat> {
    match text {
        None | Some("text") => Ok(LogFormat::Text),
        Some("json") => Ok(LogFormat::Json),
        Some(other) => bail!("TRIBUTARY_LOG_FORMAT must be text or json, not “{other}”"),
    }
}
