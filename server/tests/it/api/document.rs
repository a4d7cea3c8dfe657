//! The OpenAPI document: generated, and the same from the command line and over HTTP.

use serde_json::Value;

use crate::harness::Hub;

#[test]
fn the_document_names_every_call_and_is_the_same_at_both_doors() {
    let hub = Hub::start();
    let printed: Value = serde_json::from_str(&hub.ok(&["openapi"])).expect("JSON");
    let served: Value = reqwest::blocking::get(format!(
        "{}/api/v1/openapi.json",
        hub.url.trim_end_matches('/')
    ))
    .expect("the hub answers")
    .json()
    .expect("JSON");
    assert_eq!(printed, served);
    for path in [
        "/api/airbyte/sources",
        "/api/airbyte/recommendations",
        "/api/airbyte/sources/create",
        "/api/airbyte/sources/test",
        "/api/airbyte/sources/sample",
        "/api/v1/connections",
        "/api/v1/connections/{connection}/streams",
        "/api/v1/runs/{run}",
        "/api/v1/apps/{app}",
    ] {
        assert!(printed["paths"].get(path).is_some(), "{path} is missing");
    }
}
