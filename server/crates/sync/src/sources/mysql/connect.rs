//! Reaching the server: resolve, check, pin, connect, encrypt, log in; each stage with its own plain error.

use std::time::Duration;

use rustls::pki_types::ServerName;
use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::client::{Client, Error, Greeting};
use super::config::{Config, Encryption};
use super::errors;
use super::types::TinyInt;
use crate::connector::{RunContext, Steps};
use crate::fault::Fault;
use crate::outbound::Pinned;
use crate::sources::{reach, tls};

const LOGIN_PATIENCE: Duration = Duration::from_secs(20);

/// Settings of the session that values depend on: their character set, how text is quoted, UTC. MySQL has none that end
/// with a transaction. Poolers follow those of a session or keep its connection apart (ProxySQL, RDS Proxy); should one
/// hand it on all the same, nothing here keeps an application from writing.
const SETTINGS: [&str; 2] = [
    "SET NAMES utf8mb4",
    "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES', time_zone = '+00:00', sql_select_limit = DEFAULT",
];

/// Settings that not every server knows: no waiting for locks of others, no hurry when the destination is slow, text
/// compared to its end when rows are put in order, no limit on how long a question takes (by MariaDB's name and MySQL's).
const COMFORTS: [&str; 5] = [
    "SET SESSION lock_wait_timeout = 60, innodb_lock_wait_timeout = 60",
    "SET SESSION net_write_timeout = 3600",
    "SET SESSION max_sort_length = 8192",
    "SET SESSION max_statement_time = 0",
    "SET SESSION max_execution_time = 0",
];

/// A logged-in connection.
#[derive(Debug)]
pub struct Session {
    pub client: Client,
    pub flavour: Flavour,
    /// How the settings want a TINYINT(1) to be read.
    pub tinyint: TinyInt,
}

/// Whose server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    MySql,
    MariaDb,
}

/// Connects without telling steps.
pub async fn connect(config: &Config, cx: &RunContext) -> Result<Session, Fault> {
    let pinned = cx
        .outbound
        .resolve_database_host(&config.host, config.port)
        .await?;
    let (client, greeting) = greet(reach::open(&pinned).await?)
        .await?
        .map_err(|error| errors::login(&error))?;
    let client = match protection(config, &greeting)? {
        Protection::None => client,
        Protection::Tls => encrypt(client, config, cx, &pinned).await?,
    };
    log_in(client, &greeting, config).await
}

/// Connects and tells each step.
pub async fn connect_stepwise(
    config: &Config,
    cx: &RunContext,
    steps: &Steps,
) -> Result<Session, Fault> {
    let pinned = steps
        .run("Name resolves", async {
            let pinned = cx
                .outbound
                .resolve_database_host(&config.host, config.port)
                .await?;
            let detail = pinned.addresses.first().map(ToString::to_string);
            Ok((pinned, detail))
        })
        .await?;
    // A server that refuses at once does so in place of a greeting; then the login is what failed, not the port.
    let greeted = steps
        .run("Port open", async {
            let greeted = match greet(reach::open(&pinned).await?).await? {
                Err(Error::Refused(refusal)) => Err(errors::login(&Error::Refused(refusal))),
                greeted => Ok(greeted.map_err(|error| errors::login(&error))?),
            };
            Ok((greeted, None))
        })
        .await?;
    let secured = match greeted {
        Ok((client, greeting)) => {
            let client = encrypt_stepwise(client, &greeting, config, cx, &pinned, steps).await?;
            Ok((client, greeting))
        }
        Err(refusal) => {
            let why = "The server refused before that.";
            steps.skip("Encrypted", why).await;
            Err(refusal)
        }
    };
    steps
        .run("Login accepted", async {
            let (client, greeting) = secured?;
            let mut session = log_in(client, &greeting, config).await?;
            let detail = version(&mut session.client).await?;
            Ok((session, Some(detail)))
        })
        .await
}

async fn encrypt_stepwise(
    client: Client,
    greeting: &Greeting,
    config: &Config,
    cx: &RunContext,
    pinned: &Pinned,
    steps: &Steps,
) -> Result<Client, Fault> {
    if !greeting.offers_encryption() && matches!(config.ssl_mode, Encryption::Preferred) {
        let why = "The server offers no encryption.";
        steps.skip("Encrypted", why).await;
        return Ok(client);
    }
    steps
        .run("Encrypted", async {
            protection(config, greeting)?;
            let client = encrypt(client, config, cx, pinned).await?;
            Ok((client, Some(words(&config.ssl_mode).to_owned())))
        })
        .await
}

fn words(mode: &Encryption) -> &'static str {
    match mode {
        Encryption::Preferred | Encryption::Required => "TLS, identity of the server not verified",
        Encryption::VerifyCa { .. } | Encryption::VerifyIdentity { .. } => {
            "TLS, certificate verified"
        }
    }
}

/// Reads the greeting. The outer fault: there was none in time.
async fn greet(stream: TcpStream) -> Result<Result<(Client, Greeting), Error>, Fault> {
    timeout(LOGIN_PATIENCE, Client::open(stream))
        .await
        .map_err(|_| errors::silent())
}

enum Protection {
    None,
    Tls,
}

fn protection(config: &Config, greeting: &Greeting) -> Result<Protection, Fault> {
    match (greeting.offers_encryption(), &config.ssl_mode) {
        (true, _) => Ok(Protection::Tls),
        (false, Encryption::Preferred) => Ok(Protection::None),
        (false, _) => Err(errors::no_tls_offered()),
    }
}

async fn encrypt(
    client: Client,
    config: &Config,
    cx: &RunContext,
    pinned: &Pinned,
) -> Result<Client, Fault> {
    let tls = tls::client_config(config.ssl_mode.trust(), cx.outbound.extra_root_texts())?;
    let name =
        ServerName::try_from(pinned.host.clone()).map_err(|error| reach::no_tls_name(&error))?;
    timeout(LOGIN_PATIENCE, client.encrypt(tls, name))
        .await
        .map_err(|_| errors::silent())?
        .map_err(|error| errors::login(&error))
}

async fn log_in(
    mut client: Client,
    greeting: &Greeting,
    config: &Config,
) -> Result<Session, Fault> {
    let password = config.password.expose_secret();
    let login = async {
        client
            .log_in(greeting, &config.username, password, &config.database)
            .await
            .map_err(|error| errors::login(&error))?;
        for setting in SETTINGS {
            let set = client.run(setting).await;
            set.map_err(|error| errors::query(&error))?;
        }
        for setting in COMFORTS {
            match client.run(setting).await {
                Ok(()) | Err(Error::Refused(_)) => {}
                Err(error) => return Err(errors::query(&error)),
            }
        }
        Ok(())
    };
    timeout(LOGIN_PATIENCE, login)
        .await
        .map_err(|_| errors::silent())??;
    let flavour = if greeting.version.to_ascii_lowercase().contains("mariadb") {
        Flavour::MariaDb
    } else {
        Flavour::MySql
    };
    Ok(Session {
        client,
        flavour,
        tinyint: config.tinyint(),
    })
}

async fn version(client: &mut Client) -> Result<String, Fault> {
    let broken = |error| errors::query(&error);
    let mut words = String::new();
    client
        .ask("SELECT @@version, CURRENT_USER()", 2)
        .await
        .map_err(broken)?;
    while let Some(row) = client.next(2).await.map_err(broken)? {
        let text = |at| String::from_utf8_lossy(row.value(at).unwrap_or_default()).into_owned();
        let (version, user) = (text(0), text(1));
        let product = if version.to_ascii_lowercase().contains("mariadb") {
            "MariaDB"
        } else {
            "MySQL"
        };
        let number = version.split('-').next().unwrap_or_default();
        words = format!("{product} {number}, as {user}");
    }
    Ok(words)
}
