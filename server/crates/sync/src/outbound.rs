//! The one way out: every HTTP call and every database connection asks here first.
//!
//! A tenant chooses the address, so an address is a weapon: it may name this machine, the cloud's metadata service or a
//! neighbour in the private network. Names are resolved here, every address is checked, and what was checked is what is
//! connected to. One table serves HTTP and databases alike; a crate for HTTP alone would leave databases to a second
//! one, and the ones at hand let several reserved ranges pass.

mod address;
mod connecting;
mod gate;
mod http;
mod port;
mod resolve;
mod service;
mod tls;

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::Certificate;

pub use connecting::{Connecting, Probing};
pub use gate::Gate;
pub use http::Purpose;
pub(crate) use http::{fault as transport_fault, is_led_astray};
pub use resolve::Pinned;
pub use service::Service;

use crate::fault::Fault;

/// What an operator allows beyond the public internet over TLS.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Private networks that may be called all the same.
    pub allow_private: Vec<IpNet>,
    /// Plain HTTP, besides HTTPS.
    pub scheme: Scheme,
    /// Certificate authorities to trust besides the system's, as PEM.
    pub extra_roots: Vec<String>,
    /// The setting that holds `allow_private`, named in the refusal so that the operator finds it.
    pub setting: String,
}

/// Which URLs may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    HttpsOnly,
    HttpToo,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            allow_private: Vec::new(),
            scheme: Scheme::HttpsOnly,
            extra_roots: Vec::new(),
            setting: "ALLOW_PRIVATE_NETWORKS".to_owned(),
        }
    }
}

impl Policy {
    /// Whether this address may be called.
    fn permits(&self, ip: IpAddr) -> bool {
        is_public(ip) || self.opens(ip)
    }

    /// Whether the operator has opened the network that this address is in.
    fn opens(&self, ip: IpAddr) -> bool {
        let ip = address::plain(ip);
        self.allow_private
            .iter()
            .any(|network| network.contains(&ip))
    }

    /// The refusal of a host that leads only to private addresses.
    fn refusal(&self, host: &str, ip: IpAddr) -> Fault {
        let network = IpNet::from(address::plain(ip));
        let subject = if host == ip.to_string() {
            format!("“{host}” is")
        } else {
            format!("“{host}” leads to {ip},")
        };
        Fault::forbidden(format!(
            "{subject} an address in a private or reserved network, and this server does not call those. \
             It has to be one that is reachable from the internet, unless the operator of this server adds {network} to {}.",
            self.setting
        ))
    }
}

/// Whether an address belongs to the public internet, however it is written.
pub(crate) fn is_public(ip: IpAddr) -> bool {
    address::is_public(address::plain(ip))
}

/// The guarded way out. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Outbound {
    policy: Arc<Policy>,
    client: reqwest::Client,
}

impl Outbound {
    /// Builds the client. Fails when a certificate authority of the policy is not readable.
    pub fn new(policy: Policy) -> Result<Self, Fault> {
        let policy = Arc::new(policy);
        let client = http::client(&policy, Connecting::default())?;
        Ok(Self { policy, client })
    }

    /// Whether only the public internet over TLS may be called, so that connector programs should refuse the rest too.
    pub fn is_public_only(&self) -> bool {
        self.policy.allow_private.is_empty() && self.policy.scheme == Scheme::HttpsOnly
    }

    /// Certificate authorities to trust besides the system's.
    pub fn extra_roots(&self) -> Result<Vec<Certificate>, Fault> {
        http::roots(&self.policy)
    }

    /// The same as PEM texts, for connections that are not HTTP.
    pub fn extra_root_texts(&self) -> &[String] {
        &self.policy.extra_roots
    }
}
