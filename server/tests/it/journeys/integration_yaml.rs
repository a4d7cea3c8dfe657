//! An integration YAML: explained before it is used, then a tool in the catalogue like any other.

use serde_json::{Value, json};

use super::harbour::{Harbour, TOKEN};
use crate::harness::{Hub, text};

fn document(base_url: &str) -> String {
    format!(
        "apis:
  integrations:
    - name: The Harbour
      type: harbour
      base_url: {base_url}
      airbyte_schedule: every 1 hour
    - {{ name: Shop, type: database, engine: mysql, host: db.example.com, database: shop, username: reader, password: \"${{secrets.shop}}\" }}
"
    )
}

/// What the operator prepared for everybody.
const TYPES: &str = "types:
  harbour:
    type: rest
    base_url: https://harbour.example.com
    authentication: { type: bearer, secret_name: harbour_token }
    endpoints:
      - name: ships
        path: /ships
        records: ships
        primary_key: id
        cursor: { field: called_on, parameter: since, format: date, start: 2026-01-01 }
        paging: { type: page, size: 2 }
        fields: { id: integer, name: string, called_on: date }
";

#[test]
fn an_api_of_an_integration_yaml_is_connected_and_synced_with_its_secret_alone() {
    let harbour = Harbour::with_ships();
    let folder = tempfile::tempdir().expect("a folder");
    let (file, types) = (
        folder.path().join("apis.yaml"),
        folder.path().join("types.yaml"),
    );
    std::fs::write(&file, document(&harbour.url)).expect("a document");
    std::fs::write(&types, TYPES).expect("types");
    let hub = Hub::start_with(&[
        ("TRIBUTARY_INTEGRATIONS", file.display().to_string()),
        ("TRIBUTARY_INTEGRATION_TYPES", types.display().to_string()),
        // The harbour is on this machine and has no certificate.
        ("TRIBUTARY_ALLOW_HTTP", "1".to_owned()),
    ]);
    let anna = hub.tenant("Anna");
    let sources = anna.get("/api/airbyte/sources");
    let sources = sources.as_array().expect("sources").iter();
    let mut own = sources.filter(|source| source["name"] == "The Harbour");
    let own = own.next().expect("it is in the catalogue");
    assert_eq!(own["runs"], "directly", "{own}");

    let secret = json!({ "harbour_token": TOKEN });
    let (connection, test) = anna.connect(text(own, "slug"), "The harbour", &secret);
    assert_eq!(test["state"], "passed", "{test}");
    anna.follow(&connection, "called_on");
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");

    harbour.calls(4, "Oder", "2026-05-01");
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    let table = anna.table_of(&connection, "ships");
    let ships = hub.rows(
        &anna.tenant,
        &format!("SELECT name FROM {table} ORDER BY id"),
    );
    assert_eq!(ships, ["Elbe", "Weser", "Ems", "Oder"]);
    assert!(!hub.log().contains(TOKEN), "the token is in the log");
}

#[test]
fn explain_shows_both_ways_or_every_mistake() {
    let hub = Hub::start();
    let folder = tempfile::tempdir().expect("a folder");
    let (file, types) = (
        folder.path().join("apis.yaml"),
        folder.path().join("types.yaml"),
    );
    std::fs::write(&file, document("https://eu.harbour.example.com")).expect("a document");
    std::fs::write(&types, TYPES).expect("types");
    let (file, types) = (file.display().to_string(), types.display().to_string());
    let explain = ["explain", "-f", &file, "--types", &types];

    let told: Value =
        serde_json::from_str(&hub.ok(&[&explain[..], &["--json"]].concat())).expect("JSON");
    let [harbour, shop] = told["integrations"].as_array().expect("a list").as_slice() else {
        panic!("{told}")
    };
    assert_eq!(harbour["direct"]["runs"], "manifest", "{harbour}");
    assert_eq!(
        harbour["direct"]["configuration"],
        json!({ "harbour_token": "${secrets.harbour_token}" })
    );
    assert_eq!(harbour["airbyte"]["source"]["connector"], "http");
    assert_eq!(
        harbour["airbyte"]["schedule"],
        json!({ "scheduleType": "cron", "cronExpression": "0 0 * * * ?" })
    );
    assert_eq!(shop["direct"]["runs"], "built_in", "{shop}");
    assert_eq!(shop["direct"]["source"], "mysql", "{shop}");
    assert_eq!(shop["airbyte"]["source"]["sourceType"], "mysql");
    assert_eq!(
        shop["airbyte"]["source"]["configuration"]["password"],
        "${secrets.shop}"
    );

    let page = hub.ok(&explain);
    for words in [
        "The Harbour (rest)",
        "Secrets it needs: harbour_token",
        "ships: GET /ships; records in ships; key id; new by called_on (asked with since); pages by number, 2 records each",
        "By Airbyte: the source http (sourceType declarative-manifest)",
        "Directly: the built-in source mysql",
    ] {
        assert!(page.contains(words), "{words} is not in\n{page}");
    }

    let elsewhere = document("https://eu.harbour.example.com").replace(
        "airbyte_schedule: every 1 hour",
        "airbyte_destination: snowflake",
    );
    std::fs::write(&file, elsewhere).expect("a document");
    let page = hub.ok(&explain);
    let refused = "note: a workspace refuses this document: line 6, column ";
    assert!(page.contains(refused), "{page}");

    std::fs::write(&file, document("https://169.254.169.254/latest")).expect("a document");
    let page = hub.ok(&explain);
    let refused = "note: a workspace refuses this document: line 5, column 17: integrations[0].base_url is an address in a private or reserved network";
    assert!(page.contains(refused), "{page}");

    std::fs::write(&file, document("eu.harbour").replace("mysql", "msql")).expect("a document");
    let refused = hub.cli(&explain, "");
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    for place in ["line 5, column 17: ", "line 7, column "] {
        assert!(said.contains(place), "{place} is not in\n{said}");
    }
    let refused = hub.cli(&[&explain[..], &["--json"]].concat(), "");
    assert_eq!(refused.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&refused.stdout).expect("JSON");
    assert_eq!(told["errors"][0]["line"], 5, "{told}");
    assert_eq!(told["errors"].as_array().map(Vec::len), Some(2), "{told}");
}
