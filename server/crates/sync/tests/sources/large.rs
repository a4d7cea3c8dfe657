//! The PostgreSQL source's reads of large tables: cut off, gone on with, begun anew.

use std::collections::BTreeSet;

use airbyte::protocol::{ConfiguredAirbyteCatalog, DestinationSyncMode, SyncMode};
use serde_json::{Value, json};
use sync::connector::Connector;
use sync::load::resumable_states;

use crate::database::Database;
use crate::harness::{Outcome, configured, local, read, whole};
use crate::loading::{Move, target};

const SOURCE: Connector = Connector::Postgres;

/// More bytes than the rows of one chunk make, and fewer than those of two.
const MORE_THAN_A_CHUNK: usize = 2_600_000;

/// A row a block, so that few rows are many blocks. A chunk is 4096 of them. Some blocks near the beginning are empty.
async fn large(name: &str, blocks: u32) -> Database {
    let db = Database::create(name).await;
    db.run(&format!(
        "CREATE UNLOGGED TABLE t (id int, filler text) WITH (fillfactor = 10, autovacuum_enabled = off);
         ALTER TABLE t ALTER COLUMN filler SET STORAGE PLAIN;
         INSERT INTO t SELECT n, repeat('x', 450) FROM generate_series(1, {blocks}) n;
         DELETE FROM t WHERE id BETWEEN 11 AND 20"
    ))
    .await;
    db.run("VACUUM t").await;
    db.settled().await;
    db
}

/// What replaces the table in one refresh; its attempts have the same number.
async fn refresh(db: &Database, number: i64) -> ConfiguredAirbyteCatalog {
    let mut catalog = whole(SOURCE.discover(&db.config, &local()).await.unwrap());
    let stream = &mut catalog.streams[0];
    assert_eq!(stream.stream.is_resumable, Some(true));
    stream.destination_sync_mode = DestinationSyncMode::Overwrite;
    stream.generation_id = number;
    stream.minimum_generation_id = number;
    catalog
}

/// The block behind the last one that was read and kept.
async fn reached(destination: &Database, catalog: &ConfiguredAirbyteCatalog) -> Value {
    let states = resumable_states(&target(destination), "con", catalog).await;
    states.unwrap()[0]["stream"]["stream_state"]["block"].clone()
}

/// The rows of a table: how many, how many different ones, and what they add up to.
async fn sums(db: &Database, table: &str) -> [i64; 4] {
    let sql = format!(
        "SELECT count(*), count(DISTINCT id), COALESCE(sum(id), 0)::int8, COALESCE(sum(length(filler)), 0)::int8 FROM {table}"
    );
    let row = db.client.query_one(&sql, &[]).await.unwrap();
    [0, 1, 2, 3].map(|at| row.get(at))
}

#[tokio::test]
async fn a_read_that_is_cut_off_twice_brings_every_row_once() {
    let db = large("whole_twice", 9000).await;
    let destination = Database::create("whole_twice_to").await;
    let target = target(&destination);
    let moving = Move {
        source: &SOURCE,
        config: &db.config,
        target: &target,
    };
    let catalog = refresh(&db, 1).await;
    moving.some(&catalog, 1, MORE_THAN_A_CHUNK).await;
    assert_eq!(reached(&destination, &catalog).await, 4096);

    // A row that was not read moves into a block that was; others come, change and go behind it.
    let other = db.connect_again().await;
    let moved = "UPDATE t SET filler = repeat('y', 7900) WHERE id = 5000 RETURNING (ctid::text::point)[0]::int4";
    let block: i32 = other.query_one(moved, &[]).await.unwrap().get(0);
    assert!(block < 4096, "it moved to block {block}");
    db.run(
        "INSERT INTO t SELECT n, 'new' FROM generate_series(50001, 50010) n;
         UPDATE t SET filler = 'changed' WHERE id BETWEEN 7001 AND 7010;
         DELETE FROM t WHERE id BETWEEN 8501 AND 8510",
    )
    .await;
    db.settled().await;
    moving.some(&catalog, 2, MORE_THAN_A_CHUNK).await;
    assert_eq!(reached(&destination, &catalog).await, 8192);

    let receipts = moving.all(&catalog, 3).await.unwrap();
    assert!(receipts[0].resumed > 8000, "{:?}", receipts[0]);
    let expected = sums(&db, "t").await;
    assert_eq!(expected[..2], [8990, 8990]);
    assert_eq!(sums(&destination, "arrived.t").await, expected);
}

#[tokio::test]
async fn what_was_read_and_then_changed_is_read_anew_with_all_the_rest() {
    let db = large("whole_changed", 6000).await;
    let destination = Database::create("whole_changed_to").await;
    let target = target(&destination);
    let moving = Move {
        source: &SOURCE,
        config: &db.config,
        target: &target,
    };
    for (number, change) in (1..).zip([
        "UPDATE t SET filler = 'changed' WHERE id = 5",
        "DELETE FROM t WHERE id = 6; INSERT INTO t VALUES (6, 'again')",
        "UPDATE t SET filler = repeat('y', 7900) WHERE id = 7",
        "VACUUM (FULL) t",
        "TRUNCATE t",
    ]) {
        let catalog = refresh(&db, number).await;
        moving.some(&catalog, 2 * number, MORE_THAN_A_CHUNK).await;
        assert!(reached(&destination, &catalog).await.is_number());
        db.run(change).await;
        db.settled().await;
        let receipts = moving.all(&catalog, 2 * number + 1).await.unwrap();
        assert_eq!(receipts[0].resumed, 0, "{change}");
        let there = sums(&destination, "arrived.t").await;
        assert_eq!(there, sums(&db, "t").await, "{change}");
    }
}

#[tokio::test]
async fn what_cannot_go_on_comes_in_one_answer() {
    let db = large("whole_one", 6000).await;
    db.run(
        "CREATE VIEW seen AS SELECT id FROM t WHERE id < 3;
         CREATE TABLE parted (id int) PARTITION BY RANGE (id);
         CREATE TABLE guarded (id int, secret text); INSERT INTO guarded VALUES (1, 'x');
         DROP ROLE IF EXISTS sync_source_partly; CREATE ROLE sync_source_partly LOGIN PASSWORD 'partly';
         CREATE TABLE policed (id int); INSERT INTO policed VALUES (1), (2);
         ALTER TABLE policed ENABLE ROW LEVEL SECURITY; CREATE POLICY one ON policed USING (id = 1);
         GRANT SELECT ON policed, seen, parted TO sync_source_partly;
         GRANT SELECT (id) ON t, guarded TO sync_source_partly",
    )
    .await;
    let mut config = db.config.clone();
    config["username"] = json!("sync_source_partly");
    config["password"] = json!("partly");
    let mut catalog = whole(SOURCE.discover(&config, &local()).await.unwrap());
    assert_eq!(catalog.streams.len(), 5);
    for stream in &mut catalog.streams {
        assert_eq!(
            stream.stream.is_resumable,
            Some(false),
            "{}",
            stream.stream.name
        );
        stream.minimum_generation_id = 1;
    }
    let outcome = read(&SOURCE, &config, &catalog, &[], &local()).await;
    assert_eq!(outcome.result, Ok(()));
    assert_eq!(outcome.records().len(), 5990 + 2 + 1 + 1);
    let all_whole = |states: Vec<Value>| {
        states
            .iter()
            .all(|state| state["stream"]["stream_state"] == json!({"read": "whole"}))
            .then_some(states.len())
    };
    assert_eq!(all_whole(outcome.states()), Some(5));
    // What is appended is seen at once, and is not shown in part.
    let mut appended = whole(SOURCE.discover(&db.config, &local()).await.unwrap());
    appended.streams.retain(|stream| stream.stream.name == "t");
    let outcome = read(&SOURCE, &db.config, &appended, &[], &local()).await;
    assert_eq!(all_whole(outcome.states()), Some(1));
}

/// Reads what is new by the cursor `n`.
async fn increment(db: &Database, states: &[Value]) -> Outcome {
    let mut catalog = SOURCE.discover(&db.config, &local()).await.unwrap();
    let stream = configured(catalog.streams.remove(0), SyncMode::Incremental, &["n"]);
    let catalog = ConfiguredAirbyteCatalog {
        streams: vec![stream],
    };
    let outcome = read(&SOURCE, &db.config, &catalog, states, &local()).await;
    assert_eq!(outcome.result, Ok(()));
    outcome
}

fn numbers(ids: &[Value]) -> BTreeSet<i64> {
    ids.iter().filter_map(Value::as_i64).collect()
}

#[tokio::test]
async fn the_first_read_by_a_cursor_goes_on_and_then_follows_it() {
    let db = large("large_cursor", 5000).await;
    db.run("ALTER TABLE t ADD COLUMN n numeric; UPDATE t SET n = 1.5 WHERE id BETWEEN 100 AND 102; UPDATE t SET n = 0.5 WHERE id = 200")
        .await;
    db.run("VACUUM t").await;
    db.settled().await;
    let first = increment(&db, &[]).await;
    let states = first.states();
    assert_eq!(states.len(), 3, "two chunks, and where the cursor is");
    let cursor = json!({"cursor_field": ["n"], "cursor": "1.5", "cursor_record_count": 3});
    assert_eq!(states[2]["stream"]["stream_state"], cursor);
    assert_eq!(first.records().len(), 4990, "rows without a value too");
    assert_eq!(increment(&db, &states).await.records().len(), 0);

    // Interrupted after the first chunk: a row that was read has changed, and new ones have come.
    db.run("UPDATE t SET n = 2.5 WHERE id = 5; INSERT INTO t VALUES (6001, 'new', NULL), (6002, 'new', 2.5)")
        .await;
    db.settled().await;
    let ids = first.column("id");
    let kept = states[0]["sourceStats"]["recordCount"].as_f64().unwrap();
    let kept: usize = kept.to_string().parse().unwrap();
    let mut seen = numbers(&ids[..kept]);
    let resumed = increment(&db, &states[..1]).await;
    assert!(
        resumed.records().len() < 1000,
        "{}",
        resumed.records().len()
    );
    seen.extend(numbers(&resumed.column("id")));
    let mut all = numbers(&ids);
    all.extend([6001, 6002]);
    assert_eq!(seen, all);
    let last = resumed.states().pop().unwrap();
    assert_eq!(last["stream"]["stream_state"]["cursor"], "2.5");
    assert_eq!(last["stream"]["stream_state"]["cursor_record_count"], 2);
    assert_eq!(increment(&db, &resumed.states()).await.records().len(), 0);
}

#[tokio::test]
async fn the_first_read_by_a_cursor_ends_behind_its_finite_values() {
    let db = large("large_infinite", 5000).await;
    db.run("ALTER TABLE t ADD COLUMN n float8; UPDATE t SET n = 1.5 WHERE id = 200; UPDATE t SET n = 'Infinity' WHERE id = 100; UPDATE t SET n = 'NaN' WHERE id = 101")
        .await;
    db.run("VACUUM t").await;
    db.settled().await;
    let first = increment(&db, &[]).await;
    let states = first.states();
    assert_eq!(
        states.last().unwrap()["stream"]["stream_state"]["cursor"],
        "1.5"
    );
    assert_eq!(increment(&db, &states).await.records().len(), 0);
    db.run("INSERT INTO t VALUES (6001, 'new', 2.5)").await;
    assert_eq!(increment(&db, &states).await.column("id"), [6001]);
}
