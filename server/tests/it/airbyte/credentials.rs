//! Airbytes elsewhere that are not asked with an application: old ones with a login and their APIs at two ports, and such
//! that want a key.

use super::standin::{KEY, LOGIN, Platform};
use crate::harness::{Hub, Setting, SourceDatabase};

/// From a workspace to rows, with what is set.
fn journey(platform: &Platform, credentials: &[Setting], secret: &str) {
    let mut settings = vec![
        ("AIRBYTE_REGISTRY_URL", platform.registry()),
        ("AIRBYTE_BASE_URL", platform.url.clone()),
    ];
    settings.extend_from_slice(credentials);
    let hub = Hub::start_with(&settings);
    let anna = hub.tenant("Anna");
    let shop = SourceDatabase::create(
        "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders SELECT generate_series(1, 12)",
    );
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    let run = anna.rehearse(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["streams"][0]["table_rows"], 12, "{run}");
    let told = hub.ok(&["doctor"]);
    assert!(told.contains("1 workspace, "), "{told}");
    assert!(!told.contains(secret) && !hub.log().contains(secret));
    assert_eq!(platform.calls("applications/token"), 0);
    let violations = platform.violations();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn the_journey_runs_on_an_old_airbyte_with_a_login() {
    let platform = Platform::old();
    let login = [
        ("AIRBYTE_USERNAME", LOGIN.0.to_owned()),
        ("AIRBYTE_PASSWORD", LOGIN.1.to_owned()),
    ];
    journey(&platform, &login, LOGIN.1);
}

#[test]
fn the_journey_runs_on_an_airbyte_that_wants_a_key() {
    let platform = Platform::wanting_a_key();
    journey(&platform, &[("AIRBYTE_API_KEY", KEY.to_owned())], KEY);
}

#[test]
fn an_address_of_another_shape_needs_that_of_the_config_api() {
    let platform = Platform::start();
    let hub = Hub::start();
    let credentials = [
        ("AIRBYTE_CLIENT_ID", platform.client_id.as_str()),
        ("AIRBYTE_CLIENT_SECRET", platform.client_secret.as_str()),
    ];
    let doctor = |settings: &[(&'static str, &str)]| {
        let all: Vec<_> = settings.iter().chain(&credentials).copied().collect();
        let told = hub.cli_with(&all, &["doctor"]);
        let both = [told.stdout, told.stderr].concat();
        String::from_utf8(both).expect("text")
    };
    for wrong in ["/api/v1", "/workspaces/1/connections", "/gateway"] {
        let url = format!("{}{wrong}", platform.url);
        let told = doctor(&[("AIRBYTE_BASE_URL", &url)]);
        assert!(told.contains("AIRBYTE_CONFIG_URL as well"), "{told}");
    }
    let told = doctor(&[("AIRBYTE_BASE_URL", "https://cloud.airbyte.com/workspaces/1")]);
    assert!(told.contains("https://api.airbyte.com"), "{told}");

    platform.workspace_of_others("The company");
    let base = ("AIRBYTE_BASE_URL", platform.url.as_str());
    let nowhere = format!("{}/nowhere", platform.url);
    let told = doctor(&[base, ("AIRBYTE_CONFIG_URL", &nowhere)]);
    assert!(
        told.contains(&format!("no Config API at {nowhere}")),
        "{told}"
    );
    let there = format!("{}/api/v1", platform.url);
    let told = doctor(&[base, ("AIRBYTE_CONFIG_URL", &there)]);
    assert!(told.contains("1 workspace, "), "{told}");
}
