//! What a server says of itself when it is greeted: which member it is, which others there are, how it lets users in.

use bson::{RawDocument, doc};

use super::address::{Address, FIELD, Preference};
use super::client::{Client, Error, Mechanism};
use super::config::Config;
use crate::fault::Fault;

/// Members of a replica set that are tried.
pub const MOST_MEMBERS: usize = 16;
/// `CommandNotFound`
const UNKNOWN_COMMAND: i32 = 59;
/// The version of the protocol from which on `find` may put documents in order on disk: MongoDB 4.4.
const SORTS_ON_DISK: i32 = 9;

/// What a server says of itself.
#[derive(Debug, Default)]
pub struct Hello {
    pub is_primary: bool,
    pub is_secondary: bool,
    /// A router of a sharded cluster.
    pub is_router: bool,
    pub set: Option<String>,
    primary: Option<String>,
    hosts: Vec<String>,
    mechanisms: Vec<String>,
    wire: i32,
}

impl Hello {
    fn of(answer: &RawDocument) -> Self {
        let text = |name: &str| answer.get_str(name).ok().map(str::to_owned);
        let yes = |name: &str| answer.get_bool(name).unwrap_or_default();
        let texts = |name: &str| -> Vec<String> {
            let all = answer.get_array(name).into_iter().flatten().flatten();
            all.filter_map(|text| text.as_str().map(str::to_owned))
                .take(MOST_MEMBERS)
                .collect()
        };
        Self {
            is_primary: yes("isWritablePrimary") || yes("ismaster"),
            is_secondary: yes("secondary"),
            is_router: text("msg").as_deref() == Some("isdbgrid"),
            set: text("setName"),
            primary: text("primary"),
            hosts: texts("hosts"),
            mechanisms: texts("saslSupportedMechs"),
            wire: answer.get_i32("maxWireVersion").unwrap_or_default(),
        }
    }

    pub fn sorts_on_disk(&self) -> bool {
        self.wire >= SORTS_ON_DISK
    }

    /// The members it names, the one wanted first.
    pub fn others(&self, preference: Preference) -> Vec<&String> {
        let first = self
            .primary
            .iter()
            .filter(|_| preference == Preference::Primary);
        first.chain(&self.hosts).collect()
    }

    pub fn is_wanted(&self, address: &Address) -> bool {
        let is_member = self.is_primary || self.is_secondary;
        let is_alone = self.set.is_none();
        is_alone
            || match address.preference {
                _ if address.direct => is_member,
                Preference::Primary => self.is_primary,
                Preference::Secondary => self.is_secondary,
            }
    }
}

pub async fn hello(config: &Config, client: &mut Client) -> Result<Hello, Error> {
    let question = |name: &str| {
        let mut question = doc! {
            name: 1, "helloOk": true,
            "client": {"driver": {"name": "sync", "version": env!("CARGO_PKG_VERSION")}, "os": {"type": std::env::consts::OS}},
        };
        if let Some(user) = &config.username {
            question.insert(
                "saslSupportedMechs",
                format!("{}.{user}", auth_source(config)),
            );
        }
        question
    };
    match client.run("admin", question("hello")).await {
        Ok(answer) => Ok(Hello::of(answer)),
        // Before version 4.4 it is asked in other words.
        Err(Error::Refused(refusal)) if refusal.code == UNKNOWN_COMMAND => client
            .run("admin", question("isMaster"))
            .await
            .map(Hello::of),
        Err(error) => Err(error),
    }
}

/// The database that knows the user.
pub fn auth_source(config: &Config) -> &str {
    let said = config
        .auth_source
        .as_ref()
        .or(config.address.auth_source.as_ref());
    said.map_or("admin", String::as_str)
}

/// The best way that the server knows for this user. One that names none, as it does for users it does not know, is asked
/// the newer way.
pub fn mechanism(config: &Config, member: &Hello) -> Result<Mechanism, Fault> {
    if let Some(name) = &config.address.auth_mechanism {
        return Mechanism::find(name).ok_or_else(|| {
            Fault::unsupported(format!(
                "Logins by {name} are not spoken here. Use a user with a password (SCRAM-SHA-256)."
            ))
            .at_field(FIELD)
        });
    }
    let offers = |name: &str| member.mechanisms.iter().any(|offered| offered == name);
    if offers("SCRAM-SHA-1") && !offers("SCRAM-SHA-256") {
        Ok(Mechanism::Sha1)
    } else {
        Ok(Mechanism::Sha256)
    }
}
