//! Values of every type, and how their columns are described: to the last digit, and what fits nowhere is NULL.

use airbyte::protocol::SyncMode;
use serde_json::{Value, json};

use super::{SOURCE, database::Database, only_stream};
use crate::harness::{local, read_whole, whole};

/// All lines of a whole read, as they are.
async fn lines(config: &Value) -> Vec<String> {
    let cx = local();
    let catalog = whole(SOURCE.discover(config, &cx).await.unwrap());
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<bytes::Bytes>(4);
    let collect = async {
        let mut all = Vec::new();
        while let Some(chunk) = receiver.recv().await {
            all.extend_from_slice(&chunk);
        }
        String::from_utf8(all).unwrap()
    };
    let (result, text) = tokio::join!(SOURCE.read(config, &catalog, &[], &cx, sender), collect);
    assert_eq!(result, Ok(()));
    text.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn every_type_comes_out_as_json() {
    let db = Database::create("types");
    db.run(include_str!("types.sql"));
    let outcome = read_whole(&SOURCE, &db.config, &local()).await;
    assert_eq!(outcome.result, Ok(()));
    let records = outcome.records();
    let expected: Vec<Value> = serde_json::from_str(include_str!("types.json")).unwrap();
    for (record, expected) in records.iter().zip(&expected) {
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(
                record.data[name], *value,
                "{name} of row {}",
                expected["id"]
            );
        }
        // What is compared as text below.
        let others = ["c_decimal", "c_long"];
        assert_eq!(
            record.data.as_object().unwrap().len(),
            expected.as_object().unwrap().len() + others.len()
        );
    }
    assert_eq!(records[0].data["c_long"], "x".repeat(70_000));
    assert!(
        records[3]
            .data
            .as_object()
            .unwrap()
            .iter()
            .all(|(name, value)| name == "id" || value.is_null()),
        "the last row is all NULL"
    );

    // Numbers keep every digit, which a comparison through floats would not see.
    let lines = lines(&db.config).await;
    for digits in [
        "\"c_decimal\":99999999999999999999999999999999999.999999999999999999999999999999,",
        "\"c_decimal\":-99999999999999999999999999999999999.999999999999999999999999999999,",
        "\"c_float\":0.1,",
    ] {
        assert!(lines.iter().any(|line| line.contains(digits)), "{digits}");
    }
}

#[tokio::test]
async fn days_that_are_none_are_null_and_said_to_be() {
    let db = Database::create("zero_dates");
    db.run(include_str!("types.sql"));
    let outcome = read_whole(&SOURCE, &db.config, &local()).await;
    let record = outcome.records()[2];
    let changes = serde_json::to_value(record.meta.as_ref().unwrap()).unwrap();
    let changes: Vec<_> = changes["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| {
            (
                change["field"].as_str().unwrap(),
                change["change"].as_str().unwrap(),
            )
        })
        .collect();
    let names = ["c_date", "c_datetime", "c_seconds", "c_timestamp"];
    assert_eq!(changes, names.map(|name| (name, "NULLED")));
    assert!(names.iter().all(|name| record.data[name].is_null()));
    assert_eq!(record.data["c_float"], 16_777_216.0);
    assert_eq!(record.data["c_time"], "-00:00:00.500000");
}

#[tokio::test]
async fn types_are_described_as_the_protocol_says() {
    let db = Database::create("described");
    db.run(include_str!("types.sql"));
    let stream = only_stream(&db.config).await;
    let property = |name: &str| stream.json_schema["properties"][name].clone();
    for (name, schema) in [
        ("id", json!({"type": "integer"})),
        ("c_bool", json!({"type": ["null", "boolean"]})),
        ("c_tiny", json!({"type": ["null", "integer"]})),
        ("c_big_u", json!({"type": ["null", "number"]})),
        ("c_whole", json!({"type": ["null", "integer"]})),
        ("c_decimal", json!({"type": ["null", "number"]})),
        ("c_bit", json!({"type": ["null", "boolean"]})),
        (
            "c_blob",
            json!({"type": ["null", "string"], "contentEncoding": "base64"}),
        ),
        (
            "c_date",
            json!({"type": ["null", "string"], "format": "date"}),
        ),
        (
            "c_datetime",
            json!({"type": ["null", "string"], "format": "date-time", "airbyte_type": "timestamp_without_timezone"}),
        ),
        (
            "c_timestamp",
            json!({"type": ["null", "string"], "format": "date-time", "airbyte_type": "timestamp_with_timezone"}),
        ),
        ("c_time", json!({"type": ["null", "string"]})),
        (
            "c_json",
            json!({"type": ["null", "object", "array", "string", "number", "boolean"]}),
        ),
        ("c_point", json!({"type": ["null", "string"]})),
    ] {
        assert_eq!(property(name), schema, "{name}");
    }
    assert_eq!(stream.source_defined_primary_key, [["id"]]);
    assert_eq!(stream.is_resumable, Some(true));
    assert_eq!(stream.namespace.as_deref(), Some(db.name.as_str()));
    assert_eq!(
        stream.supported_sync_modes,
        [SyncMode::FullRefresh, SyncMode::Incremental]
    );
}

#[tokio::test]
async fn a_row_too_large_for_a_line_gives_up_its_largest_value() {
    let db = Database::create("too_large");
    db.run("CREATE TABLE t (id INT PRIMARY KEY, small TEXT, large LONGTEXT); INSERT INTO t VALUES (1, 'kept', REPEAT('x', 9000000)), (2, 'kept', 'kept')");
    let outcome = read_whole(&SOURCE, &db.config, &local()).await;
    assert_eq!(outcome.result, Ok(()));
    assert_eq!(outcome.column("large"), [Value::Null, json!("kept")]);
    let meta = serde_json::to_value(outcome.records()[0].meta.as_ref().unwrap()).unwrap();
    assert_eq!(meta["changes"][0]["reason"], "SOURCE_FIELD_SIZE_LIMITATION");
}
