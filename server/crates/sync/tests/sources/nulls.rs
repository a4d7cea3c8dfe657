//! Rows without a value in the cursor's column, in the PostgreSQL source: they are read once, whatever is interrupted.

use std::collections::BTreeSet;
use std::time::Duration;

use airbyte::protocol::{ConfiguredAirbyteCatalog, SyncMode};
use serde_json::{Value, json};
use sync::connector::Connector;

use crate::database::Database;
use crate::harness::{Outcome, configured, local, read};

const SOURCE: Connector = Connector::Postgres;

/// Reads what is new by the cursor `n`.
async fn increment(db: &Database, states: &[Value]) -> Outcome {
    by(db, "n", states).await
}

async fn by(db: &Database, cursor: &str, states: &[Value]) -> Outcome {
    let mut catalog = SOURCE.discover(&db.config, &local()).await.unwrap();
    let catalog = ConfiguredAirbyteCatalog {
        streams: vec![configured(
            catalog.streams.remove(0),
            SyncMode::Incremental,
            &[cursor],
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
    let at = |state: &Value| state["stream"]["stream_state"]["cursor"].clone();
    let cursors: Vec<Value> = states.iter().map(at).collect();
    assert_eq!(cursors, [json!(null), json!("110000"), json!("120000")]);
    let mut kept = 0;
    for (at, state) in states.iter().enumerate() {
        // What a destination has of a read that broke off behind this state, and of the next one.
        let counted = state["sourceStats"]["recordCount"].as_f64().unwrap();
        kept += counted.to_string().parse::<usize>().unwrap();
        let mut ids = first.column("id")[..kept].to_vec();
        ids.extend(increment(&db, &states[..=at]).await.column("id"));
        let distinct: BTreeSet<i64> = ids.iter().filter_map(Value::as_i64).collect();
        assert_eq!((ids.len(), distinct.len()), (120_000, 120_000), "{state}");
    }
}

/// Temporary files that the sessions of a database have needed, when all but this one are over.
async fn temporary_files(db: &Database) -> i64 {
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    let number = async |sql: &str| -> i64 { db.client.query_one(sql, &[]).await.unwrap().get(0) };
    while number(others).await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    number("SELECT temp_files FROM pg_stat_database WHERE datname = current_database()").await
}

#[tokio::test]
async fn an_index_of_the_cursor_spares_the_server_to_sort() {
    let db = Database::create("cursor_indexed").await;
    db.run(
        "CREATE TABLE t (id int, n int, m int NOT NULL);
            INSERT INTO t SELECT n, CASE WHEN n > 9 THEN n END, n FROM generate_series(1, 60000) n;
            CREATE INDEX ON t (n); CREATE INDEX ON t (m); ANALYZE t;
            ALTER DATABASE sync_source_cursor_indexed SET work_mem = '1MB';
            ALTER DATABASE sync_source_cursor_indexed SET enable_sort = off",
    )
    .await;
    let before = temporary_files(&db).await;
    for cursor in ["n", "m"] {
        let read = by(&db, cursor, &[]).await;
        let ids: Vec<i64> = (1..=60_000).collect();
        assert_eq!(read.column("id"), ids, "{cursor}");
    }
    assert_eq!(temporary_files(&db).await, before, "a sort would need some");
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
