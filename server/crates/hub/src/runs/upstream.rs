//! Who is called, as far as the settings tell: two databases, two shops or two web servers fail for themselves.

use std::collections::BTreeSet;

use serde_json::Value;
use store::connections::Connection;
use url::Url;

/// Settings that say which of a vendor's many hosts is meant.
const PLACES: [&str; 11] = [
    "host",
    "hostname",
    "server",
    "shop",
    "site",
    "subdomain",
    "domain",
    "domain_name",
    "instance",
    "account",
    "bucket",
];
/// Letters of a name.
const LONGEST: usize = 200;

/// The integration, and the hosts that its settings name.
pub(super) fn upstream(connection: &Connection) -> String {
    name(&connection.integration, &connection.config.config)
}

fn name(integration: &str, config: &Value) -> String {
    let mut places = BTreeSet::new();
    gather("", config, &mut places);
    if places.is_empty() {
        return integration.to_owned();
    }
    let places = places.into_iter().collect::<Vec<_>>().join(", ");
    format!("{integration} at {places}")
        .chars()
        .take(LONGEST)
        .collect()
}

fn gather(key: &str, value: &Value, places: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                gather(key, value, places);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather(key, item, places)),
        Value::String(text) => {
            let place = host(text).or_else(|| PLACES.contains(&key).then(|| text.clone()));
            places.extend(
                place
                    .map(|place| place.trim().to_lowercase())
                    .filter(|place| !place.is_empty()),
            );
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Of an address; nothing of a login that may stand in it.
fn host(text: &str) -> Option<String> {
    let url = text
        .contains("://")
        .then(|| Url::parse(text.trim()).ok())??;
    // What was uploaded lies here.
    (url.scheme() != "upload").then(|| url.host_str().map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whoever_is_called_at_another_place_is_another_one() {
        for (integration, config, expected) in [
            (
                "stripe",
                json!({"start_date": "2026-01-01T00:00:00Z"}),
                "stripe",
            ),
            (
                "postgresql",
                json!({"host": "DB.example.com", "port": 5432}),
                "postgresql at db.example.com",
            ),
            (
                "files",
                json!({"location": {"from": "url", "url": "https://a.example.com/x.csv?key=1"}}),
                "files at a.example.com",
            ),
            (
                "files",
                json!({"location": {"from": "upload", "file": "upload://upl_1"}}),
                "files",
            ),
            (
                "mongodb",
                json!({"database_config": {"connection_string": "mongodb://anna:pass@m.example.com/?x=1"}}),
                "mongodb at m.example.com",
            ),
            (
                "shopify",
                json!({"shop": "elbe", "credentials": {"auth_method": "oauth2.0"}}),
                "shopify at elbe",
            ),
        ] {
            assert_eq!(name(integration, &config), expected);
        }
    }
}
