//! Where settings point to: every host in them, wherever it stands and however it is written.

use serde_json::{Map, Value};

use super::build::scalar_text;

/// What names of settings end in whose values are hosts …
const HOSTS: [&str; 14] = [
    "host",
    "hosts",
    "hostname",
    "server",
    "servers",
    "address",
    "addresses",
    "domain",
    "endpoint",
    "endpoints",
    "url",
    "urls",
    "uri",
    "uris",
];
/// … and whole words that are.
const PLACES: [&str; 2] = ["shop", "site"];
/// Pages that are reported on: what was typed goes to none of them.
const DATA: [&str; 1] = ["site_urls"];
/// Where a link to a file leads that settings name by its id as well. What reads it goes to these alone.
const FILES: [&str; 2] = ["docs.google.com", "drive.google.com"];

/// A place that the settings point to, and where in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pointer {
    pub field: String,
    pub host: String,
    /// As it stands behind the host, or in a setting beside it.
    pub port: Option<String>,
    pub certain: Certain,
}

/// Is it plainly an address? Other texts may only look like one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certain {
    Yes,
    No,
    /// A shop or a site, which is a host where it has a dot.
    Place,
    /// Within a text that holds more: data, or a key as JSON. What was typed does not go there.
    Quoted,
}

pub(crate) fn pointers_in(config: &Value) -> Vec<Pointer> {
    let mut found = Vec::new();
    collect(config, "", None, &mut found);
    found
}

/// Is one of them at a place where none of the known ones is? A port that is left out is no other place.
pub(crate) fn lead_elsewhere(known: &[Pointer], new: &[Pointer]) -> bool {
    let is_at = |new: &Pointer, one: &Pointer| {
        one.host.eq_ignore_ascii_case(&new.host) && (new.port.is_none() || one.port == new.port)
    };
    let is_known = |new: &Pointer| known.iter().any(|one| is_at(new, one));
    let is_file = |new: &Pointer| new.certain == Certain::No && FILES.contains(&new.host.as_str());
    let is_data = |new: &Pointer| new.certain == Certain::Quoted || is_file(new);
    !new.iter().all(|new| is_data(new) || is_known(new))
}

fn collect(value: &Value, path: &str, port: Option<&str>, found: &mut Vec<Pointer>) {
    match value {
        Value::Object(fields) => {
            let port = port_of(fields);
            for (name, value) in fields {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                collect(value, &path, port.as_deref(), found);
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect(item, path, port, found)),
        Value::String(text) => {
            // Clients leave them out, too.
            let text = text.replace(['\t', '\n', '\r'], "");
            found.extend(in_text(text.trim(), path, port));
        }
        _ => {}
    }
}

/// The port that stands beside a host; of several, all.
fn port_of(fields: &Map<String, Value>) -> Option<String> {
    let is_port = |name: &str| name == "port" || name.ends_with("_port");
    let ports: Vec<String> = fields
        .iter()
        .filter(|(name, value)| is_port(name) && !value.is_null())
        .map(|(_, value)| scalar_text(value))
        .collect();
    (!ports.is_empty()).then(|| ports.join(","))
}

fn in_text(text: &str, path: &str, port: Option<&str>) -> Vec<Pointer> {
    let name = path.rsplit('.').next().unwrap_or(path).to_lowercase();
    let named = names_host(last_word(&name));
    // Often the provider's own name for it, without a dot.
    let is_place = PLACES.contains(&last_word(&name)) && text.contains('.');
    let is_address = text.parse::<std::net::IpAddr>().is_ok();
    let is_word = !text.is_empty() && !text.contains(char::is_whitespace) && text.len() < 254;
    let hosts = match behind_scheme(text) {
        Some(rest) => authority(rest),
        None if is_address || ((named || is_place) && is_word) => authority(text),
        None => Vec::new(),
    };
    let certain = if text.starts_with('{') || DATA.contains(&name.as_str()) {
        Certain::Quoted
    } else if named {
        Certain::Yes
    } else if is_place {
        Certain::Place
    } else {
        Certain::No
    };
    let pointer = |(host, own): (String, Option<String>)| Pointer {
        field: path.to_owned(),
        host,
        port: own.or_else(|| port.map(str::to_owned)),
        certain,
    };
    hosts.into_iter().map(pointer).collect()
}

fn last_word(name: &str) -> &str {
    let name = name.strip_suffix("_name").unwrap_or(name);
    name.rsplit(['_', '-', ' ']).next().unwrap_or(name)
}

/// `tunnel_host`, `base_url`, `server_name`; not `server_time_zone`.
fn names_host(word: &str) -> bool {
    HOSTS.iter().any(|end| word.ends_with(end))
}

/// What stands behind `https://` and its like. Clients take `https:host` and `https:\\host` for the same.
fn behind_scheme(text: &str) -> Option<&str> {
    for scheme in ["https:", "http:"] {
        if let Some((start, rest)) = text.split_at_checked(scheme.len())
            && start.eq_ignore_ascii_case(scheme)
        {
            return Some(rest.trim_start_matches(['/', '\\']));
        }
    }
    text.split_once("://").map(|(_, rest)| rest)
}

/// The hosts of what stands between the scheme and the path, with their ports: users left out, several with commas between
/// them. A backslash ends the host for some clients and belongs to the user for others: what is on both sides counts.
fn authority(rest: &str) -> Vec<(String, Option<String>)> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let without_user = |part: &str| match part.rsplit_once('@') {
        Some((_, hosts)) => hosts.to_owned(),
        None => part.to_owned(),
    };
    let parts: Vec<String> = rest[..end].split('\\').map(without_user).collect();
    let hosts = parts.iter().flat_map(|part| part.split(','));
    hosts
        .map(host_and_port)
        .filter(|(host, _)| !host.is_empty())
        .collect()
}

fn host_and_port(text: &str) -> (String, Option<String>) {
    let text = text.trim();
    if let Some((inside, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (inside.to_owned(), rest.strip_prefix(':').map(str::to_owned));
    }
    match text.rsplit_once(':') {
        // More than one colon is an address of version 6.
        Some((name, port)) if !name.contains(':') => (name.to_owned(), Some(port.to_owned())),
        _ => (text.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hosts(config: &Value) -> Vec<String> {
        let all = pointers_in(config).into_iter();
        all.map(|pointer| pointer.host).collect()
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
                &["10.0.0.1", "example.com"],
            ),
        ] {
            assert_eq!(hosts(&config), expected, "{config}");
        }
    }

    #[test]
    fn an_address_is_one_however_its_slashes_lean() {
        for address in [
            "https://10.0.0.1/x",
            "HTTPS:/10.0.0.1",
            "https:10.0.0.1?x",
            "http:\\\\10.0.0.1\\x",
            "https:///10.0.0.1/",
            "https:/\t/10.0.0.1/",
        ] {
            let found = hosts(&json!({ "anything": address }));
            assert_eq!(found[0], "10.0.0.1", "{address}");
        }
    }

    #[test]
    fn other_words_are_left_alone() {
        let config = json!({"name": "shop", "host": "", "description": "Our server. See page 3.", "port": 5432, "ssl": true,
            "security_protocol": "PLAINTEXT", "server_time_zone": "Europe/Berlin", "hourly": "yes", "jdbc_url_params": "a=b&c=d"});
        assert_eq!(hosts(&config), Vec::<String>::new());
    }

    #[test]
    fn another_host_or_port_is_elsewhere_and_fewer_are_not() {
        let known = json!({"host": "db.example.com", "port": 5432, "tunnel": {"tunnel_host": "jump", "tunnel_port": 22}});
        for (new, elsewhere) in [
            (known.clone(), false),
            (
                json!({"host": "DB.example.COM", "port": 5432, "database": "other"}),
                false,
            ),
            (json!({"host": "db.example.com"}), false),
            (json!({"site_urls": ["https://www.example.com"]}), false),
            (
                json!({"spreadsheet_id": "https://docs.google.com/spreadsheets/d/x"}),
                false,
            ),
            (
                json!({"key": "{\"token_uri\": \"https://oauth2.googleapis.com/token\"}"}),
                false,
            ),
            (json!({"shop": "evil.example.com"}), true),
            (json!({"host": "evil.example.com", "port": 5432}), true),
            (json!({"host": "db.example.com", "port": 5433}), true),
            (json!({"host": "db.example.com:5433"}), true),
            (json!({"host": "db.example.com", "port": 22}), true),
            (
                json!({"host": "db.example.com", "port": 5432, "proxy": "http://evil.example.com"}),
                true,
            ),
            (
                json!({"tunnel": {"tunnel_host": "jump", "tunnel_port": 2222}}),
                true,
            ),
        ] {
            let moved = lead_elsewhere(&pointers_in(&known), &pointers_in(&new));
            assert_eq!(moved, elsewhere, "{new}");
        }
    }
}
