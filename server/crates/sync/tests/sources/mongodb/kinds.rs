//! Values of several kinds in one field, up to the destination: numbers stay exact, and no two keys become one.

use airbyte::protocol::{AirbyteStream, ConfiguredAirbyteCatalog, DestinationSyncMode, SyncMode};
use bson::doc;
use bson::oid::ObjectId;
use serde_json::json;

use super::{SOURCE, only_stream, started};
use crate::database::Database;
use crate::gone::read_and_listen;
use crate::harness::configured;
use crate::loading::{Move, target};

fn into(stream: AirbyteStream, mode: DestinationSyncMode) -> ConfiguredAirbyteCatalog {
    let mut stream = configured(stream, SyncMode::FullRefresh, &[]);
    stream.destination_sync_mode = mode;
    ConfiguredAirbyteCatalog {
        streams: vec![stream],
    }
}

/// The first column of an answer.
async fn texts(destination: &Database, sql: &str) -> Vec<String> {
    let rows = destination.client.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_field_of_whole_numbers_takes_fractions_later() {
    let server = started().await;
    server.insert("c", [doc! {"_id": 1_i32, "n": 1_i32}]);
    let config = server.config();
    let stream = only_stream(&config).await;
    let destination = Database::create("mongodb_numbers_to").await;
    let target = target(&destination);
    let moving = Move {
        source: &SOURCE,
        config: &config,
        target: &target,
    };
    // A connection from the time when such a field was declared to be of whole numbers.
    let mut of_old = stream.clone();
    of_old.json_schema["properties"]["n"] = json!({"type": ["null", "integer"]});
    server.insert("c", [doc! {"_id": 2_i32, "n": 9_007_199_254_740_993_i64}]);
    let old = into(of_old, DestinationSyncMode::Append);
    moving.all(&old, 1).await.unwrap();

    server.insert("c", [doc! {"_id": 3_i32, "n": 1.5}]);
    let new = into(stream, DestinationSyncMode::Append);
    moving.all(&new, 2).await.unwrap();
    let numbers = texts(&destination, "SELECT n::text FROM arrived.c ORDER BY n").await;
    let large = "9007199254740993";
    assert_eq!(numbers, ["1", "1", "1.5", large, large]);
}

#[tokio::test]
async fn a_key_keeps_its_spelling_whatever_other_keys_come_and_go() {
    let server = started().await;
    let (text, id) = ("5f0000000000000000000001", "5f0000000000000000000002");
    server.insert(
        "c",
        [
            doc! {"_id": text, "n": 1_i32},
            doc! {"_id": "anna", "n": 3_i32},
        ],
    );
    let config = server.config();
    let destination = Database::create("mongodb_keys_to").await;
    let target = target(&destination);
    let moving = Move {
        source: &SOURCE,
        config: &config,
        target: &target,
    };
    let catalog = into(only_stream(&config).await, DestinationSyncMode::AppendDedup);
    moving.all(&catalog, 1).await.unwrap();
    let (_, warnings) = read_and_listen(&SOURCE, &config, &catalog, &[]).await;
    assert_eq!(warnings, [""; 0], "there are no keys but texts");

    // A key of another kind comes, and every document is read again.
    server.insert(
        "c",
        [doc! {"_id": ObjectId::parse_str(id).unwrap(), "n": 2_i32}],
    );
    moving.all(&catalog, 2).await.unwrap();
    let keys = texts(&destination, "SELECT _id FROM arrived.c ORDER BY n").await;
    assert_eq!(keys, [text, id, "anna"], "none is doubled");
    let (_, warnings) = read_and_listen(&SOURCE, &config, &catalog, &[]).await;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].starts_with("1 document of “c” has a text as key"),
        "{warnings:?}"
    );

    // It goes again.
    server
        .store
        .lock()
        .unwrap()
        .databases
        .get_mut("shop")
        .unwrap()
        .get_mut("c")
        .unwrap()
        .documents
        .pop();
    moving.all(&catalog, 3).await.unwrap();
    let keys = texts(&destination, "SELECT _id FROM arrived.c ORDER BY n").await;
    assert_eq!(keys, [text, id, "anna"]);
}

#[tokio::test]
async fn a_text_among_keys_that_are_numbers_stops_nothing_and_is_told() {
    let server = started().await;
    server.insert("c", [doc! {"_id": 1_i32, "n": 1_i32}]);
    let config = server.config();
    let catalog = into(only_stream(&config).await, DestinationSyncMode::AppendDedup);
    server.insert("c", [doc! {"_id": "counter", "n": 2_i32}]);
    let (outcome, warnings) = read_and_listen(&SOURCE, &config, &catalog, &[]).await;
    assert_eq!(outcome.result, Ok(()));
    assert_eq!(outcome.column("_id"), [json!(1), json!("counter")]);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    for words in [
        "1 document of “c” has a key",
        "takes numbers",
        "becomes NULL",
    ] {
        assert!(warnings[0].contains(words), "{warnings:?}");
    }

    let destination = Database::create("mongodb_misfits_to").await;
    let target = target(&destination);
    let moving = Move {
        source: &SOURCE,
        config: &config,
        target: &target,
    };
    moving.all(&catalog, 1).await.unwrap();
    let rows = "SELECT coalesce(_id::text, 'none') FROM arrived.c ORDER BY n";
    assert_eq!(texts(&destination, rows).await, ["1", "none"]);
}
