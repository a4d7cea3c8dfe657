//! Airbyte's own Python client, as released, works with the embedded engine: what it sees is what Airbyte would show.

use serde_json::{Value, json};

use super::python;
use crate::harness::{Hub, SourceDatabase};

/// Airbyte's PostgreSQL source, the same id everywhere.
pub const POSTGRES_SOURCE: &str = "decd338e-5647-4c0b-adf4-da0e75f5a750";
pub const POSTGRES_DESTINATION: &str = "25c5221d-dce2-4163-ade9-739ef790f503";

#[test]
fn the_official_client_drives_the_engine_from_workspace_to_rows() {
    let hub = Hub::start();
    let api = format!("{}/api/public/v1", hub.url);
    drive_with_the_official_client(&hub, &api);
}

/// From a workspace to rows and back to nothing, with the API at the given address.
pub fn drive_with_the_official_client(hub: &Hub, api: &str) {
    let shop = SourceDatabase::create(
        "CREATE TABLE orders (id int PRIMARY KEY, item text); INSERT INTO orders SELECT n, 'lamp' FROM generate_series(1, 500) n;
         CREATE TABLE people (id int PRIMARY KEY, name text);
         CREATE VIEW patience AS SELECT 'at last' AS said FROM pg_sleep(60);",
    );
    let warehouse = SourceDatabase::create("CREATE SCHEMA lake");
    let credentials: Value =
        serde_json::from_str(&hub.ok(&["engine", "credentials"])).expect("JSON");
    let mut destination = warehouse.configuration();
    destination["schema"] = json!("lake");
    let seen = run_client(&json!({
        "url": api,
        "client_id": credentials["client_id"],
        "client_secret": credentials["client_secret"],
        "definition": POSTGRES_SOURCE,
        "source": shop.configuration(),
        "destination": destination,
        "manifest": tides(),
    }));
    assert_eq!(
        seen,
        json!({
            "health": 200,
            "workspace": "Elbe Bicycles",
            "connectors": ["PostgreSQL", 1],
            "own": [1, 2, "**********", [409, "state-conflict"]],
            "own_left": 0,
            "source_type": "postgres",
            "masked": "**********",
            "source_name": "The shop",
            "sources": 1,
            "destination_type": "postgres",
            "streams": [["orders", "public", 2], ["patience", "public", 1], ["people", "public", 2]],
            "modes": [
                "full_refresh_append", "full_refresh_overwrite", "incremental_append", "incremental_deduped_history"
            ],
            "all_streams": 3,
            "chosen": [["orders", "incremental_deduped_history"]],
            "schedule": "manual",
            "job": ["succeeded", 500, true],
            "twice": [409, "try-again-later"],
            "stopped": "cancelled",
            "stopped_again": [409, "state-conflict"],
            "pages": [[[true], true], [[false], true], [[], false]],
            "wrong_secret": true,
            "no_such_source": [404, "resource-not-found"],
            "refresh": [422, "unprocessable-entity"],
            "gone": [404, "resource-not-found"],
        })
    );
    assert_eq!(
        warehouse.rows("SELECT count(*) FROM lake.shop_orders"),
        ["500"]
    );
}

/// A low-code source of one's own; nobody reads from it.
pub fn tides() -> Value {
    json!({
        "type": "DeclarativeSource",
        "version": "6.0.0",
        "check": { "type": "CheckStream", "stream_names": ["tides"] },
        "streams": [{
            "type": "DeclarativeStream",
            "name": "tides",
            "retriever": {
                "type": "SimpleRetriever",
                "requester": { "type": "HttpRequester", "url_base": "https://tides.example.com", "path": "/tides" },
                "record_selector": { "type": "RecordSelector", "extractor": { "type": "DpathExtractor", "field_path": [] } },
            },
        }],
        "spec": { "type": "Spec", "connection_specification": {
            "type": "object", "required": ["token"],
            "properties": { "token": { "type": "string", "airbyte_secret": true } },
        } },
    })
}

/// What `client.py` tells.
fn run_client(given: &Value) -> Value {
    let told = python::run("client.py", &given.to_string());
    serde_json::from_slice(&told).expect("one JSON document")
}
