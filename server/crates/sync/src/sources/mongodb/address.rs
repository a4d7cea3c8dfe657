//! A connection string: where the servers are, and what it says of the way there. Nothing in it makes this program read a
//! file or call anybody but those servers.

use crate::fault::Fault;

pub const FIELD: &str = "database_config.connection_string";

const USUAL_PORT: u16 = 27017;
/// More than any replica set has members.
const MOST_HOSTS: usize = 50;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub servers: Servers,
    /// What it says of encryption, if anything.
    pub tls: Option<bool>,
    /// Encrypted, whoever answers.
    pub takes_any_certificate: bool,
    pub auth_source: Option<String>,
    pub auth_mechanism: Option<String>,
    pub replica_set: Option<String>,
    pub preference: Preference,
    /// Only the server named, whatever part it plays.
    pub direct: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Servers {
    Named(Vec<(String, u16)>),
    /// The name under which they are to be found.
    LookedUp {
        name: String,
        service: String,
    },
}

/// Which member of a replica set to read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preference {
    Primary,
    Secondary,
}

fn wrong(words: &str) -> Fault {
    Fault::config(words).at_field(FIELD)
}

impl Address {
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or_else(|| {
            wrong("The connection string begins with mongodb:// or mongodb+srv://.")
        })?;
        let (authority, options) = parts(rest);
        // A login in the string, or the place that some copies leave for it: it has fields of its own.
        let hosts = authority
            .rsplit_once('@')
            .map_or(authority, |(_, hosts)| hosts);
        let servers = match scheme {
            "mongodb" => Servers::Named(named(hosts)?),
            "mongodb+srv" => Servers::LookedUp {
                name: single(hosts)?,
                service: "mongodb".to_owned(),
            },
            _ => {
                return Err(wrong(
                    "The connection string begins with mongodb:// or mongodb+srv://.",
                ));
            }
        };
        let mut address = Self {
            servers,
            tls: None,
            takes_any_certificate: false,
            auth_source: None,
            auth_mechanism: None,
            replica_set: None,
            preference: Preference::Primary,
            direct: false,
        };
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            address.set(&name.to_ascii_lowercase(), &decoded(value)?)?;
        }
        Ok(address)
    }

    /// Options that are not listed change nothing about what is read.
    fn set(&mut self, name: &str, value: &str) -> Result<(), Fault> {
        let text = Some(value.to_owned()).filter(|value| !value.is_empty());
        let is_on = value.eq_ignore_ascii_case("true");
        match name {
            "tls" | "ssl" => self.tls = Some(is_on),
            "tlsinsecure" | "tlsallowinvalidcertificates" | "tlsallowinvalidhostnames" => {
                self.takes_any_certificate |= is_on;
            }
            "authsource" => self.auth_source = text,
            "authmechanism" => self.auth_mechanism = text,
            "replicaset" => self.replica_set = text,
            "directconnection" => self.direct = is_on,
            "readpreference" if value.to_ascii_lowercase().starts_with("secondary") => {
                self.preference = Preference::Secondary;
            }
            "srvservicename" => {
                let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
                if value.is_empty() || value.len() > 15 || !value.chars().all(plain) {
                    return Err(wrong("srvServiceName is not the name of a service."));
                }
                if let Servers::LookedUp { service, .. } = &mut self.servers {
                    value.clone_into(service);
                }
            }
            "loadbalanced" if is_on => {
                let why = "Servers behind a load balancer are not read directly.";
                return Err(Fault::unsupported(why).at_field(FIELD));
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes what the name's owner says beside the servers: only these two, and only where the string is silent.
    pub fn complete(&mut self, options: &str) {
        for option in options.split('&') {
            match option.split_once('=') {
                Some(("authSource", value)) if self.auth_source.is_none() => {
                    self.auth_source = Some(value.to_owned());
                }
                Some(("replicaSet", value)) if self.replica_set.is_none() => {
                    self.replica_set = Some(value.to_owned());
                }
                _ => {}
            }
        }
    }
}

/// Login and servers, and the options.
fn parts(rest: &str) -> (&str, &str) {
    let (before, options) = rest.split_once('?').unwrap_or((rest, ""));
    // A slash inside a login is written another way.
    let authority = before
        .split_once('/')
        .map_or(before, |(authority, _)| authority);
    (authority, options)
}

fn named(hosts: &str) -> Result<Vec<(String, u16)>, Fault> {
    let hosts: Vec<_> = hosts
        .split(',')
        .filter(|host| !host.trim().is_empty())
        .take(MOST_HOSTS + 1)
        .map(host_and_port)
        .collect::<Option<_>>()
        .ok_or_else(|| wrong("A server's port in the connection string is not a number."))?;
    match hosts.len() {
        0 => Err(wrong("The connection string names no server.")),
        count if count > MOST_HOSTS => Err(wrong("The connection string names too many servers.")),
        _ => Ok(hosts),
    }
}

fn single(host: &str) -> Result<String, Fault> {
    if host.is_empty() || host.contains([',', ':']) || !host.contains('.') {
        return Err(wrong(
            "After mongodb+srv:// stands one name without port, such as cluster0.ab1cd.mongodb.net.",
        ));
    }
    Ok(host.trim_end_matches('.').to_ascii_lowercase())
}

/// A server as connection strings and replica sets name it: `name`, `name:port`, `[address]:port`.
pub fn host_and_port(text: &str) -> Option<(String, u16)> {
    let text = text.trim();
    let end = text.rfind(']').map_or(0, |end| end + 1);
    match text.get(end..)?.rsplit_once(':') {
        Some((inside, port)) => {
            let host = text.get(..end + inside.len())?;
            Some((host.to_owned(), port.parse().ok()?))
        }
        None => Some((text.to_owned(), USUAL_PORT)),
    }
}

fn decoded(value: &str) -> Result<String, Fault> {
    let mut pairs = url::form_urlencoded::parse(value.as_bytes());
    match (pairs.next(), pairs.next()) {
        (None, _) => Ok(String::new()),
        (Some((text, rest)), None) if rest.is_empty() => Ok(text.into_owned()),
        _ => Err(wrong("An option of the connection string cannot be read.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<(String, u16)> {
        match Address::parse(text).unwrap().servers {
            Servers::Named(servers) => servers,
            Servers::LookedUp { .. } => panic!("{text}"),
        }
    }

    #[test]
    fn servers_are_found_in_the_string() {
        let of = |host: &str, port| (host.to_owned(), port);
        assert_eq!(
            named("mongodb://one.example.com,two.example.com:27018/shop?tls=true"),
            [of("one.example.com", 27017), of("two.example.com", 27018)]
        );
        assert_eq!(named("mongodb://u:p@h:1"), [of("h", 1)]);
        assert_eq!(named("mongodb://<user>:<password>@h/"), [of("h", 27017)]);
        assert_eq!(
            named("mongodb://[::1]:5,[fe80::1]"),
            [of("[::1]", 5), of("[fe80::1]", 27017)]
        );
        let atlas =
            Address::parse("mongodb+srv://Cluster0.Ab1.mongodb.net/?retryWrites=true&w=majority")
                .unwrap();
        assert_eq!(
            atlas.servers,
            Servers::LookedUp {
                name: "cluster0.ab1.mongodb.net".to_owned(),
                service: "mongodb".to_owned()
            }
        );
    }

    #[test]
    fn options_are_heeded() {
        let address = Address::parse("mongodb://h/?SSL=true&authSource=my%20db&replicaSet=rs0&readPreference=secondaryPreferred&directConnection=true&tlsCAFile=/etc/passwd").unwrap();
        assert_eq!(address.tls, Some(true));
        assert_eq!(address.auth_source.as_deref(), Some("my db"));
        assert_eq!(address.replica_set.as_deref(), Some("rs0"));
        assert_eq!(address.preference, Preference::Secondary);
        assert!(address.direct && !address.takes_any_certificate);
        let mut silent = Address::parse("mongodb+srv://a.b.c/?authSource=own").unwrap();
        silent.complete("authSource=admin&replicaSet=rs1&tls=false");
        assert_eq!(
            (
                silent.auth_source.as_deref(),
                silent.replica_set.as_deref(),
                silent.tls
            ),
            (Some("own"), Some("rs1"), None)
        );
    }

    #[test]
    fn what_is_no_connection_string_is_refused() {
        for text in [
            "",
            "localhost",
            "postgres://h",
            "mongodb://",
            "mongodb:///db",
            "mongodb://h:port",
            "mongodb+srv://h.example.com:27017",
            "mongodb+srv://localhost",
            "mongodb://h/?loadBalanced=true",
            "mongodb+srv://a.b.c/?srvServiceName=a.b",
        ] {
            let fault = Address::parse(text).expect_err(text);
            assert_eq!(fault.field.as_deref(), Some(FIELD), "{text}");
        }
    }
}
