//! The two databases of this hub, embedded or configured, opened for each part that logs in to them.

use std::{
    fs,
    fs::File,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use store::bootstrap::{self, Logins, Names};

use crate::{
    config::{Config, Databases},
    embedded::{Cluster, Keeper, Passwords},
};

/// Held by every hub of a data folder while it runs.
const LOCK_FILE: &str = "serve.lock";

/// The logins, and the cluster behind them when it is ours.
pub struct Opened {
    pub logins: Logins,
    cluster: Option<Arc<Mutex<Cluster>>>,
    /// Held while this process runs the hub.
    _lock: Option<File>,
}

/// Why the databases are opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To run the hub.
    Serve,
    /// For one command beside a hub that may be running.
    Command,
    /// For a command that no hub of this data folder may run beside.
    Alone,
}

/// Opens the databases, starting and preparing the embedded cluster when none is configured.
pub async fn open(config: &Config, purpose: Purpose) -> anyhow::Result<Opened> {
    fs::create_dir_all(&config.data_dir)
        .with_context(|| format!("{} can't be made", config.data_dir.display()))?;
    let lock = match purpose {
        Purpose::Serve => Some(lock(config, hubs_at_once(config))?),
        Purpose::Alone => Some(lock(config, Hubs::One)?),
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

    /// Starts the embedded cluster again whenever it ends, until the keeper is told to stop.
    pub fn keep_running(&self) -> Option<Keeper> {
        self.cluster.clone().map(Keeper::start)
    }

    /// Leaves the cluster; the last one to leave stops it. After the keeper's end.
    pub fn close(self) -> anyhow::Result<()> {
        let Some(cluster) = self.cluster else {
            return Ok(());
        };
        let cluster = Arc::into_inner(cluster).context("somebody still watches over PostgreSQL")?;
        cluster
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .leave()
    }
}

async fn embedded(config: &Config, lock: Option<File>) -> anyhow::Result<Opened> {
    let passwords = Passwords::load_or_create(&config.data_dir)?;
    let cluster = Cluster::open(&config.data_dir, &passwords.superuser, config.old_postgres)?;
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
        cluster: Some(Arc::new(Mutex::new(cluster))),
        _lock: lock,
    })
}

/// How many hubs a data folder may have at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hubs {
    One,
    Many,
}

/// One hub watches over an embedded cluster; any number when the databases are elsewhere.
fn hubs_at_once(config: &Config) -> Hubs {
    match config.databases {
        Databases::Embedded => Hubs::One,
        Databases::External { .. } => Hubs::Many,
    }
}

fn lock(config: &Config, hubs: Hubs) -> anyhow::Result<File> {
    let file = File::create(config.data_dir.join(LOCK_FILE))?;
    let locked = match hubs {
        Hubs::One => file.try_lock(),
        Hubs::Many => file.try_lock_shared(),
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
