//! Reaching a server: resolve, check, pin, connect, encrypt, find the member to read from, log in; each stage with its own
//! plain error. Members that a server names are checked like those of the settings.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use bson::{Document, doc};
use rustls::pki_types::ServerName;
use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::address::{FIELD, Preference, Servers, host_and_port};
use super::client::Client;
use super::config::Config;
use super::cursor::Cursor;
use super::errors;
use super::hello::{Hello, MOST_MEMBERS, auth_source, hello, mechanism};
use crate::connector::{RunContext, Steps};
use crate::fault::{Fault, Kind};
use crate::outbound::Pinned;
use crate::sources::{reach, tls};

const LOGIN_PATIENCE: Duration = Duration::from_secs(20);

/// A logged-in connection.
#[derive(Debug)]
pub struct Session {
    pub client: Client,
    member: Hello,
    preference: Preference,
}

impl Session {
    /// A question whose answer has many documents.
    pub fn ask<'a>(&'a mut self, database: &'a str, mut question: Document) -> Cursor<'a> {
        if self.member.set.is_some() || self.member.is_router {
            let mode = match self.preference {
                Preference::Primary => "primaryPreferred",
                Preference::Secondary => "secondaryPreferred",
            };
            question.insert("$readPreference", doc! {"mode": mode});
            // What a failover can take back is not read.
            if !question.contains_key("listCollections") {
                question.insert("readConcern", doc! {"level": "majority"});
            }
        }
        Cursor::new(&mut self.client, database, question)
    }

    pub fn sorts_on_disk(&self) -> bool {
        self.member.sorts_on_disk()
    }

    async fn version(&mut self) -> String {
        let told = self.client.run("admin", doc! {"buildInfo": 1}).await;
        let version = told.ok().and_then(|told| told.get_str("version").ok());
        let version =
            version.map_or_else(|| "MongoDB".to_owned(), |text| format!("MongoDB {text}"));
        match &self.member.set {
            Some(set) => format!("{version}, replica set {set}"),
            None => version,
        }
    }
}

/// Connects without telling steps.
pub async fn connect(config: &mut Config, cx: &RunContext) -> Result<Session, Fault> {
    let servers = resolve(config, cx).await?;
    session(config, cx, servers, None).await
}

/// Connects and tells each step.
pub async fn connect_stepwise(
    config: &mut Config,
    cx: &RunContext,
    steps: &Steps,
) -> Result<Session, Fault> {
    let servers = steps
        .run("Name resolves", async {
            let servers = resolve(config, cx).await?;
            let detail = servers.first().map(|server| match servers.len() {
                1 => server.addresses[0].to_string(),
                count => format!("{count} servers"),
            });
            Ok((servers, detail))
        })
        .await?;
    let (stream, server) = steps
        .run("Port open", async {
            let opened = open_first(&servers).await?;
            let detail = Some(format!("{}:{}", opened.1.host, opened.1.port));
            Ok((opened, detail))
        })
        .await?;
    let client = if protection(config, &server)? == Protection::None {
        let why = "This connection is set to go without encryption.";
        steps.skip("Encrypted", why).await;
        Client::plain(stream)
    } else {
        steps
            .run("Encrypted", async {
                let client = secure(config, cx, &server, stream).await?;
                let words = if config.address.takes_any_certificate {
                    "TLS, identity of the server not verified"
                } else {
                    "TLS, certificate verified"
                };
                Ok((client, Some(words.to_owned())))
            })
            .await?
    };
    steps
        .run("Login accepted", async {
            let mut session = session(config, cx, servers, Some((client, server))).await?;
            let detail = session.version().await;
            Ok((session, Some(detail)))
        })
        .await
}

/// The servers of the settings, each checked. One that is not allowed ends it; one that is not found is left out.
async fn resolve(config: &mut Config, cx: &RunContext) -> Result<Vec<Pinned>, Fault> {
    let named = match &config.address.servers {
        Servers::Named(servers) => servers.clone(),
        Servers::LookedUp { name, service } => {
            let found = cx.outbound.find_service(service, name).await;
            let found = found.map_err(|fault| fault.at_field(FIELD))?;
            config.address.complete(&found.text);
            found.servers
        }
    };
    let (mut pinned, mut last) = (Vec::new(), None);
    for (host, port) in named {
        match cx.outbound.resolve_database_host(&host, port).await {
            Ok(server) => {
                protection(config, &server)?;
                pinned.push(server);
            }
            Err(fault) if fault.kind == Kind::Unreachable => last = Some(fault),
            Err(fault) => return Err(fault.at_field(FIELD)),
        }
    }
    match last {
        Some(fault) if pinned.is_empty() => Err(fault.at_field(FIELD)),
        _ => Ok(pinned),
    }
}

async fn open_first(servers: &[Pinned]) -> Result<(TcpStream, Pinned), Fault> {
    let mut last = Fault::unreachable("The settings name no server.");
    for server in servers {
        match reach::open(server).await {
            Ok(stream) => return Ok((stream, server.clone())),
            Err(fault) => last = fault,
        }
    }
    Err(last.at_field(FIELD))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protection {
    None,
    Tls,
}

/// Over the internet always encrypted. In a private network, which an operator has allowed, as the connection string says.
fn protection(config: &Config, server: &Pinned) -> Result<Protection, Fault> {
    let by_name = matches!(config.address.servers, Servers::LookedUp { .. });
    match config.address.tls {
        Some(true) => Ok(Protection::Tls),
        None if by_name || server.is_public() => Ok(Protection::Tls),
        Some(false) if server.is_public() => Err(Fault::config(
            "Over the internet the connection must be encrypted. Take tls=false out of the connection string.",
        )
        .at_field(FIELD)),
        Some(false) | None => Ok(Protection::None),
    }
}

async fn secure(
    config: &Config,
    cx: &RunContext,
    server: &Pinned,
    stream: TcpStream,
) -> Result<Client, Fault> {
    if protection(config, server)? == Protection::None {
        return Ok(Client::plain(stream));
    }
    let tls = tls::client_config(config.trust(), cx.outbound.extra_root_texts())
        .map_err(|fault| fault.at_field("database_config.ca_certificate"))?;
    let name = ServerName::try_from(server.host.clone())
        .map_err(|error| reach::no_tls_name(&error).at_field(FIELD))?;
    timeout(LOGIN_PATIENCE, Client::encrypted(stream, tls, name))
        .await
        .map_err(|_| errors::silent())?
        .map_err(|error| errors::login(&error))
}

/// Finds the member to read from and logs in there.
async fn session(
    config: &Config,
    cx: &RunContext,
    servers: Vec<Pinned>,
    mut opened: Option<(Client, Pinned)>,
) -> Result<Session, Fault> {
    let mut known: HashSet<(String, u16)> = servers.iter().map(place).collect();
    let mut waiting: VecDeque<Pinned> = servers.into();
    if let Some((_, server)) = &opened {
        waiting.retain(|other| place(other) != place(server));
        waiting.push_front(server.clone());
    }
    let (mut other, mut last) = (None, None);
    for _ in 0..MOST_MEMBERS {
        let Some(server) = waiting.pop_front() else {
            break;
        };
        let greeted = match opened.take() {
            Some((client, _)) => greet(config, client).await,
            None => meet(config, cx, &server).await,
        };
        let (client, hello) = match greeted {
            Ok(greeted) => greeted,
            Err(fault) => {
                last = Some(fault);
                continue;
            }
        };
        if let (Some(wanted), Some(set)) = (&config.address.replica_set, &hello.set)
            && wanted != set
        {
            let why = format!("The server belongs to the replica set “{set}”, not to “{wanted}”.");
            return Err(Fault::config(why).at_field(FIELD));
        }
        if hello.is_wanted(&config.address) {
            return log_in(config, client, hello).await;
        }
        for name in hello.others(config.address.preference).into_iter().rev() {
            match member(cx, name).await {
                Ok(member) if known.insert(place(&member)) => waiting.push_front(member),
                Ok(_) => {}
                Err(fault) => last = Some(fault),
            }
        }
        if (hello.is_secondary || hello.is_primary) && other.is_none() {
            other = Some((client, hello));
        }
    }
    match (other, last) {
        (Some((client, hello)), _) => log_in(config, client, hello).await,
        (None, Some(fault)) => Err(fault),
        (None, None) => Err(Fault::unreachable(
            "No member of the replica set can be read from at the moment.",
        )
        .at_field(FIELD)),
    }
}

fn place(server: &Pinned) -> (String, u16) {
    (server.host.to_ascii_lowercase(), server.port)
}

/// A member that a server named: checked as if the settings had named it.
async fn member(cx: &RunContext, name: &str) -> Result<Pinned, Fault> {
    let unreadable = || Fault::upstream("The server names a member that has no address.");
    let (host, port) = host_and_port(name).ok_or_else(unreadable)?;
    let pinned = cx.outbound.resolve_database_host(&host, port).await;
    pinned.map_err(|fault| fault.at_field(FIELD))
}

async fn meet(config: &Config, cx: &RunContext, server: &Pinned) -> Result<(Client, Hello), Fault> {
    protection(config, server)?;
    let stream = reach::open(server)
        .await
        .map_err(|fault| fault.at_field(FIELD))?;
    greet(config, secure(config, cx, server, stream).await?).await
}

async fn greet(config: &Config, mut client: Client) -> Result<(Client, Hello), Fault> {
    let hello = timeout(LOGIN_PATIENCE, hello(config, &mut client))
        .await
        .map_err(|_| errors::silent())?
        .map_err(|error| errors::login(&error))?;
    Ok((client, hello))
}

async fn log_in(config: &Config, mut client: Client, member: Hello) -> Result<Session, Fault> {
    if let Some(user) = &config.username {
        let mechanism = mechanism(config, &member)?;
        let password = config.password.expose_secret();
        let login = client.log_in(mechanism, auth_source(config), user, password);
        timeout(LOGIN_PATIENCE, login)
            .await
            .map_err(|_| errors::silent())?
            .map_err(|error| errors::login(&error))?;
    }
    client.expect_documents();
    Ok(Session {
        client,
        member,
        preference: config.address.preference,
    })
}
