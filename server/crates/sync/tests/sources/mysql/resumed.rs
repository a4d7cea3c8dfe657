//! Reads that are cut off and gone on with, up to the destination: no row is missing there, and none is there twice.

use airbyte::protocol::{ConfiguredAirbyteCatalog, DestinationSyncMode, SyncMode};
use serde_json::json;
use sync::load::resumable_states;

use super::{SOURCE, database::Database, only_stream};
use crate::database::Database as Destination;
use crate::harness::{configured, local, whole};
use crate::loading::{Move, target};

/// The rows that have arrived: how many, and how many different ones.
async fn arrived(destination: &Destination) -> [i64; 2] {
    let sql = "SELECT count(*), count(DISTINCT id) FROM arrived.t";
    let row = destination.client.query_one(sql, &[]).await.unwrap();
    [0, 1].map(|at| row.get(at))
}

#[tokio::test]
async fn a_key_that_is_dropped_meanwhile_leaves_no_row_twice() {
    // Some 200 bytes a row: a chunk of them is 10 MB.
    const MORE_THAN_A_CHUNK: usize = 14_000_000;
    let db = Database::create("key_dropped");
    db.run("CREATE TABLE t (id INT PRIMARY KEY, filler CHAR(60)); INSERT INTO t SELECT seq, REPEAT('x', 60) FROM seq_1_to_120000");
    let destination = Destination::create("mysql_key_dropped_to").await;
    let target = target(&destination);
    let moving = Move {
        source: &SOURCE,
        config: &db.config,
        target: &target,
    };
    let mut catalog = whole(SOURCE.discover(&db.config, &local()).await.unwrap());
    catalog.streams[0].destination_sync_mode = DestinationSyncMode::Overwrite;
    catalog.streams[0].minimum_generation_id = catalog.streams[0].generation_id;
    moving.some(&catalog, 1, MORE_THAN_A_CHUNK).await;
    let states = resumable_states(&target, "con", &catalog).await.unwrap();
    assert_eq!(states[0]["stream"]["stream_state"]["key"], json!(["50000"]));

    db.run("ALTER TABLE t DROP PRIMARY KEY");
    let receipts = moving.all(&catalog, 2).await.unwrap();
    assert_eq!(receipts[0].resumed, 0, "{:?}", receipts[0]);
    assert_eq!(arrived(&destination).await, [120_000, 120_000]);
}

#[tokio::test]
async fn rows_without_a_cursors_value_arrive_once() {
    // Some 200 bytes a row: 50,000 of them are 10 MB, all without a value are 14 MB.
    const AMONG_THOSE_WITHOUT: usize = 12_400_000;
    let db = Database::create("null_cursor");
    db.run("CREATE TABLE t (id INT, filler CHAR(60), at DATETIME NULL); INSERT INTO t SELECT seq, REPEAT('x', 60), IF(seq > 70000, '2024-01-01', NULL) FROM seq_1_to_70010");
    let destination = Destination::create("mysql_null_cursor_to").await;
    let target = target(&destination);
    let moving = Move {
        source: &SOURCE,
        config: &db.config,
        target: &target,
    };
    let stream = only_stream(&db.config).await;
    let catalog = ConfiguredAirbyteCatalog {
        streams: vec![configured(stream, SyncMode::Incremental, &["at"])],
    };
    moving.some(&catalog, 1, AMONG_THOSE_WITHOUT).await;
    moving.all(&catalog, 2).await.unwrap();
    assert_eq!(arrived(&destination).await, [70_010, 70_010]);
}
