//! Rows without a value in the cursor's column, in the PostgreSQL source: they are read once, whatever is interrupted.

use std::collections::BTreeSet;

use airbyte::protocol::{ConfiguredAirbyteCatalog, SyncMode};
use serde_json::Value;
use sync::connector::Connector;

use crate::database::Database;
use crate::harness::{Outcome, configured, local, read};

const SOURCE: Connector = Connector::Postgres;

/// Reads what is new by the cursor `n`.
async fn increment(db: &Database, states: &[Value]) -> Outcome {
    let mut catalog = SOURCE.discover(&db.config, &local()).await.unwrap();
    let catalog = ConfiguredAirbyteCatalog {
        streams: vec![configured(
            catalog.streams.remove(0),
            SyncMode::Incremental,
            &["n"],
        )],
    };
    let outcome = read(&SOURCE, &db.config, &catalog, states, &local()).await;
    assert_eq!(outcome.result, Ok(()));
    outcome
}

#[tokio::test]
async fn none_is_missing_and_none_comes_twice_after_an_interruption() {
    let db = Database::create("cursor_interrupted").await;
    db.run("CREATE TABLE t (id int, n int); INSERT INTO t SELECT n, CASE WHEN n > 60000 THEN n END FROM generate_series(1, 120000) n")
        .await;
    let first = increment(&db, &[]).await;
    let states = first.states();
    let cursor = &states[0]["stream"]["stream_state"]["cursor"];
    assert_eq!(cursor, "60001", "no place among those without a value");
    let kept = states[0]["sourceStats"]["recordCount"].as_f64().unwrap();
    let kept: usize = kept.to_string().parse().unwrap();
    // What a destination has of a read that broke off behind the first state, and of the next one.
    let mut ids = first.column("id")[..kept].to_vec();
    ids.extend(increment(&db, &states[..1]).await.column("id"));
    let distinct: BTreeSet<i64> = ids.iter().filter_map(Value::as_i64).collect();
    assert_eq!((ids.len(), distinct.len()), (120_000, 120_000));
}

#[tokio::test]
async fn they_come_again_only_when_their_number_changed() {
    let db = Database::create("cursor_nulls").await;
    db.run("CREATE TABLE t (id int, n int); INSERT INTO t VALUES (1, NULL), (2, NULL)")
        .await;
    let first = increment(&db, &[]).await;
    assert_eq!(first.column("id"), [1, 2]);
    let second = increment(&db, &first.states()).await;
    assert_eq!(second.column("id"), [0; 0], "they were read");
    db.run("INSERT INTO t VALUES (3, NULL)").await;
    let third = increment(&db, &second.states()).await;
    assert_eq!(
        third.column("id"),
        [1, 2, 3],
        "which of them is new, nobody can tell"
    );
    db.run("INSERT INTO t VALUES (4, 7)").await;
    let fourth = increment(&db, &third.states()).await;
    assert_eq!(fourth.column("id"), [4]);
    let fifth = increment(&db, &fourth.states()).await;
    assert_eq!(fifth.column("id"), [0; 0]);
}
