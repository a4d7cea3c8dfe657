//! What becomes of records: tables with keys and types, whole records without fields, and only what is new.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use sync::connector::Connector;
use sync::integration::{Direct, Integration};

use crate::harness::{Harbour, Reply, Request, column, context, manifest, one, read, rest, ships};

/// Ships that changed since `since`, if that was asked.
fn answer(request: &Request, _: &str) -> (Value, Option<String>) {
    let since = request.query.get("since").cloned().unwrap_or_default();
    let new = ships()
        .into_iter()
        .filter(|ship| ship["updated_at"].as_str() >= Some(&since));
    (new.collect(), None)
}

#[tokio::test]
async fn fields_and_keys_become_the_schema() {
    let harbour = Harbour::open(answer).await;
    let integration = rest(
        &harbour,
        "endpoints:\n  - name: ships\n    path: /ships\n    primary_key: [port, id]\n    fields: { id: integer, name: string, length: number, afloat: boolean, built: date, updated_at: timestamp, owner: object, crew: array }",
    );
    let (manifest, configuration) = manifest(&integration);
    let connector = Connector::Declarative(manifest);
    let catalog = connector
        .discover(&configuration, &context())
        .await
        .unwrap();
    let stream = &catalog.streams[0];
    assert_eq!(stream.source_defined_primary_key, [["port"], ["id"]]);
    let schema = &stream.json_schema["properties"];
    for (field, kind) in [
        ("id", "integer"),
        ("name", "string"),
        ("length", "number"),
        ("afloat", "boolean"),
        ("built", "string"),
        ("updated_at", "string"),
        ("owner", "object"),
        ("crew", "array"),
        ("port", "string"),
    ] {
        assert_eq!(schema[field]["type"], json!(["null", kind]), "{field}");
    }
    assert_eq!(schema["built"]["format"], "date");
    assert_eq!(
        schema["updated_at"]["airbyte_type"],
        "timestamp_with_timezone"
    );
    assert_eq!(schema["data"], Value::Null, "named fields are all there is");
}

#[tokio::test]
async fn without_fields_each_record_is_kept_whole() {
    fn awkward(_: &Request, _: &str) -> (Value, Option<String>) {
        let ship = json!({"id": 1, "name": "Kapitän's \"Wut\" {{ 1 }}\n", "owner": {"vat": null, "shares": [0.5, true, "5", []]}});
        (json!([ship]), None)
    }
    let harbour = Harbour::open(awkward).await;
    let integration = rest(
        &harbour,
        "endpoints: [{ name: ships, path: /ships, primary_key: id }]",
    );
    let (records, _) = read(&integration, &[]).await.unwrap();
    assert_eq!(records[0]["data"], awkward_ship(&records[0]), "{records:?}");
    assert_eq!(
        records[0]["data"]["owner"]["shares"],
        json!([0.5, true, "5", []])
    );
    let (manifest, configuration) = manifest(&integration);
    let catalog = Connector::Declarative(manifest)
        .discover(&configuration, &context())
        .await;
    let schema = &catalog.unwrap().streams[0].json_schema["properties"];
    assert_eq!(schema["data"]["type"], json!(["null", "object"]));
    assert_eq!(schema["id"]["type"], json!(["null", "string"]));
}

/// The record without the field that holds it whole.
fn awkward_ship(record: &Value) -> Value {
    let mut ship = record.clone();
    ship.as_object_mut().unwrap().remove("data").unwrap();
    ship
}

#[tokio::test]
async fn a_cursor_reads_only_what_is_new_whether_the_api_helps_or_not() {
    for (cursor, asks) in [
        ("updated_at", false),
        (
            "{ field: updated_at, parameter: since, start: 2026-03-01 }",
            true,
        ),
    ] {
        let harbour = Harbour::open(answer).await;
        let integration = rest(
            &harbour,
            &format!(
                "endpoints: [{{ name: ships, path: /ships, cursor: {cursor}, fields: {{ name: string }} }}]"
            ),
        );
        let (records, states) = read(&integration, &[]).await.unwrap();
        assert_eq!(records.len(), if asks { 5 } else { 7 }, "{cursor}");
        let first = harbour.asked();
        let since = first[0].query.get("since").map(String::as_str);
        assert_eq!(since, asks.then_some("2026-03-01T00:00:00Z"));

        let last = states.last().unwrap().clone();
        let (again, _) = read(&integration, &[last]).await.unwrap();
        assert_eq!(
            column(&again, "name"),
            ["Isar"],
            "{cursor}: only the last one may be new"
        );
        let second = harbour.asked();
        let since = second[0].query.get("since").map(String::as_str);
        assert_eq!(since, asks.then_some("2026-07-01T12:00:00Z"));
    }
}

/// The first ship changes once its page was read, an hour before the last one did: it is older than the newest that was seen.
#[tokio::test]
async fn what_changes_behind_the_reader_comes_again_where_a_key_merges_it() {
    for (key, expected) in [
        ("primary_key: id,", &["Elbe", "Isar"][..]),
        ("", &["Isar"][..]),
    ] {
        let pages = AtomicUsize::new(0);
        let harbour = Harbour::with(move |request, _| {
            let before = (request.number("page").unwrap() - 1) * 3;
            let mut all = ships();
            if pages.fetch_add(1, Ordering::SeqCst) > 0 {
                all[0]["updated_at"] = json!("2026-07-01T11:00:00Z");
            }
            Reply::of(all.into_iter().skip(before).take(3).collect())
        })
        .await;
        let line = format!(
            "endpoints: [{{ name: ships, path: /ships, {key} cursor: updated_at, paging: {{ type: page, size: 3 }}, fields: {{ name: string }} }}]"
        );
        let integration = rest(&harbour, &line);
        let (records, states) = read(&integration, &[]).await.unwrap();
        assert_eq!(records.len(), 7, "{key}");

        let last = states.last().unwrap().clone();
        let (again, _) = read(&integration, &[last]).await.unwrap();
        assert_eq!(column(&again, "name"), expected, "{key}");
    }
}

#[tokio::test]
async fn dates_are_asked_for_as_the_api_writes_them() {
    for (format, start, sent) in [
        ("date", "2026-03-01", "2026-03-01"),
        ("epoch_seconds", "2026-03-01T00:00:00Z", "1772323200"),
        ("epoch_millis", "2026-03-01T01:00:00+01:00", "1772323200000"),
        ("'%d.%m.%Y'", "2026-03-01", "01.03.2026"),
    ] {
        fn none(_: &Request, _: &str) -> (Value, Option<String>) {
            (json!([]), None)
        }
        let harbour = Harbour::open(none).await;
        let integration = rest(
            &harbour,
            &format!(
                "endpoints: [{{ name: ships, path: /ships, cursor: {{ field: day, parameter: since, format: {format}, start: {start} }} }}]"
            ),
        );
        read(&integration, &[]).await.unwrap();
        assert_eq!(harbour.asked()[0].query["since"], sent, "{format}");
    }
}

#[tokio::test]
async fn records_may_write_their_moments_in_another_way_than_the_question_does() {
    for (format, since) in [
        ("date", "2026-07-01"),
        ("epoch_seconds", "1782907200"),
        ("epoch_millis", "1782907200000"),
        ("'%d.%m.%Y'", "01.07.2026"),
    ] {
        let harbour = Harbour::open(answer).await;
        let integration = rest(
            &harbour,
            &format!(
                "endpoints: [{{ name: ships, path: /ships, cursor: {{ field: updated_at, parameter: since, format: {format} }} }}]"
            ),
        );
        let (records, states) = read(&integration, &[]).await.unwrap();
        assert_eq!(records.len(), 7, "{format}");
        harbour.asked();
        let last = states.last().unwrap().clone();
        read(&integration, &[last]).await.unwrap();
        assert_eq!(harbour.asked()[0].query["since"], since, "{format}");
    }
}

#[test]
fn what_is_built_in_gets_the_configuration_its_form_asks_for() {
    for (document, expected_source) in [
        (
            "{ name: Shop, type: database, engine: postgresql, host: db.example.com, database: shop, username: reader, password: '${secrets.shop}', schemas: [public] }",
            "postgres",
        ),
        (
            "{ name: Shop, type: database, engine: mysql, host: db.example.com, database: shop, username: reader, secret_name: shop, ssl_mode: prefer }",
            "mysql",
        ),
        (
            "{ name: Shop, type: database, engine: mysql, host: db.example.com, port: 3307, database: shop, username: reader, secret_name: shop, ssl_mode: verify-ca, ca_certificate: \"-----BEGIN CERTIFICATE-----\\nx\\n-----END CERTIFICATE-----\" }",
            "mysql",
        ),
        (
            "{ name: Shop, type: database, engine: mongodb, host: db.example.com, database: shop, username: reader, secret_name: shop }",
            "mongodb-v2",
        ),
        (
            "{ name: Shop, type: database, engine: mongodb, connection_string: 'mongodb+srv://c0.ab1.example.com/', database: shop, username: reader, secret_name: shop }",
            "mongodb-v2",
        ),
        (
            "{ name: Preise & Co, type: file, url: 'https://example.com/prices.csv.gz', delimiter: ; }",
            "file",
        ),
        (
            "{ name: Exports, type: file, url: 's3://exports/daily/prices.csv.zip', archive_file: prices.csv, region: eu-central-1, endpoint: 'https://s3.example.com', access_key_id: AKIA1, secret_access_key: '${secrets.exports}' }",
            "file",
        ),
    ] {
        let integration = one(&format!("apis: {{ integrations: [{document}] }}"));
        let Direct::BuiltIn {
            source,
            configuration,
            notes,
        } = integration.direct()
        else {
            panic!("{:?}", integration.direct())
        };
        assert_eq!(source, expected_source);
        assert!(
            notes.is_empty(),
            "it does what the document says: {notes:?}"
        );
        let schema = match source {
            "postgres" => sync::sources::postgres::spec(),
            "mysql" => sync::sources::mysql::spec(),
            "mongodb-v2" => sync::sources::mongodb::spec(),
            _ => sync::sources::file::spec(),
        }
        .connection_specification;
        let wrong: Vec<String> = jsonschema::validator_for(&schema)
            .unwrap()
            .iter_errors(&configuration)
            .map(|error| error.to_string())
            .collect();
        assert!(wrong.is_empty(), "{wrong:?} in {configuration}");
    }
}

#[test]
fn a_webhook_is_an_api_that_also_sends_events() {
    let document = |of: &str| {
        format!(
            "apis: {{ integrations: [{{ name: Harbour, base_url: 'https://harbour.example.com', endpoints: [{{ name: ships, path: /ships }}], {of} }}] }}"
        )
    };
    let rest = one(&document("type: rest"));
    let plain = one(&document("type: webhook"));
    assert_eq!(
        (rest.sender(), plain.sender()),
        (None, Some("standard_webhooks"))
    );
    assert_eq!(plain.direct(), rest.direct(), "it is read like any other");
    assert_eq!(rest.schedule.text(), "manual");
    assert_eq!(
        plain.schedule.text(),
        "0 0 * * * ? UTC",
        "what events miss, a run brings"
    );

    let said = one(&document(
        "type: webhook, sender: github, airbyte_schedule: manual",
    ));
    assert_eq!(said.sender(), Some("github"));
    assert_eq!(said.schedule.text(), "manual");
}

#[test]
fn the_example_of_the_readme_is_right() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let (_, section) = readme.split_once("\n## Integration YAML\n").unwrap();
    let example: Vec<&str> = section
        .lines()
        .skip_while(|line| !line.starts_with("    "))
        .take_while(|line| line.starts_with("    "))
        .collect();
    let all =
        Integration::read(&example.join("\n"), None).unwrap_or_else(|wrong| panic!("{wrong}"));
    let told: Vec<_> = all
        .iter()
        .map(|one| (one.name.as_str(), one.secrets.join(", ")))
        .collect();
    let expected = [
        ("Harbour", "harbour_token"),
        ("Shop", "shop_password"),
        ("Prices", ""),
        ("Our Acme", "acme_key"),
    ];
    assert_eq!(
        told,
        expected.map(|(name, secrets)| (name, secrets.to_owned()))
    );
}
