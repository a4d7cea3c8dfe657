//! Names to checked addresses, for databases and for the HTTP client.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Host;

use super::{Outbound, Policy};
use crate::fault::Fault;

/// A name server that is silent this long is taken for absent.
const PATIENCE: Duration = Duration::from_secs(10);

/// A database host whose addresses were checked. Connect to one of `addresses`; use `host` only as the name in TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    pub host: String,
    pub port: u16,
    /// At least one.
    pub addresses: Vec<IpAddr>,
}

impl Pinned {
    /// Whether the way there leaves private networks, so that others could listen.
    pub fn is_public(&self) -> bool {
        self.addresses
            .iter()
            .any(|ip| super::address::is_public(super::address::plain(*ip)))
    }
}

impl Outbound {
    /// Resolves a database host and checks where it leads. Faults blame the form field `host`.
    pub async fn resolve_database_host(&self, host: &str, port: u16) -> Result<Pinned, Fault> {
        let host = host.trim();
        let addresses = match parse(host)? {
            Host::Ipv4(ip) => check_literal(&self.policy, host, IpAddr::V4(ip))?,
            Host::Ipv6(ip) => check_literal(&self.policy, host, IpAddr::V6(ip))?,
            Host::Domain(name) => lookup(&self.policy, &name).await?,
        };
        let name = host.trim_start_matches('[').trim_end_matches(']');
        Ok(Pinned {
            host: name.to_owned(),
            port,
            addresses,
        })
    }
}

/// Reads a host as URLs do, so that decimal, octal and hexadecimal spellings of an address are seen for what they are.
/// A path (a local socket), a port or a whole URL is refused.
fn parse(host: &str) -> Result<Host, Fault> {
    let bracketed = if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    Host::parse(&bracketed).map_err(|_| {
        Fault::config(format!("“{host}” is not a host name. Enter only the name or the IP address, such as db.example.com, without port or https://.")).at_field("host")
    })
}

fn check_literal(policy: &Policy, host: &str, ip: IpAddr) -> Result<Vec<IpAddr>, Fault> {
    if policy.permits(ip) {
        Ok(vec![ip])
    } else {
        Err(policy.refusal(host, ip).at_field("host"))
    }
}

/// The permitted addresses of a name; a fault when there is none.
async fn lookup(policy: &Policy, name: &str) -> Result<Vec<IpAddr>, Fault> {
    let unknown = |detail: String| {
        Fault::unreachable(format!(
            "The name “{name}” was not found. Check its spelling."
        ))
        .with_detail(detail)
        .at_field("host")
    };
    let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((name, 0)))
        .await
        .map_err(|_| {
            Fault::unreachable(format!(
                "The name “{name}” could not be looked up: no name server answered."
            ))
            .at_field("host")
        })?
        .map_err(|error| unknown(error.to_string()))?;
    let all: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    let permitted: Vec<IpAddr> = all
        .iter()
        .copied()
        .filter(|ip| policy.permits(*ip))
        .collect();
    match (permitted.is_empty(), all.first()) {
        (false, _) => Ok(permitted),
        (true, Some(ip)) => Err(policy.refusal(name, *ip).at_field("host")),
        (true, None) => Err(unknown("no address".to_owned())),
    }
}

/// The HTTP client's resolver. It is not asked about addresses written as numbers: those are checked before each call.
#[derive(Debug)]
pub struct Guarded(pub Arc<Policy>);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = Arc::clone(&self.0);
        Box::pin(async move {
            let addresses = lookup(&policy, name.as_str()).await?;
            let addresses: Addrs = Box::new(addresses.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Kind;

    async fn resolve(policy: Policy, host: &str) -> Result<Pinned, Fault> {
        Outbound::new(policy)
            .unwrap()
            .resolve_database_host(host, 5432)
            .await
    }

    #[tokio::test]
    async fn refuses_every_spelling_of_a_private_address() {
        let spellings = [
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f000001",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "017700000001",
            "0",
            "localhost",
            "LOCALHOST",
            "::1",
            "[::1]",
            "::ffff:127.0.0.1",
            "[::ffff:7f00:1]",
            "64:ff9b::7f00:1",
            "169.254.169.254",
            "0xa9fea9fe",
            "2852039166",
            "10.0.0.8",
            "192.168.0.1",
            "fe80::1",
            "fd00::1",
            "１２７.0.0.1",
            "127。0。0。1",
        ];
        for host in spellings {
            let fault = resolve(Policy::default(), host).await.expect_err(host);
            assert_eq!(
                (fault.kind, fault.field.as_deref()),
                (Kind::Forbidden, Some("host")),
                "{host}"
            );
        }
    }

    #[tokio::test]
    async fn refuses_what_is_no_host() {
        for host in [
            "",
            "/var/run/postgresql",
            "db.example.com:5432",
            "https://db.example.com",
            "a b",
            "user@host",
            "x?y",
            "%00",
        ] {
            let fault = resolve(Policy::default(), host).await.expect_err(host);
            assert_eq!(
                (fault.kind, fault.field.as_deref()),
                (Kind::Config, Some("host")),
                "{host}"
            );
        }
    }

    #[tokio::test]
    async fn an_operator_may_allow_a_range() {
        let policy = Policy {
            allow_private: vec!["127.0.0.0/8".parse().unwrap()],
            ..Policy::default()
        };
        let pinned = resolve(policy.clone(), "2130706433").await.unwrap();
        assert_eq!(pinned.addresses, ["127.0.0.1".parse::<IpAddr>().unwrap()]);
        assert!(resolve(policy, "10.0.0.1").await.is_err());
    }

    #[tokio::test]
    async fn the_refusal_says_what_to_allow() {
        let fault = resolve(Policy::default(), "10.1.2.3").await.unwrap_err();
        assert!(
            fault.message.contains("10.1.2.3/32")
                && fault.message.contains("ALLOW_PRIVATE_NETWORKS"),
            "{fault}"
        );
    }
}
