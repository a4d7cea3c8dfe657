//! The same integrations as Airbyte has them: source, destination, schedule, and references instead of secrets.

use serde_json::{Value, json};
use sync::integration::{Direct, Integration, Reader};

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

    let mysql = airbyte(&format!(
        "{{ name: Shop, type: database, engine: mysql, host: db, {login}, ssl_mode: prefer }}"
    ));
    let mode = &mysql["source"]["configuration"]["ssl_mode"];
    assert_eq!(*mode, json!({"mode": "preferred"}));

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

/// They are the driver's of Airbyte's sources: a source without one gives way to those, so nothing of a document is lost.
#[test]
fn settings_of_a_driver_go_the_way_that_has_one() {
    let settings = "connectTimeout=5000&useSSL=true";
    for (engine, mode) in [("postgresql", "require"), ("mysql", "required")] {
        let integration = one(&format!(
            "apis: {{ integrations: [{{ name: Shop, type: database, engine: {engine}, host: db, database: shop, username: reader, secret_name: shop, jdbc_url_params: '{settings}' }}] }}"
        ));
        let by_airbyte = integration.airbyte().source.configuration;
        assert_eq!(by_airbyte["jdbc_url_params"], settings, "{engine}");
        let Direct::BuiltIn {
            source,
            configuration,
            notes,
        } = integration.direct()
        else {
            panic!("{:?}", integration.direct())
        };
        assert_eq!(configuration["jdbc_url_params"], settings, "{source}");
        assert_eq!(configuration["ssl_mode"], json!({"mode": mode}));
        assert!(notes.join(" ").contains("no JDBC driver"), "{notes:?}");
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
        let notes = told["notes"].to_string();
        let is_elsewhere = written != "postgresql";
        assert_eq!(
            notes.contains("knows PostgreSQL only"),
            is_elsewhere,
            "{notes}"
        );
    }
}

#[test]
fn whoever_lands_rows_in_postgresql_refuses_other_destinations_with_their_place() {
    for (written, is_fine) in [
        ("postgres", true),
        ("snowflake", false),
        ("018f4c1e-0000-7000-8000-000000000001", false),
    ] {
        let document =
            format!("apis: {{ integrations: [{REST}, airbyte_destination: {written} }}] }}");
        Integration::read(&document, None).unwrap_or_else(|wrong| panic!("{wrong}"));
        match Integration::read_for(Reader::Postgres, &document, None) {
            Ok(_) => assert!(is_fine, "{written}"),
            Err(wrong) => {
                assert!(!is_fine, "{written}: {wrong}");
                let column = document.find(written).unwrap() + 1;
                let place = format!(
                    "line 1, column {column}: integrations[0].airbyte_destination leads elsewhere"
                );
                assert!(wrong.to_string().starts_with(&place), "{wrong}");
            }
        }
    }
}

/// A rule that comes later may not take a workspace's connections away from the document that they were made from.
#[test]
fn whoever_kept_a_document_reads_it_as_it_was_read_then() {
    let document = "apis: { integrations: [{ name: Shop, type: database, engine: mysql, host: db, database: shop, username: reader, secret_name: shop, ssl_mode: disable, airbyte_destination: snowflake },
        { name: Harbour, type: rest, base_url: 'https://api.example.com',
          authentication: { type: session_token, login_path: '/login?key=${secrets.app}', login_body: { p: '${secrets.door}' }, token_path: t },
          endpoints: [{ name: ships, path: /ships, paging: { type: page, size_parameter: n } },
                      { name: crew, path: /crew, method: POST, body: { page: 1 }, paging: page }] }] }";
    let wrong = Integration::read(document, None).unwrap_err();
    assert_eq!(wrong.0.len(), 4, "{wrong}");
    let kept = Integration::read_for(Reader::Keeper, document, None);
    let kept = kept.unwrap_or_else(|wrong| panic!("{wrong}"));
    assert_eq!(kept[1].name, "Harbour");
    let shop = serde_json::to_value(kept[0].direct()).unwrap();
    assert_eq!(shop["configuration"]["ssl_mode"]["mode"], "preferred");

    let broken = document.replace("/ships", "//elsewhere.example.com");
    Integration::read_for(Reader::Keeper, &broken, None).unwrap_err();
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
