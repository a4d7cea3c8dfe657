//! The PostgreSQL source: every common type, odd names, cursors, faults, size.

mod checking;
mod cursors;

use std::time::Instant;

use airbyte::protocol::{AirbyteMessage, SyncMode, Trace};
use serde_json::{Value, json};
use sync::connector::Connector;
use sync::fault::Kind;
use sync::sample::sample;

use crate::database::Database;
use crate::harness::{local, read, read_whole};

const SOURCE: Connector = Connector::Postgres;

#[tokio::test]
async fn every_common_type_comes_out_as_json() {
    let db = Database::create("types").await;
    db.run(include_str!("types.sql")).await;
    let outcome = read_whole(&SOURCE, &db.config, &local()).await;
    assert_eq!(outcome.result, Ok(()));
    let records = outcome.records();
    assert_eq!(records.len(), 3);
    let expected: Value = serde_json::from_str(include_str!("types.json")).unwrap();
    for (record, expected) in records.iter().zip(expected.as_array().unwrap()) {
        for (column, value) in expected["data"].as_object().unwrap() {
            assert_eq!(&record.data[column], value, "{column}");
        }
        let changes: Vec<_> = record
            .meta
            .iter()
            .flat_map(|meta| &meta.changes)
            .map(|change| Value::from(change.field.as_str()))
            .collect();
        assert_eq!(Value::from(changes), expected["nulled"]);
    }
    assert!(
        records[2]
            .data
            .as_object()
            .unwrap()
            .iter()
            .all(|(name, value)| name == "id" || value.is_null()),
        "the last row is all NULL"
    );
    // Numbers keep every digit, which a comparison through floats would not see.
    let text = serde_json::to_string(&records[0].data).unwrap();
    assert!(text.contains("\"c_int8\":9223372036854775807"), "{text}");
}

#[tokio::test]
async fn types_are_described_as_the_protocol_says() {
    let db = Database::create("described").await;
    db.run(include_str!("types.sql")).await;
    let catalog = SOURCE.discover(&db.config, &local()).await.unwrap();
    let stream = &catalog.streams[0];
    let property = |name: &str| stream.json_schema["properties"][name].clone();
    assert_eq!(property("id"), json!({"type": "integer"}));
    assert_eq!(
        property("c_numeric_whole"),
        json!({"type": ["null", "integer"]})
    );
    assert_eq!(property("c_numeric"), json!({"type": ["null", "number"]}));
    assert_eq!(
        property("c_timestamptz"),
        json!({"type": ["null", "string"], "format": "date-time", "airbyte_type": "timestamp_with_timezone"})
    );
    assert_eq!(property("c_domain"), json!({"type": ["null", "integer"]}));
    assert_eq!(
        property("c_text_array"),
        json!({"type": ["null", "array"], "items": {"type": ["null", "string", "array"]}})
    );
    assert_eq!(stream.source_defined_primary_key, [["id"]]);
    assert_eq!(
        stream.supported_sync_modes,
        [SyncMode::FullRefresh, SyncMode::Incremental]
    );
}

#[tokio::test]
async fn odd_names_in_several_schemas() {
    let db = Database::create("names").await;
    let long = "n".repeat(63);
    let names = [
        "plain",
        "UPPER lower",
        "quo\"te",
        "new\nline",
        "emoji 🐘",
        "semi;colon--",
        "back\\slash",
        "percent%s",
        "O'Brien",
        long.as_str(),
    ];
    let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    for schema in ["one", "tw\"o"] {
        db.run(&format!("CREATE SCHEMA {}", quote(schema))).await;
        for name in names {
            let (schema, quoted) = (quote(schema), quote(name));
            db.run(&format!(
                "CREATE TABLE {schema}.{quoted} ({quoted} text, \"id\" int PRIMARY KEY)"
            ))
            .await;
            db.client
                .execute(
                    &format!("INSERT INTO {schema}.{quoted} VALUES ($1, 1)"),
                    &[&name],
                )
                .await
                .unwrap();
        }
    }
    db.run("CREATE VIEW one.a_view AS SELECT 1 AS n; CREATE MATERIALIZED VIEW one.kept AS SELECT 2 AS n").await;
    db.run("CREATE TABLE one.parted (id int, day date) PARTITION BY RANGE (day); CREATE TABLE one.part_1 PARTITION OF one.parted DEFAULT").await;
    db.run("INSERT INTO one.parted VALUES (7, '2024-02-29'); CREATE TABLE one.\"no columns\" ()")
        .await;
    let outcome = read_whole(&SOURCE, &db.config, &local()).await;
    assert_eq!(outcome.result, Ok(()));
    let records = outcome.records();
    assert_eq!(records.len(), 2 * names.len() + 3);
    for record in records
        .iter()
        .filter(|record| names.contains(&record.stream.as_str()))
    {
        assert_eq!(record.data[&record.stream], record.stream.as_str());
    }
    let mut config = db.config.clone();
    config["schemas"] = json!(["tw\"o"]);
    assert_eq!(
        SOURCE
            .discover(&config, &local())
            .await
            .unwrap()
            .streams
            .len(),
        names.len()
    );
}

#[tokio::test]
async fn a_selection_of_fields_is_obeyed_and_a_lost_table_does_not_stop_the_others() {
    let db = Database::create("selection").await;
    db.run("CREATE TABLE a (id int, secret text); INSERT INTO a VALUES (1, 'x'); CREATE TABLE gone (id int); CREATE TABLE z (id int); INSERT INTO z VALUES (2)").await;
    let mut catalog = crate::harness::whole(SOURCE.discover(&db.config, &local()).await.unwrap());
    catalog.streams[0].stream.json_schema["properties"]
        .as_object_mut()
        .unwrap()
        .remove("secret");
    db.run("DROP TABLE gone").await;
    let outcome = read(&SOURCE, &db.config, &catalog, &[], &local()).await;
    assert_eq!(
        outcome
            .records()
            .into_iter()
            .map(|record| record.data.clone())
            .collect::<Vec<_>>(),
        [json!({"id": 1}), json!({"id": 2})]
    );
    let fault = outcome.result.unwrap_err();
    assert_eq!(
        (fault.kind, fault.stream.as_deref()),
        (Kind::Config, Some("gone"))
    );
    let errors = outcome.messages.iter().filter(|message| matches!(message, AirbyteMessage::Trace { trace } if matches!(trace.trace, Trace::Error { .. })));
    assert_eq!(errors.count(), 1);
}

/// A small table is read in one go: the read is over before its rows have been taken.
#[tokio::test]
async fn a_sample_has_the_rows_of_every_table_however_small() {
    let db = Database::create("sampled").await;
    db.run(
        "CREATE TABLE one (id int PRIMARY KEY); INSERT INTO one VALUES (1);
         CREATE TABLE three (id int PRIMARY KEY); INSERT INTO three SELECT generate_series(1, 3);
         CREATE TABLE many (id int PRIMARY KEY); INSERT INTO many SELECT generate_series(1, 500)",
    )
    .await;
    let (sender, mut samples) = tokio::sync::mpsc::channel(4);
    sample(&SOURCE, &db.config, &[], None, 20, &local(), sender)
        .await
        .unwrap();
    let mut counted = Vec::new();
    while let Some(sample) = samples.recv().await {
        assert_eq!(sample.problem, None);
        counted.push((sample.stream.name, sample.records.len()));
    }
    counted.sort();
    let expected = [("many", 20), ("one", 1), ("three", 3)];
    assert_eq!(
        counted,
        expected.map(|(name, rows)| (name.to_owned(), rows))
    );
}

#[tokio::test]
async fn five_hundred_tables_are_listed_quickly() {
    let db = Database::create("wide").await;
    db.run("DO $$ BEGIN FOR n IN 1..500 LOOP EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, a text, b jsonb, c timestamptz, d numeric)', n); END LOOP; END $$").await;
    let started = Instant::now();
    let catalog = SOURCE.discover(&db.config, &local()).await.unwrap();
    assert_eq!(catalog.streams.len(), 500);
    eprintln!("500 tables in {:?}", started.elapsed());
}

#[tokio::test]
async fn a_large_table_streams_with_flat_memory() {
    let db = Database::create("large").await;
    db.run(
        "CREATE TABLE t AS SELECT n AS id, 'name ' || n AS name, n * 1.25::numeric AS price, now() - n * interval '1 s' AS at, n % 2 = 0 AS even \
         FROM generate_series(1, 300000) n",
    )
    .await;
    let cx = local();
    let catalog = crate::harness::whole(SOURCE.discover(&db.config, &cx).await.unwrap());
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<bytes::Bytes>(4);
    let started = Instant::now();
    let count = async {
        let (mut lines, mut bytes, mut largest) = (0, 0, 0);
        while let Some(chunk) = receiver.recv().await {
            lines += memchr::memchr_iter(b'\n', &chunk).count();
            bytes += chunk.len();
            largest = largest.max(chunk.len());
        }
        (lines, bytes, largest)
    };
    let (result, (lines, bytes, largest)) =
        tokio::join!(SOURCE.read(&db.config, &catalog, &[], &cx, sender), count);
    assert_eq!(result, Ok(()));
    // Two statuses and a state beside the rows; an estimate once the server has counted.
    assert!((300_003..=300_004).contains(&lines), "{lines}");
    assert!(largest < 1 << 20, "{largest}");
    eprintln!("{lines} lines, {bytes} bytes in {:?}", started.elapsed());
}
