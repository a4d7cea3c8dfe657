//! Values of several kinds in one field, up to the destination: numbers stay exact, and no two keys become one.

use airbyte::protocol::{AirbyteStream, ConfiguredAirbyteCatalog, DestinationSyncMode, SyncMode};
use bson::doc;
use bson::oid::ObjectId;
use serde_json::json;
use sync::fault::Kind;

use super::{SOURCE, only_stream, started};
use crate::database::Database;
use crate::harness::{configured, local, read};
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
async fn an_id_and_a_text_that_is_spelled_like_it_are_two_rows() {
    let server = started().await;
    let id = "5f0000000000000000000001";
    server.insert(
        "c",
        [
            doc! {"_id": ObjectId::parse_str(id).unwrap(), "n": 1_i32},
            doc! {"_id": id, "n": 2_i32},
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
    for run in [1, 2] {
        moving.all(&catalog, run).await.unwrap();
        let keys = texts(&destination, "SELECT _id FROM arrived.c ORDER BY n").await;
        let quoted = format!("\"{id}\"");
        assert_eq!(keys, [id, quoted.as_str(), "anna"], "run {run}");
    }
}

#[tokio::test]
async fn a_column_of_numbers_is_no_place_for_a_text() {
    let server = started().await;
    server.insert("c", [doc! {"_id": 1_i32}]);
    let config = server.config();
    let catalog = into(only_stream(&config).await, DestinationSyncMode::AppendDedup);
    server.insert("c", [doc! {"_id": "1"}]);
    let outcome = read(&SOURCE, &config, &catalog, &[], &local()).await;
    assert_eq!(outcome.records().len(), 0);
    let fault = outcome.result.unwrap_err();
    assert_eq!(fault.kind, Kind::Config, "{fault}");
    assert_eq!(fault.field.as_deref(), Some("discover_sample_size"));
    // Looked at again, they are told apart.
    let again = into(only_stream(&config).await, DestinationSyncMode::AppendDedup);
    let outcome = read(&SOURCE, &config, &again, &[], &local()).await;
    assert_eq!(outcome.column("_id"), [json!(1), json!("1")]);
}
