//! Cursors of every type: what is new comes once, and the next read goes on where the last one stopped.

use airbyte::protocol::{ConfiguredAirbyteCatalog, SyncMode};
use serde_json::Value;

use super::SOURCE;
use crate::database::Database;
use crate::harness::{configured, local, read};

#[tokio::test]
async fn a_cursor_reads_what_is_new_and_nothing_twice() {
    let db = Database::create("cursor").await;
    db.run("CREATE TABLE t (id int PRIMARY KEY, updated_at timestamptz)")
        .await;
    db.run("INSERT INTO t SELECT n, timestamptz '2024-01-01' + n * interval '1 minute' FROM generate_series(1, 5) n; INSERT INTO t VALUES (99, NULL)").await;
    let catalog = SOURCE.discover(&db.config, &local()).await.unwrap();
    let stream = catalog.streams[0].clone();
    assert_eq!(stream.default_cursor_field, ["updated_at"]);
    let catalog = ConfiguredAirbyteCatalog {
        streams: vec![configured(stream, SyncMode::Incremental, &[])],
    };
    let next = async |state: &[Value]| {
        let outcome = read(&SOURCE, &db.config, &catalog, state, &local()).await;
        assert_eq!(outcome.result, Ok(()));
        (outcome.column("id"), outcome.states())
    };
    let (ids, state) = next(&[]).await;
    assert_eq!(ids, [99, 1, 2, 3, 4, 5]);
    let counts: Vec<_> = state
        .iter()
        .map(|state| &state["sourceStats"]["recordCount"])
        .collect();
    assert_eq!(counts, [1.0, 5.0], "rows without a value first");
    let (ids, same) = next(&state).await;
    assert_eq!((ids.len(), &same[0]["stream"]), (0, &state[1]["stream"]));
    // A late row with the last value: all rows with that value come again, rather than one being lost.
    db.run("INSERT INTO t VALUES (6, timestamptz '2024-01-01' + interval '5 minutes')")
        .await;
    let (ids, state) = next(&state).await;
    assert_eq!(ids, [5, 6]);
    db.run("INSERT INTO t VALUES (7, timestamptz '2024-01-02'); UPDATE t SET updated_at = '2024-01-03' WHERE id = 1").await;
    assert_eq!(next(&state).await.0, [7, 1]);
}

#[tokio::test]
async fn cursors_of_other_types_go_on_where_they_stopped() {
    let db = Database::create("cursors").await;
    db.run("CREATE TABLE t (n numeric(20,4), s text, d date, ts timestamp, b bigint, f float8)")
        .await;
    db.run("INSERT INTO t VALUES (1.5, 'a''\\b', '2024-01-01', '2024-01-01 00:00:00.000001', 1, 0.1), (99999999999999.9999, 'z', '0044-03-15 BC', '12345-01-01', 9007199254740993, 1e300)").await;
    let stream = SOURCE
        .discover(&db.config, &local())
        .await
        .unwrap()
        .streams
        .remove(0);
    for cursor in ["n", "s", "d", "ts", "b", "f"] {
        let catalog = ConfiguredAirbyteCatalog {
            streams: vec![configured(stream.clone(), SyncMode::Incremental, &[cursor])],
        };
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
}
