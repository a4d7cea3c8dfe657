//! `type: rest`: an HTTP API with its endpoints.

mod authentication;
mod cursor;
mod endpoint;
mod fields;
mod manifest;
mod paging;
mod place;
mod session;

use std::net::IpAddr;

use serde_json::{Map, Value};
use url::{Host, Url};

pub(super) use authentication::Authentication;
pub(super) use endpoint::Endpoint;
pub(super) use manifest::{Runner, manifest};

use super::section::Section;
use super::{secrets, values};
use crate::outbound;

/// What is said of an address that the way out is closed for, unless an operator opened it.
const PRIVATE: &str = "is an address in a private or reserved network, which is called only where the operator opened that network: name one that is reachable from the internet";

pub(super) const KEYS: &[&str] = &[
    "base_url",
    "authentication",
    "headers",
    "parameters",
    "endpoints",
];

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rest {
    pub base_url: String,
    pub authentication: Authentication,
    /// Of every request.
    pub headers: Map<String, Value>,
    pub parameters: Map<String, Value>,
    pub endpoints: Vec<Endpoint>,
}

impl Rest {
    /// Whether an endpoint is asked with a field inside of a mapping of its body.
    fn asks_inside(&self) -> bool {
        self.endpoints.iter().any(Endpoint::asks_inside)
    }

    /// What whoever sends it to an Airbyte should know.
    pub fn notes(&self) -> impl Iterator<Item = &'static str> {
        let nests = self.asks_inside().then_some(
            "The definition needs an Airbyte whose low-code runtime is 6.33 or newer: an older one cannot set a field inside of a mapping, and refuses it.",
        );
        let ends = self.endpoints.iter().any(|endpoint| endpoint.paging.end().is_some()).then_some(
            "An Airbyte takes an end_status for the end wherever it comes: where the first page is answered with it, a table is empty there, and what runs directly fails.",
        );
        let notes = self.authentication.note().into_iter();
        notes.chain(nests).chain(ends)
    }
}

pub(super) fn read(section: &Section<'_>) -> Rest {
    Rest {
        base_url: address(section, "base_url"),
        authentication: Authentication::read(section),
        headers: values::headers(section, "headers"),
        parameters: values::texts(section, "parameters"),
        endpoints: endpoint::list(section),
    }
}

/// An address that requests go to.
fn address(section: &Section<'_>, name: &str) -> String {
    let text = section.need_text(name);
    let Some(value) = section.get(name) else {
        return text;
    };
    match check_address(&text) {
        Err(why) => section.problem(value.at, name, why),
        Ok(()) => {
            if let Some(ip) = private(&text) {
                let message = format!("{} {PRIVATE}", section.place(name));
                section.found.private(value.at, message, ip);
            }
        }
    }
    text
}

/// The address of a private or reserved network that stands there as a number.
fn private(text: &str) -> Option<IpAddr> {
    let ip = match parsed(text)?.host()? {
        Host::Ipv4(ip) => IpAddr::V4(ip),
        Host::Ipv6(ip) => IpAddr::V6(ip),
        Host::Domain(_) => return None,
    };
    (!outbound::is_public(ip)).then_some(ip)
}

/// Whether a text is an address for requests. The reason never quotes it: it may hold a login.
pub(super) fn check_address(text: &str) -> Result<(), &'static str> {
    // What is missing or empty is told by whoever read it.
    if text.is_empty() {
        return Ok(());
    }
    let wrong = "is no address like https://api.example.com/v1";
    let url = parsed(text).ok_or(wrong)?;
    if !matches!(url.scheme(), "https" | "http") || !url.has_host() {
        return Err(wrong);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a login: say it in authentication");
    }
    Ok(())
}

/// With a letter for each secret.
fn parsed(text: &str) -> Option<Url> {
    let without_secrets = secrets::templated(text)
        .replace("{{ config['", "x")
        .replace("'] }}", "x");
    Url::parse(&without_secrets).ok()
}
