//! The servers behind a name, as its owner publishes them (SRV records), and what is said beside them (TXT).
//!
//! Nothing is connected to here: each server found is a name to be resolved and checked like any other.

use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::{RData, RecordType};

use super::Outbound;
use crate::fault::Fault;

/// A name server that is silent this long is taken for absent.
const PATIENCE: Duration = Duration::from_secs(15);
/// More servers than any cluster has.
const MOST_SERVERS: usize = 50;
/// Longest text that is taken.
const MOST_TEXT: usize = 1024;

/// What stands behind a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    pub servers: Vec<(String, u16)>,
    /// The text beside them, empty if there is none.
    pub text: String,
}

impl Outbound {
    /// Looks up a service. Servers outside of the name's own domain are refused: whoever can forge one answer could lead
    /// anywhere with it.
    pub async fn find_service(&self, service: &str, name: &str) -> Result<Service, Fault> {
        let looked_up = tokio::time::timeout(PATIENCE, lookup(service, name));
        let found = looked_up.await.map_err(|_| {
            Fault::unreachable(format!(
                "The servers behind “{name}” could not be looked up: no name server answered."
            ))
        })??;
        if found.servers.is_empty() {
            return Err(Fault::unreachable(format!(
                "There are no servers behind the name “{name}”. Check its spelling."
            )));
        }
        match found
            .servers
            .iter()
            .find(|(server, _)| !is_inside(server, name))
        {
            Some((server, _)) => Err(Fault::forbidden(format!(
                "The name “{name}” leads to “{server}”, which is outside of its domain."
            ))),
            None => Ok(found),
        }
    }
}

async fn lookup(service: &str, name: &str) -> Result<Service, Fault> {
    let unknown = |detail: String| {
        Fault::unreachable(format!(
            "The servers behind “{name}” were not found. Check its spelling."
        ))
        .with_detail(detail)
    };
    let resolver = TokioResolver::builder_tokio()
        .and_then(hickory_resolver::ResolverBuilder::build)
        .map_err(|error| unknown(error.to_string()))?;
    let records = resolver
        .lookup(format!("_{service}._tcp.{name}."), RecordType::SRV)
        .await
        .map_err(|error| unknown(error.to_string()))?;
    let mut servers = Vec::new();
    for record in records.answers() {
        if let RData::SRV(server) = &record.data
            && servers.len() < MOST_SERVERS
        {
            let host = server.target.to_ascii();
            servers.push((host.trim_end_matches('.').to_ascii_lowercase(), server.port));
        }
    }
    // Many names have none.
    let mut text = String::new();
    if let Ok(records) = resolver.lookup(format!("{name}."), RecordType::TXT).await {
        for record in records.answers() {
            if let RData::TXT(found) = &record.data {
                for part in &found.txt_data {
                    text.push_str(&String::from_utf8_lossy(part));
                }
            }
        }
    }
    text.truncate(text.floor_char_boundary(MOST_TEXT));
    Ok(Service { servers, text })
}

/// Whether a server belongs to the domain of a name: what is behind the name's first part, or behind the name itself where
/// it has only two.
fn is_inside(server: &str, name: &str) -> bool {
    let domain = match name.split_once('.') {
        Some((_, rest)) if rest.contains('.') => rest,
        _ => name,
    };
    server
        .strip_suffix(domain)
        .is_some_and(|before| before.len() > 1 && before.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_belong_to_the_domain_of_the_name() {
        for (server, name, inside) in [
            ("c0-shard-00.ab1.mongodb.net", "c0.ab1.mongodb.net", true),
            ("evil.example.com", "c0.ab1.mongodb.net", false),
            ("evil-ab1.mongodb.net", "c0.ab1.mongodb.net", false),
            ("ab1.mongodb.net", "c0.ab1.mongodb.net", false),
            (".ab1.mongodb.net", "c0.ab1.mongodb.net", false),
            ("db.example.com", "example.com", true),
            ("example.org", "example.com", false),
            ("com", "example.com", false),
        ] {
            assert_eq!(is_inside(server, name), inside, "{server} {name}");
        }
    }
}
