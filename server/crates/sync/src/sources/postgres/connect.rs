//! Reaching the server: resolve, check, pin, connect, log in; each stage with its own plain error.

use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::{MakeTlsConnect, NoTls};
use tokio_postgres::{Client, Connection};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_util::task::AbortOnDropHandle;

use super::config::{Config, Encryption};
use super::{errors, transaction};
use crate::connector::{RunContext, Steps};
use crate::fault::Fault;
use crate::sources::{reach, tls};

const LOGIN_PATIENCE: Duration = Duration::from_secs(20);

/// A logged-in connection with its transaction begun; dropping it closes both.
#[derive(Debug)]
pub struct Session {
    pub client: Client,
    /// Moves the bytes of the connection.
    _driver: AbortOnDropHandle<()>,
}

/// Connects without telling steps.
pub async fn connect(config: &Config, cx: &RunContext) -> Result<Session, Fault> {
    let pinned = cx
        .outbound
        .resolve_database_host(&config.host, config.port)
        .await?;
    let stream = reach::open(&pinned).await?;
    log_in(config, cx, stream)
        .await
        .map_err(LoginError::into_fault)
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
    let stream = steps
        .run("Port open", async {
            Ok((reach::open(&pinned).await?, None))
        })
        .await?;
    // Encryption and login happen in one exchange; what failed tells which of the two it was.
    let login = if matches!(config.ssl_mode, Encryption::Disable) {
        steps
            .skip(
                "Encrypted",
                "This connection is set to go without encryption.",
            )
            .await;
        log_in(config, cx, stream).await
    } else {
        let protection = if matches!(config.ssl_mode, Encryption::Require) {
            "TLS, identity of the server not verified"
        } else {
            "TLS, certificate verified"
        };
        steps
            .run("Encrypted", async {
                match log_in(config, cx, stream).await {
                    Err(LoginError::Tls(fault)) => Err(fault),
                    login => Ok((login, Some(protection.to_owned()))),
                }
            })
            .await?
    };
    steps
        .run("Login accepted", async {
            let session = login.map_err(LoginError::into_fault)?;
            let version = version(&session.client).await?;
            Ok((session, Some(version)))
        })
        .await
}

enum LoginError {
    Tls(Fault),
    Other(Fault),
}

impl LoginError {
    fn into_fault(self) -> Fault {
        match self {
            Self::Tls(fault) | Self::Other(fault) => fault,
        }
    }
}

async fn log_in(
    config: &Config,
    cx: &RunContext,
    stream: TcpStream,
) -> Result<Session, LoginError> {
    let tls = config
        .ssl_mode
        .trust()
        .map(|trust| tls::client_config(trust, cx.outbound.extra_root_texts()))
        .transpose()
        .map_err(LoginError::Tls)?;
    let login = async {
        match tls {
            None => start(
                parameters(config, SslMode::Disable)
                    .connect_raw(stream, NoTls)
                    .await,
            ),
            Some(tls) => {
                let mut make = MakeRustlsConnect::new(tls);
                let host = config.host.trim().trim_matches(['[', ']']);
                let tls = MakeTlsConnect::<TcpStream>::make_tls_connect(&mut make, host)
                    .map_err(|error| reach::no_tls_name(&error))
                    .map_err(LoginError::Tls)?;
                start(
                    parameters(config, SslMode::Require)
                        .connect_raw(stream, tls)
                        .await,
                )
            }
        }
    };
    let session = timeout(LOGIN_PATIENCE, login).await.map_err(|_| {
        LoginError::Other(
            Fault::timeout("The server accepted the connection but did not answer the login.")
                .at_field("host"),
        )
    })??;
    transaction::begin(&session.client)
        .await
        .map_err(LoginError::Other)?;
    Ok(session)
}

fn parameters(config: &Config, ssl_mode: SslMode) -> tokio_postgres::Config {
    let mut parameters = tokio_postgres::Config::new();
    parameters
        .user(&config.username)
        .password(config.password.expose_secret())
        .dbname(&config.database)
        .application_name("sync")
        .ssl_mode(ssl_mode);
    parameters
}

fn start<T>(
    result: Result<(Client, Connection<TcpStream, T>), tokio_postgres::Error>,
) -> Result<Session, LoginError>
where
    T: tokio_postgres::tls::TlsStream + Unpin + Send + 'static,
{
    match result {
        Ok((client, connection)) => {
            let driver = tokio::spawn(async move {
                // Its error reaches whoever waits for an answer on the client.
                let _ = connection.await;
            });
            Ok(Session {
                client,
                _driver: AbortOnDropHandle::new(driver),
            })
        }
        Err(error) if errors::is_tls(&error) => Err(LoginError::Tls(errors::login(&error))),
        Err(error) => Err(LoginError::Other(errors::login(&error))),
    }
}

async fn version(client: &Client) -> Result<String, Fault> {
    let row = client
        .query_typed_one(
            "SELECT current_setting('server_version'), current_user::text",
            &[],
        )
        .await
        .map_err(|error| errors::query(&error))?;
    let (version, user): (String, String) = (row.get(0), row.get(1));
    Ok(format!("PostgreSQL {version}, as {user}"))
}
