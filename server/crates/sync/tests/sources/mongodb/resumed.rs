//! Reads that go on, or cannot: what an earlier attempt has left is kept or thrown away, never doubled.

use airbyte::protocol::{AirbyteMessage, AirbyteStateMessage, SyncMode};
use bson::doc;
use serde_json::json;

use super::stand_in::{Setup, StandIn};
use super::{only_stream, read_one, started};

#[tokio::test]
async fn what_has_no_keys_any_more_is_read_anew() {
    let server = started().await;
    server.insert("c", (1..=3).map(|n| doc! {"_id": n}));
    let config = server.config();
    let stream = only_stream(&config).await;
    let place = json!({"read": "by_key", "field": "_id", "last": {"$numberInt": "2"}, "count": 1});
    let left = AirbyteStateMessage::for_stream(stream.descriptor(), place);
    let left = [serde_json::to_value(left).unwrap()];
    let on = read_one(&config, stream.clone(), SyncMode::FullRefresh, &[], &left).await;
    assert_eq!(on.column("_id"), [3]);

    {
        let mut store = server.store.lock().unwrap();
        let shop = store.databases.get_mut("shop").unwrap();
        shop.get_mut("c").unwrap().kind = "view";
    }
    let anew = read_one(&config, stream, SyncMode::FullRefresh, &[], &left).await;
    assert_eq!(anew.column("_id"), [1, 2, 3]);
    let said = |message: &AirbyteMessage| match message {
        AirbyteMessage::State { state } => {
            Some(state.stream.as_ref().unwrap().stream_state.is_none())
        }
        AirbyteMessage::Record { .. } => Some(false),
        _ => None,
    };
    let first = anew.messages.iter().find_map(said);
    assert_eq!(first, Some(true), "what was left does not count");
}

#[tokio::test]
async fn there_is_no_place_among_documents_without_a_value() {
    let server = StandIn::start(Setup {
        batch: 10_000,
        ..Setup::default()
    })
    .await;
    server.insert("c", [doc! {"_id": 0_i32, "n": 1_i32}]);
    let stream = only_stream(&server.config()).await;
    server.insert("c", (1..=60_000).map(|n| doc! {"_id": n}));
    let first = read_one(&server.config(), stream, SyncMode::Incremental, &["n"], &[]).await;
    assert_eq!(first.records().len(), 60_001);
    for state in first.states() {
        let last = &state["stream"]["stream_state"]["last"];
        assert_eq!(*last, json!({"$numberInt": "1"}), "{state}");
    }
}
