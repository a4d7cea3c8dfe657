//! Whether an Airbyte elsewhere may be asked to go where settings point. It would reach what this hub may not: the check
//! that guards the direct way holds for both.

use airbyte::extension::{Fault, FaultKind};
use serde_json::Value;
use sync::fault::Kind;

use crate::{Engine, Hub};

/// Names of settings whose values are hosts.
const HOSTS: [&str; 7] = [
    "host", "server", "address", "domain", "endpoint", "url", "uri",
];
/// Settings name a few addresses; what names more is refused rather than looked up for minutes.
const MOST: usize = 32;

/// A place that the settings point to, and where in them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pointer {
    field: String,
    host: String,
    certain: Certain,
}

/// Is it plainly an address? Other texts may only look like one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Certain {
    Yes,
    No,
}

/// The first place that is out of bounds, told as a connector would tell it.
pub(crate) async fn out_of_bounds(hub: &Hub, config: &Value) -> Option<Fault> {
    if hub.engine() == Engine::Embedded {
        return None;
    }
    let mut pointers = Vec::new();
    collect(config, "", &mut pointers);
    if pointers.len() > MOST {
        let words = format!("The settings name more than {MOST} addresses.");
        return Some(refusal(words, None));
    }
    for Pointer {
        field,
        host,
        certain,
    } in pointers
    {
        let Err(fault) = hub.outbound().resolve_database_host(&host, 0).await else {
            continue;
        };
        // A name that only that Airbyte knows is a name inside its network.
        let strict = hub.outbound().is_public_only() && certain == Certain::Yes;
        if fault.kind == Kind::Forbidden || (strict && fault.kind == Kind::Unreachable) {
            return Some(refusal(fault.message, Some(field)));
        }
    }
    None
}

fn refusal(message: String, field: Option<String>) -> Fault {
    Fault {
        kind: FaultKind::Forbidden,
        until: None,
        message,
        detail: None,
        field,
        stream: None,
    }
}

fn collect(value: &Value, path: &str, found: &mut Vec<Pointer>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                collect(value, &path, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, path, found)),
        Value::String(text) => found.extend(pointers(text.trim(), path)),
        _ => {}
    }
}

fn pointers(text: &str, path: &str) -> Vec<Pointer> {
    let name = path.rsplit('.').next().unwrap_or(path).to_lowercase();
    let named = HOSTS.iter().any(|part| name.contains(part));
    let is_address = text.parse::<std::net::IpAddr>().is_ok();
    let is_word = !text.is_empty() && !text.contains(char::is_whitespace) && text.len() < 254;
    let hosts = match text.split_once("://") {
        Some((_, rest)) => authority(rest),
        None if is_address || (named && is_word) => authority(text),
        None => Vec::new(),
    };
    let certain = if named { Certain::Yes } else { Certain::No };
    let pointer = |host| Pointer {
        field: path.to_owned(),
        host,
        certain,
    };
    hosts.into_iter().map(pointer).collect()
}

/// The hosts of what stands between the scheme and the path: users and ports left out, several with commas between them.
fn authority(rest: &str) -> Vec<String> {
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let whole = &rest[..end];
    let hosts = whole.rsplit_once('@').map_or(whole, |(_, hosts)| hosts);
    let hosts = hosts.split(',').map(without_port);
    hosts.filter(|host| !host.is_empty()).collect()
}

fn without_port(host: &str) -> String {
    let host = host.trim();
    if let Some((inside, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return inside.to_owned();
    }
    match host.rsplit_once(':') {
        // More than one colon is an address of version 6.
        Some((name, _)) if !name.contains(':') => name.to_owned(),
        _ => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hosts(config: &Value) -> Vec<String> {
        let mut found = Vec::new();
        collect(config, "", &mut found);
        found.into_iter().map(|pointer| pointer.host).collect()
    }

    #[test]
    fn hosts_are_found_wherever_settings_hold_them() {
        for (config, expected) in [
            (
                json!({"host": "db.example.com", "port": 5432}),
                &["db.example.com"][..],
            ),
            (
                json!({"tunnel": {"tunnel_host": "10.0.0.8"}}),
                &["10.0.0.8"],
            ),
            (
                json!({"url": "https://anna:secret@api.example.com:8443/v1?x=1"}),
                &["api.example.com"],
            ),
            (
                json!({"connection_string": "mongodb://u:p@one:27017,two:27017/shop"}),
                &["one", "two"],
            ),
            (
                json!({"jdbc": "jdbc:postgresql://[::1]:5432/shop"}),
                &["::1"],
            ),
            (json!({"anything": "169.254.169.254"}), &["169.254.169.254"]),
            (
                json!({"servers": ["a.example.com:9092", "b.example.com:9092"]}),
                &["a.example.com", "b.example.com"],
            ),
            (
                json!({"url": "http://10.0.0.1\\@example.com/"}),
                &["10.0.0.1"],
            ),
        ] {
            assert_eq!(hosts(&config), expected, "{config}");
        }
    }

    #[test]
    fn other_words_are_left_alone() {
        let config = json!({"name": "shop", "host": "", "description": "Our server. See page 3.", "port": 5432, "ssl": true});
        assert_eq!(hosts(&config), Vec::<String>::new());
    }
}
