//! The two databases of this hub, embedded or configured, opened for each part that logs in to them.

use std::{fs, fs::File, path::Path};

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use store::bootstrap::{self, Logins, Names};

use crate::{
    config::{Config, Databases},
    embedded::{Cluster, Ownership, Passwords},
};

/// Held by every hub of a data folder while it runs.
const LOCK_FILE: &str = "serve.lock";

/// The logins, and the cluster behind them when it is ours.
pub struct Opened {
    pub logins: Logins,
    cluster: Option<Cluster>,
    /// Held while this process runs the hub: two hubs in one data folder would stop each other's PostgreSQL.
    _lock: Option<File>,
}

/// Why the databases are opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To run the hub: this process answers for the embedded cluster.
    Serve,
    /// For one command beside a hub that may be running.
    Command,
}

/// Opens the databases, starting and preparing the embedded cluster when none is configured.
pub async fn open(config: &Config, purpose: Purpose) -> anyhow::Result<Opened> {
    fs::create_dir_all(&config.data_dir)
        .with_context(|| format!("{} can't be made", config.data_dir.display()))?;
    let lock = match purpose {
        Purpose::Serve => Some(lock(config)?),
        Purpose::Command => None,
    };
    match &config.databases {
        Databases::Embedded => embedded(config, lock).await,
        Databases::External {
            control,
            control_owner,
            tenant,
            tenant_owner,
        } => Ok(Opened {
            logins: Logins {
                control_owner: options("DATABASE_OWNER_URL", control_owner)?,
                control: options("DATABASE_URL", control)?,
                data_superuser: options("TENANT_DATABASE_OWNER_URL", tenant_owner)?,
                data_provisioner: options("TENANT_DATABASE_URL", tenant)?,
            },
            cluster: None,
            _lock: lock,
        }),
    }
}

impl Opened {
    /// Migrates both databases.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        store::migrate(&self.logins.control_owner)
            .await
            .context("the control database could not be migrated")?;
        store::migrate_tenant_database(&self.logins.data_superuser)
            .await
            .context("the tenant database could not be prepared")
    }

    /// Stops the cluster if this process started it.
    pub fn close(self) -> anyhow::Result<()> {
        self.cluster.map_or(Ok(()), Cluster::stop)
    }
}

async fn embedded(config: &Config, lock: Option<File>) -> anyhow::Result<Opened> {
    let passwords = Passwords::load_or_create(&config.data_dir)?;
    let mut cluster = Cluster::start(&config.data_dir, &passwords.superuser, config.old_postgres)?;
    if lock.is_some() {
        // Left over from a hub that was killed: it is ours now.
        cluster.ownership = Ownership::Started;
    }
    let superuser = PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .port(cluster.port)
        .username("postgres")
        .password(passwords.superuser.expose_secret())
        .database("postgres")
        .ssl_mode(PgSslMode::Disable);
    let logins = bootstrap::embedded(
        &superuser,
        &Names::default(),
        &bootstrap::Passwords {
            owner: passwords.owner,
            app: passwords.app,
            provisioner: passwords.provisioner,
        },
    )
    .await
    .context("the embedded PostgreSQL could not be set up")?;
    Ok(Opened {
        logins,
        cluster: Some(cluster),
        _lock: lock,
    })
}

/// One hub per embedded cluster; any number of processes when the databases are elsewhere.
fn lock(config: &Config) -> anyhow::Result<File> {
    let file = File::create(config.data_dir.join(LOCK_FILE))?;
    let locked = match config.databases {
        Databases::Embedded => file.try_lock(),
        Databases::External { .. } => file.try_lock_shared(),
    };
    match locked {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => bail!(
            "another hub is running in {}; stop it, or choose another --data-dir",
            config.data_dir.display()
        ),
        Err(fs::TryLockError::Error(error)) => {
            Err(error).context("the data folder can't be locked")
        }
    }
}

/// Does a hub of this data folder run right now?
pub fn hub_is_running(data_dir: &Path) -> bool {
    File::open(data_dir.join(LOCK_FILE))
        .is_ok_and(|file| matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)))
}

fn options(name: &str, url: &SecretString) -> anyhow::Result<PgConnectOptions> {
    // The parser's error may quote the URL, and with it the password.
    url.expose_secret().parse().map_err(|_may_quote_it| {
        anyhow::anyhow!(
            "{name} is not a PostgreSQL URL, postgres://user:password@host:5432/database"
        )
    })
}
