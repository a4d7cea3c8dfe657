//! Each stream's receipt adds up against the table itself.

use serde_json::json;
use sync::load::RunOptions;

use super::world::{World, catalog, complete, ids, lines, record, state, stream};

#[tokio::test]
async fn a_receipt_tells_what_happened_to_every_record() {
    let world = World::new("receipt").await;
    let settings = json!({"destination_sync_mode": "append_dedup", "primary_key": [["id"]]});
    let catalog = catalog(&[stream(
        "items",
        &json!({"id": {"type": "integer"}}),
        &settings,
    )]);
    world
        .load_well(
            &catalog,
            &lines(&[ids("items", 0..100), vec![complete("items")]]),
        )
        .await;
    let receipts = world
        .load_well(
            &catalog,
            &lines(&[
                ids("items", 50..150),
                ids("items", 140..150),
                vec![complete("items")],
            ]),
        )
        .await;
    let receipt = &receipts[0];
    assert_eq!(
        (
            receipt.read,
            receipt.written,
            receipt.inserted,
            receipt.updated,
            receipt.superseded
        ),
        (110, 110, 50, 50, 10)
    );
    assert_eq!((receipt.rows_before, receipt.rows_after), (100, 150));
}

#[tokio::test]
async fn values_that_are_lost_are_counted_whoever_lost_them() {
    let world = World::new("nulled").await;
    let properties = json!({"id": {"type": "integer"}, "ratio": {"type": "number"}});
    let catalog = catalog(&[stream("items", &properties, &json!({}))]);
    let by_the_source = r#"{"type":"RECORD","record":{"stream":"items","data":{"id":1,"ratio":null},"emitted_at":1,"meta":{"changes":[{"field":"ratio","change":"NULLED","reason":"SOURCE_SERIALIZATION_ERROR"}]}}}"#;
    let here = record("items", &json!({"id": 2, "ratio": "none"}));
    let lines = [by_the_source.to_owned(), here, complete("items")];
    let receipts = world.load_well(&catalog, &lines).await;
    assert_eq!((receipts[0].written, receipts[0].nulled), (2, 2));
    assert_eq!(
        world
            .rows("SELECT id, _airbyte_meta->'changes'->0->>'reason' FROM items ORDER BY id")
            .await,
        [
            "1|SOURCE_SERIALIZATION_ERROR",
            "2|DESTINATION_SERIALIZATION_ERROR"
        ]
    );
}

#[tokio::test]
async fn rows_somebody_takes_away_meanwhile_turn_the_receipt_red() {
    let world = World::new("stolen").await;
    let catalog = catalog(&[stream(
        "items",
        &json!({"id": {"type": "integer"}}),
        &json!({}),
    )]);
    world
        .load_well(
            &catalog,
            &lines(&[ids("items", 0..10), vec![complete("items")]]),
        )
        .await;
    let mut load = world.start(&catalog, super::world::at_every_state());
    load.feed(&lines(&[ids("items", 10..20), vec![state("items", 1)]]))
        .await;
    load.until_committed(1).await;
    world.run("DELETE FROM items WHERE id < 3").await;
    load.feed(&[complete("items")]).await;
    let receipts = load.finish().await.result.unwrap();
    assert!(
        receipts[0]
            .problem()
            .is_some_and(|problem| problem.contains("17 rows")),
        "{:#?}",
        receipts[0]
    );
}

#[tokio::test]
async fn records_nobody_asked_for_are_left_out_and_told_once() {
    let world = World::new("strangers").await;
    let catalog = catalog(&[stream(
        "items",
        &json!({"id": {"type": "integer"}}),
        &json!({}),
    )]);
    let finished = world
        .load(
            &catalog,
            &lines(&[
                ids("items", 0..3),
                ids("others", 0..3),
                vec!["Loading…".to_owned(), String::new(), complete("items")],
            ]),
            RunOptions::default(),
        )
        .await;
    let receipts = finished.result.unwrap();
    assert_eq!((receipts[0].problem(), receipts[0].read), (None, 3));
    assert_eq!(
        finished
            .logs
            .iter()
            .filter(|line| line.contains("“others”"))
            .count(),
        1
    );
    assert!(
        finished.logs.contains(&"Loading…".to_owned()),
        "what is no message is a log line"
    );
}

#[tokio::test]
async fn a_source_that_miscounts_is_told_about() {
    let world = World::new("miscount").await;
    let catalog = catalog(&[stream(
        "items",
        &json!({"id": {"type": "integer"}}),
        &json!({}),
    )]);
    let claim = r#"{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"items"},"stream_state":{}},"sourceStats":{"recordCount":4.0}}}"#.to_owned();
    let finished = world
        .load(
            &catalog,
            &lines(&[ids("items", 0..3), vec![claim, complete("items")]]),
            RunOptions::default(),
        )
        .await;
    assert!(
        finished
            .logs
            .iter()
            .any(|line| line.contains("sent 4 records") && line.contains("3 arrived")),
        "{:?}",
        finished.logs
    );
}
