//! The same integrations as Airbyte has them: source, destination, schedule, and references instead of secrets.

use serde_json::{Value, json};
use sync::integration::{Direct, Integration};

use crate::harness::one;

/// The Airbyte part of the one integration.
fn airbyte(integration: &str) -> Value {
    let integration = one(&format!("apis:\n  integrations:\n    - {integration}\n"));
    serde_json::to_value(integration.airbyte()).unwrap()
}

const REST: &str = "{ name: Harbour, type: rest, base_url: 'https://api.example.com', authentication: { type: bearer, secret_name: token }, endpoints: [{ name: ships, path: /ships }]";

#[test]
fn an_api_becomes_an_http_source_made_from_the_same_manifest() {
    let integration = one(&format!("apis: {{ integrations: [{REST} }}] }}"));
    let Direct::Manifest { manifest, .. } = integration.direct() else {
        panic!("{:?}", integration.direct())
    };
    let told = serde_json::to_value(integration.airbyte()).unwrap();
    let source = &told["source"];
    assert_eq!(source["connector"], "http");
    assert_eq!(source["sourceType"], "declarative-manifest");
    assert_eq!(source["authentication"], "bearer");
    assert_eq!(
        source["definition"],
        json!({"name": "Harbour", "manifest": manifest})
    );
    assert_eq!(
        source["configuration"],
        json!({"token": "${secrets.token}"})
    );
    assert_eq!(told["destination"], json!({"destinationType": "postgres"}));
    assert_eq!(told["schedule"], json!({"scheduleType": "manual"}));
}

#[test]
fn databases_become_the_connectors_of_airbyte() {
    let login = "database: shop, username: reader, password: '${secrets.shop}'";
    let postgres = airbyte(&format!(
        "{{ name: Shop, type: database, engine: postgresql, host: db, {login}, schemas: [a, b], ssl_mode: disable }}"
    ));
    let source = &postgres["source"];
    assert_eq!(source["sourceType"], "postgres");
    assert_eq!(
        source["configuration"],
        json!({
            "host": "db", "port": 5432, "database": "shop", "username": "reader", "password": "${secrets.shop}",
            "ssl_mode": {"mode": "disable"}, "schemas": ["a", "b"], "replication_method": {"method": "Standard"},
            "tunnel_method": {"tunnel_method": "NO_TUNNEL"},
        })
    );

    let mysql = airbyte(&format!(
        "{{ name: Shop, type: database, engine: mysql, host: db, port: 3307, {login} }}"
    ));
    assert_eq!(mysql["source"]["sourceType"], "mysql");
    assert_eq!(
        mysql["source"]["configuration"],
        json!({
            "host": "db", "port": 3307, "database": "shop", "username": "reader", "password": "${secrets.shop}",
            "ssl_mode": {"mode": "required"}, "replication_method": {"method": "STANDARD"},
            "tunnel_method": {"tunnel_method": "NO_TUNNEL"},
        })
    );

    for (engine, notes) in [("postgresql", 0), ("mysql", 1)] {
        let database = airbyte(&format!(
            "{{ name: Shop, type: database, engine: {engine}, host: db, {login}, ssl_mode: disable }}"
        ));
        assert_eq!(database["notes"].as_array().map(Vec::len), Some(notes));
    }

    for (address, string, cluster) in [
        (
            "host: db",
            "mongodb://db:27017/",
            "SELF_MANAGED_REPLICA_SET",
        ),
        (
            "connection_string: 'mongodb+srv://c0.example.net/'",
            "mongodb+srv://c0.example.net/",
            "ATLAS_REPLICA_SET",
        ),
    ] {
        let mongodb = airbyte(&format!(
            "{{ name: Shop, type: database, engine: mongodb, {address}, {login} }}"
        ));
        assert_eq!(mongodb["source"]["sourceType"], "mongodb-v2");
        let config = &mongodb["source"]["configuration"]["database_config"];
        assert_eq!(config["connection_string"], string);
        assert_eq!(config["cluster_type"], cluster);
        assert_eq!(config["databases"], json!(["shop"]));
        assert_eq!(config["password"], "${secrets.shop}");
    }
}

#[test]
fn files_become_the_file_connector_with_pandas_options() {
    let file = airbyte(
        "{ name: Prices, type: file, url: 'https://example.com/p?id=1', format: csv, table: prices, delimiter: tab, encoding: latin1 }",
    );
    assert_eq!(
        file["source"]["configuration"],
        json!({
            "dataset_name": "prices", "format": "csv", "url": "https://example.com/p?id=1",
            "provider": {"storage": "HTTPS", "user_agent": false},
            "reader_options": "{\"sep\":\"\\t\",\"encoding\":\"latin1\"}",
        })
    );
    for (ending, format) in [
        (".CSV", "csv"),
        (".ndjson", "jsonl"),
        (".json.gz", "json"),
        (".xlsx?v=2", "excel"),
    ] {
        let file = airbyte(&format!(
            "{{ name: P, type: file, url: 'https://example.com/p{ending}' }}"
        ));
        assert_eq!(
            file["source"]["configuration"]["format"], format,
            "{ending}"
        );
    }
}

#[test]
fn files_in_buckets_keep_their_keys_secret() {
    let file = airbyte(
        "{ name: Exports, type: file, url: 's3://exports/daily/prices.csv', access_key_id: AKIA1, secret_name: exports }",
    );
    assert_eq!(
        file["source"]["configuration"],
        json!({
            "dataset_name": "exports", "format": "csv", "url": "s3://exports/daily/prices.csv",
            "provider": {
                "storage": "S3", "aws_access_key_id": "AKIA1",
                "aws_secret_access_key": "${secrets.exports}",
            },
        })
    );
    let elsewhere = airbyte(
        "{ name: Exports, type: file, url: 's3://exports/prices.zip', format: csv, archive_file: prices.csv, endpoint: 'https://s3.example.com', access_key_id: AKIA1, secret_name: exports }",
    );
    let notes = elsewhere["notes"].to_string();
    assert!(notes.contains("Amazon S3 only"), "{notes}");
    assert!(notes.contains("which file of an archive"), "{notes}");
}

#[test]
fn airbyte_reads_what_the_events_of_a_webhook_miss() {
    let document = "apis: { integrations: [{ name: Harbour, type: webhook, base_url: 'https://harbour.example.com', endpoints: [{ name: ships, path: /ships }] }] }";
    let webhook = one(document).airbyte();
    assert_eq!(webhook.source.connector, "http");
    assert!(
        webhook
            .notes
            .iter()
            .any(|note| note.contains("events come in beside it")),
        "{webhook:?}"
    );
}

#[test]
fn destinations_have_a_type_or_are_there_already() {
    let id = "018f4c1e-0000-7000-8000-000000000001";
    for (written, expected) in [
        ("postgresql", json!({"destinationType": "postgres"})),
        ("snowflake", json!({"destinationType": "snowflake"})),
        (id, json!({"destinationId": id})),
    ] {
        let told = airbyte(&format!("{REST}, airbyte_destination: {written} }}"));
        assert_eq!(told["destination"], expected);
    }
}

#[test]
fn schedules_are_the_public_apis_unless_only_the_other_can_keep_their_zone() {
    let told = airbyte(&format!("{REST}, airbyte_schedule: every 1 hour }}"));
    assert_eq!(
        told["schedule"],
        json!({"scheduleType": "cron", "cronExpression": "0 0 * * * ?"})
    );
    for written in [
        "'30 6 * * 1-5 Europe/Berlin'",
        "{ cron: 30 6 * * 1-5, time_zone: Europe/Berlin }",
    ] {
        let told = airbyte(&format!("{REST}, airbyte_schedule: {written} }}"));
        assert_eq!(
            told["schedule"]["scheduleData"]["cron"],
            json!({"cronExpression": "0 30 6 ? * MON-FRI", "cronTimeZone": "Europe/Berlin"})
        );
        let notes = told["notes"].to_string();
        assert!(notes.contains("Config API"), "{notes}");
    }
}

#[test]
fn a_document_has_as_many_integrations_as_it_says() {
    let document = format!(
        "apis:\n  integrations:\n    - {REST} }}\n    - {{ name: Prices, type: file, url: https://example.com/p.csv, description: What things cost }}"
    );
    let all = Integration::read(&document, None).unwrap();
    let told: Vec<_> = all
        .iter()
        .map(|one| (one.name.as_str(), one.type_name()))
        .collect();
    assert_eq!(told, [("Harbour", "rest"), ("Prices", "file")]);
    assert!(
        all[1].secrets.is_empty(),
        "the first one's secrets are its own"
    );
    assert_eq!(all[1].description.as_deref(), Some("What things cost"));
}
