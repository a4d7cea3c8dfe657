//! The MySQL source: every type, odd names, keys, cursors, faults, size.

mod arrival;
mod caching;
mod database;
mod hostile;
mod login;
mod pooled;
mod server;
mod tinyint;

use std::collections::BTreeSet;
use std::time::Instant;

use airbyte::protocol::{AirbyteMessage, AirbyteStream, ConfiguredAirbyteCatalog, SyncMode, Trace};
use serde_json::{Value, json};
use sync::connector::{Connector, StepState};
use sync::fault::Kind;
use sync::outbound::Policy;
use sync::sample::sample;

use crate::harness::{Outcome, check, configured, context, local, read, read_whole, whole};
use database::Database;

const SOURCE: Connector = Connector::MySql;

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

async fn only_stream(config: &Value) -> AirbyteStream {
    SOURCE
        .discover(config, &local())
        .await
        .unwrap()
        .streams
        .remove(0)
}

fn incremental(stream: AirbyteStream, cursor: &[&str]) -> ConfiguredAirbyteCatalog {
    ConfiguredAirbyteCatalog {
        streams: vec![configured(stream, SyncMode::Incremental, cursor)],
    }
}

#[tokio::test]
async fn every_type_comes_out_as_json() {
    let db = Database::create("types");
    db.run(include_str!("mysql/types.sql"));
    let outcome = read_whole(&SOURCE, &db.config, &local()).await;
    assert_eq!(outcome.result, Ok(()));
    let records = outcome.records();
    let expected: Vec<Value> = serde_json::from_str(include_str!("mysql/types.json")).unwrap();
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
    db.run(include_str!("mysql/types.sql"));
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
    db.run(include_str!("mysql/types.sql"));
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
async fn odd_names_views_and_empty_tables() {
    let db = Database::create("odd `names`");
    let long = "n".repeat(64);
    let names = [
        "plain",
        "UPPER lower",
        "quo\"te",
        "back`tick",
        "semi;colon--",
        "back\\slash",
        "percent%s",
        "O'Brien",
        "Ωμέγα",
        long.as_str(),
    ];
    let quote = |name: &str| format!("`{}`", name.replace('`', "``"));
    for name in names {
        let quoted = quote(name);
        let text = name.replace('\\', "\\\\").replace('\'', "''");
        db.run(&format!("CREATE TABLE {quoted} ({quoted} VARCHAR(70), id INT PRIMARY KEY); INSERT INTO {quoted} VALUES ('{text}', 1)"));
    }
    db.run("CREATE VIEW a_view AS SELECT 1 AS n; CREATE TABLE empty (id INT PRIMARY KEY); CREATE TABLE nothing (a TEXT); CREATE SEQUENCE counter");
    let catalog = SOURCE.discover(&db.config, &local()).await.unwrap();
    assert_eq!(
        catalog.streams.len(),
        names.len() + 3,
        "a sequence is no table"
    );
    let outcome = read(&SOURCE, &db.config, &whole(catalog), &[], &local()).await;
    assert_eq!(outcome.result, Ok(()));
    let records = outcome.records();
    assert_eq!(records.len(), names.len() + 1);
    for record in records.iter().filter(|record| record.stream != "a_view") {
        assert_eq!(record.data[&record.stream], record.stream.as_str());
    }
    assert_eq!(
        outcome.states().len(),
        names.len() + 3,
        "an empty table ends with a state too"
    );
}

#[tokio::test]
async fn emoji_in_names_of_columns_are_as_the_server_keeps_them() {
    // Names hold letters of the first plane only; the server itself refuses an elephant.
    let db = Database::create("columns");
    db.run(
        "CREATE TABLE t (`✓ done` BOOL, `ключ` INT PRIMARY KEY); INSERT INTO t VALUES (true, 7)",
    );
    let outcome = read_whole(&SOURCE, &db.config, &local()).await;
    assert_eq!(
        outcome.records()[0].data,
        json!({"✓ done": true, "ключ": 7})
    );
}

/// Rows up to the last state, and that state: what a destination keeps of a read that broke off.
fn kept(outcome: &Outcome) -> (Vec<Value>, Vec<Value>) {
    let last = outcome
        .messages
        .iter()
        .rposition(|message| matches!(message, AirbyteMessage::State { .. }));
    let kept = &outcome.messages[..=last.unwrap()];
    let ids = kept.iter().filter_map(|message| match message {
        AirbyteMessage::Record { record } => Some(record.data["id"].clone()),
        _ => None,
    });
    let state = match &kept[kept.len() - 1] {
        AirbyteMessage::State { state } => serde_json::to_value(state).unwrap(),
        other => panic!("{other:?}"),
    };
    (ids.collect(), vec![state])
}

/// Reads until `rows` rows were taken, then hangs up.
async fn read_and_hang_up(
    config: &Value,
    catalog: &ConfiguredAirbyteCatalog,
    rows: usize,
) -> Outcome {
    let cx = local();
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<bytes::Bytes>(1);
    let collect = async {
        let (mut messages, mut taken) = (Vec::new(), 0);
        while taken < rows
            && let Some(chunk) = receiver.recv().await
        {
            for line in chunk
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
            {
                let message = AirbyteMessage::parse(line).unwrap();
                taken += usize::from(matches!(message, AirbyteMessage::Record { .. }));
                messages.push(message);
            }
        }
        drop(receiver);
        messages
    };
    let (result, messages) = tokio::join!(SOURCE.read(config, catalog, &[], &cx, sender), collect);
    Outcome { result, messages }
}

#[tokio::test]
async fn a_large_table_goes_on_where_it_was_interrupted() {
    let db = Database::create("chunks");
    db.run("CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(40), price DECIMAL(12, 2), at DATETIME(6)); INSERT INTO t SELECT seq * 3, CONCAT('name ', seq), seq * 1.25, NOW(6) FROM seq_1_to_200000");
    let catalog = whole(SOURCE.discover(&db.config, &local()).await.unwrap());
    let first = read_and_hang_up(&db.config, &catalog, 120_000).await;
    assert_eq!(first.result.clone().unwrap_err().kind, Kind::Cancelled);
    let (mut ids, state) = kept(&first);
    assert_eq!(ids.len(), 100_000, "two chunks");
    assert_eq!(state[0]["sourceStats"]["recordCount"], 50_000.0);
    assert_eq!(
        state[0]["stream"]["stream_state"],
        json!({"read": "by_key", "key_fields": ["id"], "key": ["300000"]})
    );

    let rest = read(&SOURCE, &db.config, &catalog, &state, &local()).await;
    assert_eq!(rest.result, Ok(()));
    ids.extend(rest.column("id"));
    assert_eq!(ids.len(), 200_000);
    let distinct: BTreeSet<i64> = ids.iter().map(|id| id.as_i64().unwrap()).collect();
    assert_eq!(
        (distinct.len(), distinct.first(), distinct.last()),
        (200_000, Some(&3), Some(&600_000))
    );

    // Once the end was reached, the next read begins anew.
    let (_, state) = kept(&rest);
    assert_eq!(state[0]["stream"]["stream_state"], json!({"read": "whole"}));
    let started = Instant::now();
    let again = read(&SOURCE, &db.config, &catalog, &state, &local()).await;
    let taken = started.elapsed();
    assert_eq!(again.records().len(), 200_000);
    eprintln!("200000 rows in {taken:?}, parsed by the test too");
}

#[tokio::test]
async fn keys_of_several_columns_and_kinds_are_followed() {
    let db = Database::create("keys");
    db.run(
        "CREATE TABLE t (a VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci, b BINARY(2), c DATETIME(3), id INT, PRIMARY KEY (a, b, c));
         INSERT INTO t SELECT CASE seq % 3 WHEN 0 THEN 'Ärger' WHEN 1 THEN 'o''x\\\\' ELSE '' END, UNHEX(LPAD(HEX(seq % 500), 4, '0')), '2024-01-01' + INTERVAL seq SECOND, seq FROM seq_1_to_120000",
    );
    let catalog = whole(SOURCE.discover(&db.config, &local()).await.unwrap());
    assert_eq!(
        catalog.streams[0].stream.source_defined_primary_key,
        [["a"], ["b"], ["c"]]
    );
    let first = read_and_hang_up(&db.config, &catalog, 60_000).await;
    let (mut ids, state) = kept(&first);
    let rest = read(&SOURCE, &db.config, &catalog, &state, &local()).await;
    assert_eq!(rest.result, Ok(()));
    ids.extend(rest.column("id"));
    let distinct: BTreeSet<i64> = ids.iter().map(|id| id.as_i64().unwrap()).collect();
    assert_eq!((ids.len(), distinct.len()), (120_000, 120_000));
}

#[tokio::test]
async fn tables_without_a_usable_key_are_read_whole() {
    let db = Database::create("keyless");
    db.run(
        "CREATE TABLE bare (id INT); INSERT INTO bare VALUES (1), (1), (NULL);
         CREATE TABLE by_enum (k ENUM('z', 'a') PRIMARY KEY, id INT); INSERT INTO by_enum VALUES ('a', 1), ('z', 2);
         CREATE TABLE by_prefix (k TEXT, id INT, PRIMARY KEY (k(3))); INSERT INTO by_prefix VALUES ('abcd', 1);
         CREATE TABLE by_float (k DOUBLE PRIMARY KEY, id INT) ENGINE = MyISAM; INSERT INTO by_float VALUES (0.1, 1)",
    );
    let catalog = SOURCE.discover(&db.config, &local()).await.unwrap();
    for stream in &catalog.streams {
        assert_eq!(stream.is_resumable, Some(false), "{}", stream.name);
    }
    let outcome = read(&SOURCE, &db.config, &whole(catalog), &[], &local()).await;
    assert_eq!(outcome.result, Ok(()));
    assert_eq!(outcome.records().len(), 7);
}

#[tokio::test]
async fn a_read_sees_one_moment_while_others_write() {
    let db = Database::create("moment");
    db.run("CREATE TABLE a (id INT PRIMARY KEY, n INT); CREATE TABLE b (id INT PRIMARY KEY, n INT); INSERT INTO a SELECT seq, 0 FROM seq_1_to_120000; INSERT INTO b VALUES (1, 0)");
    let catalog = whole(SOURCE.discover(&db.config, &local()).await.unwrap());
    let cx = local();
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<bytes::Bytes>(1);
    let collect = async {
        let mut all = Vec::new();
        let mut written = false;
        while let Some(chunk) = receiver.recv().await {
            all.extend_from_slice(&chunk);
            if !written && all.len() > 1_000_000 {
                // Between two chunks of the first table, and before the second.
                written = true;
                db.run("UPDATE a SET n = 1; DELETE FROM a WHERE id > 100000; UPDATE b SET n = 1");
            }
        }
        String::from_utf8(all).unwrap()
    };
    let (result, text) = tokio::join!(SOURCE.read(&db.config, &catalog, &[], &cx, sender), collect);
    assert_eq!(result, Ok(()));
    let of_then = text.lines().filter(|line| line.contains("\"n\":0")).count();
    assert_eq!(of_then, 120_001);
}

#[tokio::test]
async fn a_cursor_reads_what_is_new_and_nothing_twice() {
    let db = Database::create("cursor");
    db.run("CREATE TABLE t (id INT PRIMARY KEY, updated_at TIMESTAMP(6) NULL); INSERT INTO t SELECT seq, TIMESTAMP('2024-01-01') + INTERVAL seq MINUTE FROM seq_1_to_5; INSERT INTO t VALUES (99, NULL)");
    let stream = only_stream(&db.config).await;
    assert_eq!(stream.default_cursor_field, ["updated_at"]);
    let catalog = incremental(stream, &[]);
    let next = async |state: &[Value]| {
        let outcome = read(&SOURCE, &db.config, &catalog, state, &local()).await;
        assert_eq!(outcome.result, Ok(()));
        (outcome.column("id"), outcome.states())
    };
    let (ids, state) = next(&[]).await;
    assert_eq!(ids, [99, 1, 2, 3, 4, 5]);
    assert_eq!(state[0]["sourceStats"]["recordCount"], 6.0);
    let (ids, same) = next(&state).await;
    assert_eq!((ids.len(), &same[0]["stream"]), (0, &state[0]["stream"]));
    // A late row with the last value: all rows with that value come again, rather than one being lost.
    db.run("INSERT INTO t VALUES (6, TIMESTAMP('2024-01-01') + INTERVAL 5 MINUTE)");
    let (ids, state) = next(&state).await;
    assert_eq!(ids, [5, 6]);
    db.run("INSERT INTO t VALUES (7, '2024-01-02'); UPDATE t SET updated_at = '2024-01-03' WHERE id = 1");
    assert_eq!(next(&state).await.0, [7, 1]);
}

#[tokio::test]
async fn cursors_of_other_types_go_on_where_they_stopped() {
    let db = Database::create("cursors");
    db.run("CREATE TABLE t (n DECIMAL(40, 10), s VARCHAR(20), d DATE, ts DATETIME(6), b BIGINT UNSIGNED, f FLOAT, g DOUBLE, tm TIME(3), y YEAR);
            INSERT INTO t VALUES (1.5, 'a''\\\\b', '2024-01-01', '2024-01-01 00:00:00.000001', 1, 0.1, 0.1, '-01:00:00.5', 1999),
            (99999999999999.9999, 'z\\\\''', '9999-12-31', '9999-12-31 23:59:59.999999', 18446744073709551615, 0.3, 1e300, '800:00:00.001', 2024)");
    let stream = only_stream(&db.config).await;
    for cursor in ["n", "s", "d", "ts", "b", "f", "g", "tm", "y"] {
        let catalog = incremental(stream.clone(), &[cursor]);
        let first = read(&SOURCE, &db.config, &catalog, &[], &local()).await;
        assert_eq!(
            (first.result.clone(), first.records().len()),
            (Ok(()), 2),
            "{cursor}"
        );
        let second = read(&SOURCE, &db.config, &catalog, &first.states(), &local()).await;
        assert_eq!(
            (second.result.clone(), second.records().len()),
            (Ok(()), 0),
            "{cursor}: {:?}",
            first.states()
        );
    }
    for none in ["gone", "t"] {
        let fault = read(
            &SOURCE,
            &db.config,
            &incremental(stream.clone(), &[none]),
            &[],
            &local(),
        )
        .await
        .result
        .unwrap_err();
        assert_eq!(fault.kind, Kind::Config, "{fault}");
    }
}

#[tokio::test]
async fn a_selection_of_fields_is_obeyed_and_a_lost_table_does_not_stop_the_others() {
    let db = Database::create("selection");
    db.run("CREATE TABLE a (id INT, k INT PRIMARY KEY, secret TEXT); INSERT INTO a VALUES (1, 5, 'x'); CREATE TABLE gone (id INT); CREATE TABLE z (id INT); INSERT INTO z VALUES (2); CREATE TABLE base (id INT); CREATE VIEW stale AS SELECT id FROM base");
    let mut catalog = whole(SOURCE.discover(&db.config, &local()).await.unwrap());
    catalog
        .streams
        .retain(|stream| stream.stream.name != "base");
    let properties = catalog.streams[0].stream.json_schema["properties"]
        .as_object_mut()
        .unwrap();
    properties.remove("secret");
    properties.remove("k");
    db.run("DROP TABLE gone; DROP TABLE base");
    let outcome = read(&SOURCE, &db.config, &catalog, &[], &local()).await;
    let data: Vec<_> = outcome
        .records()
        .into_iter()
        .map(|record| record.data.clone())
        .collect();
    assert_eq!(data, [json!({"id": 1}), json!({"id": 2})]);
    let fault = outcome.result.clone().unwrap_err();
    assert_eq!(
        (fault.kind, fault.stream.as_deref()),
        (Kind::Config, Some("gone"))
    );
    let errors = outcome.messages.iter().filter(|message| matches!(message, AirbyteMessage::Trace { trace } if matches!(trace.trace, Trace::Error { .. })));
    assert_eq!(
        errors.count(),
        2,
        "the table and the view on a table that is gone"
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

#[tokio::test]
async fn the_steps_of_a_check() {
    let db = Database::create("check");
    let (verdict, steps) = check(&SOURCE, &db.config, &local()).await;
    let fault = verdict.unwrap_err();
    assert_eq!(
        (fault.kind, fault.field.as_deref()),
        (Kind::Config, Some("database")),
        "an empty database has nothing to read"
    );
    let (passed, skipped, failed) = (StepState::Passed, StepState::Skipped, StepState::Failed);
    let names: Vec<_> = steps
        .iter()
        .map(|(name, state)| (name.as_str(), *state))
        .collect();
    assert_eq!(
        names,
        [
            ("Name resolves", passed),
            ("Port open", passed),
            ("Encrypted", skipped),
            ("Login accepted", passed),
            ("Tables readable", failed)
        ]
    );
    db.run("CREATE TABLE t (id INT)");
    assert_eq!(check(&SOURCE, &db.config, &local()).await.0, Ok(()));
}

#[tokio::test]
async fn faults_blame_the_field_to_change() {
    let db = Database::create("faults");
    db.run("CREATE TABLE t (id INT)");
    db.administer("CREATE OR REPLACE USER sync_bare@'%' IDENTIFIED BY 'right'");
    let mut bare = db.with("username", json!("sync_bare"));
    bare["password"] = json!("right");
    let cases = [
        (
            db.with("password", json!("wrong")),
            Kind::Credentials,
            "password",
        ),
        (
            db.with("password", json!("")),
            Kind::Credentials,
            "password",
        ),
        (
            db.with("username", json!("nobody")),
            Kind::Credentials,
            "password",
        ),
        (bare, Kind::Forbidden, "database"),
        (
            db.with("database", json!("no_such_database")),
            Kind::Config,
            "database",
        ),
        (db.with("port", json!(1)), Kind::Unreachable, "port"),
        (
            db.with("host", json!("no-such-host.invalid")),
            Kind::Unreachable,
            "host",
        ),
        (
            db.with("host", json!("/var/run/mysqld/mysqld.sock")),
            Kind::Config,
            "host",
        ),
        (
            db.with("ssl_mode", json!({"mode": "required"})),
            Kind::Config,
            "ssl_mode",
        ),
        (
            db.with("replication_method", json!({"method": "CDC"})),
            Kind::Unsupported,
            "replication_method",
        ),
    ];
    for (config, kind, field) in cases {
        let fault = check(&SOURCE, &config, &local()).await.0.unwrap_err();
        assert_eq!(
            (fault.kind.clone(), fault.field.as_deref()),
            (kind, Some(field)),
            "{fault}"
        );
        assert!(
            !format!("{fault:?}").contains("wrong\""),
            "no password in the fault"
        );
    }
    let (verdict, steps) = check(&SOURCE, &db.config, &context(Policy::default())).await;
    let fault = verdict.unwrap_err();
    assert_eq!(
        (fault.kind, fault.field.as_deref()),
        (Kind::Forbidden, Some("host"))
    );
    assert!(fault.message.contains("127.0.0.1/32"), "{}", fault.message);
    assert_eq!(steps, [("Name resolves".to_owned(), StepState::Failed)]);
}

#[tokio::test]
async fn a_login_sees_only_what_it_may_read() {
    let db = Database::create("rights");
    db.run("CREATE TABLE open (id INT PRIMARY KEY, secret TEXT); INSERT INTO open VALUES (1, 'x'); CREATE TABLE closed (id INT); CREATE TABLE written (id INT)");
    db.administer(&format!("CREATE OR REPLACE USER sync_partly@'%' IDENTIFIED BY 'right'; GRANT SELECT (id) ON {0}.open TO sync_partly@'%'; GRANT INSERT ON {0}.written TO sync_partly@'%'", db.name));
    let mut config = db.with("username", json!("sync_partly"));
    config["password"] = json!("right");
    let outcome = read_whole(&SOURCE, &config, &local()).await;
    assert_eq!(outcome.result, Ok(()));
    let data: Vec<_> = outcome
        .records()
        .into_iter()
        .map(|record| record.data.clone())
        .collect();
    assert_eq!(data, [json!({"id": 1})]);
}

#[tokio::test]
async fn a_sample_has_the_rows_of_every_table_however_small() {
    let db = Database::create("sampled");
    db.run("CREATE TABLE one (id INT PRIMARY KEY); INSERT INTO one VALUES (1); CREATE TABLE three (id INT PRIMARY KEY); INSERT INTO three VALUES (1), (2), (3); CREATE TABLE many (id INT PRIMARY KEY); INSERT INTO many SELECT seq FROM seq_1_to_500");
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
    assert_eq!(
        counted,
        [("many", 20), ("one", 1), ("three", 3)].map(|(name, rows)| (name.to_owned(), rows))
    );
}

#[tokio::test]
async fn two_hundred_thousand_rows_stream_in_small_chunks() {
    let db = Database::create("large");
    db.run("CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(40), price DECIMAL(12, 2), at DATETIME, even BOOL); INSERT INTO t SELECT seq, CONCAT('name ', seq), seq * 1.25, NOW() - INTERVAL seq SECOND, seq % 2 = 0 FROM seq_1_to_200000");
    let cx = local();
    let catalog = whole(SOURCE.discover(&db.config, &cx).await.unwrap());
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
    // Two statuses, an estimate and five states beside the rows.
    assert_eq!(lines, 200_008);
    assert!(largest < 1 << 20, "{largest}");
    eprintln!("{lines} lines, {bytes} bytes in {:?}", started.elapsed());
}
