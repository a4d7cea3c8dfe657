//! Incremental reads: what is new since the last one, by cursors of every type.

use airbyte::protocol::{AirbyteStream, ConfiguredAirbyteCatalog, SyncMode};
use serde_json::Value;
use sync::fault::Kind;

use super::{SOURCE, database::Database, only_stream};
use crate::harness::{configured, local, read};

fn incremental(stream: AirbyteStream, cursor: &[&str]) -> ConfiguredAirbyteCatalog {
    ConfiguredAirbyteCatalog {
        streams: vec![configured(stream, SyncMode::Incremental, cursor)],
    }
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
async fn rows_without_a_value_come_again_only_when_their_number_changed() {
    let db = Database::create("cursor_nulls");
    db.run("CREATE TABLE t (id INT, n INT); INSERT INTO t VALUES (1, NULL), (2, NULL)");
    let catalog = incremental(only_stream(&db.config).await, &["n"]);
    let next = async |state: &[Value]| {
        let outcome = read(&SOURCE, &db.config, &catalog, state, &local()).await;
        assert_eq!(outcome.result, Ok(()));
        (outcome.column("id"), outcome.states())
    };
    let (ids, state) = next(&[]).await;
    assert_eq!(ids, [1, 2]);
    let (ids, state) = next(&state).await;
    assert_eq!(ids, [0; 0], "they were read");
    db.run("INSERT INTO t VALUES (3, NULL)");
    let (ids, state) = next(&state).await;
    assert_eq!(ids, [1, 2, 3], "which of them is new, nobody can tell");
    db.run("INSERT INTO t VALUES (4, 7)");
    let (ids, state) = next(&state).await;
    assert_eq!(ids, [4]);
    assert_eq!(next(&state).await.0, [0; 0]);
}

#[tokio::test]
async fn days_that_are_none_come_once_and_hold_nothing_up() {
    let db = Database::create("cursor_zero");
    db.run("SET sql_mode = ''; CREATE TABLE t (id INT, at DATETIME NULL); INSERT INTO t VALUES (1, '0000-00-00 00:00:00'), (2, '2024-00-00 00:00:00')");
    let catalog = incremental(only_stream(&db.config).await, &["at"]);
    let next = async |state: &[Value]| {
        let outcome = read(&SOURCE, &db.config, &catalog, state, &local()).await;
        assert_eq!(outcome.result, Ok(()));
        (outcome.column("id"), outcome.states())
    };
    let (ids, state) = next(&[]).await;
    assert_eq!(ids, [1, 2]);
    let (ids, state) = next(&state).await;
    assert_eq!(ids, [0; 0], "they were read");
    db.run("INSERT INTO t VALUES (3, '2024-01-01')");
    let (ids, state) = next(&state).await;
    assert_eq!(ids, [3]);
    assert_eq!(next(&state).await.0, [0; 0]);
}
