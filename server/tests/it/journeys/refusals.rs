//! Sources that say no, are not there, or must not be asked: each ends in a sentence at the right field.

use serde_json::{Value, json};

use crate::harness::{Api, Hub, SourceDatabase, text};

const SECRET: &str = "secret-that-must-not-show";

#[test]
fn a_wrong_password_is_told_at_its_field_and_kept_secret() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let source = SourceDatabase::create("CREATE TABLE orders (id int PRIMARY KEY)");
    let mut wrong = source.configuration();
    wrong["password"] = json!(SECRET);
    let (connection, test) = anna.connect("postgresql", "Shop", &wrong);
    assert_eq!(test["state"], "failed", "{test}");
    assert_eq!(blamed(&test)["field"], "password", "{test}");
    let told = anna.get(&format!("/api/v1/tests/{}", text(&test, "id")));
    assert!(!told.to_string().contains(SECRET) && !hub.log().contains(SECRET));
    nothing_runs(&anna, &connection);
}

#[test]
fn hosts_that_are_not_there_are_told_at_their_field() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    for (host, port, field) in [("127.0.0.1", 1, "port"), ("nowhere.invalid", 5432, "host")] {
        let (connection, test) = anna.connect("postgresql", host, &at(host, port));
        assert_eq!(test["state"], "failed", "{host}: {test}");
        assert_eq!(blamed(&test)["field"], field, "{host}: {test}");
        nothing_runs(&anna, &connection);
    }
}

#[test]
fn private_addresses_are_closed_unless_the_operator_opens_them() {
    let hub = Hub::start_closed();
    let anna = hub.tenant("Anna");
    let source = SourceDatabase::create("CREATE TABLE orders (id int PRIMARY KEY)");
    let reachable = source.configuration();
    let port = reachable["port"].as_u64().expect("a port");
    for host in [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "::1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",
    ] {
        let mut configuration = reachable.clone();
        configuration["host"] = json!(host);
        configuration["port"] = json!(port);
        let refused = refusal(&anna, "postgresql", host, &configuration);
        assert!(
            refused.contains("private") && refused.contains("TRIBUTARY_ALLOW_PRIVATE_NETWORKS"),
            "{host}: {refused}"
        );
    }
    for url in ["https://127.0.0.1/people.csv", "https://[::1]/people.csv"] {
        let file = json!({ "dataset_name": "people", "location": { "from": "url", "url": url } });
        let refused = refusal(&anna, "files", url, &file);
        assert!(refused.contains("private"), "{url}: {refused}");
    }
    let open = Hub::start();
    let bob = open.tenant("Bob");
    let (_, test) = bob.connect("postgresql", "Shop", &reachable);
    assert_eq!(test["state"], "passed", "{test}");
}

/// The sentences with which a connection is refused: by the form, or by its test.
fn refusal(api: &Api, integration: &str, name: &str, configuration: &Value) -> String {
    let (_, test) = api.connect(integration, name, configuration);
    assert_eq!(test["state"], "failed", "{name}: {test}");
    format!("{} {}", blamed(&test)["detail"], test["problem"])
}

fn at(host: &str, port: u16) -> Value {
    json!({ "host": host, "port": port, "database": "shop", "username": "ana", "password": SECRET, "ssl_mode": { "mode": "disable" } })
}

/// The step that failed.
fn blamed(test: &Value) -> &Value {
    test["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .find(|step| step["state"] == "failed")
        .unwrap_or_else(|| panic!("no step failed in {test}"))
}

fn nothing_runs(api: &Api, connection: &str) {
    let (status, answer) = api.call(
        reqwest::Method::POST,
        &format!("/api/v1/connections/{connection}/runs"),
        Some(&json!({})),
    );
    assert!(
        status.is_client_error(),
        "nothing runs with settings that never worked: {answer}"
    );
}
