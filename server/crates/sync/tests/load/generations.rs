//! Only the newest run may keep anything, and a refresh goes on within its generation.

use std::time::Duration;

use serde_json::{Value, json};
use sync::fault::Kind;
use sync::load::{RunOptions, committed_states, resumable_states};
use sync::receipt::Outcome;

use super::world::{
    World, catalog, complete, fenced, ids, lines, record, state, stream, stream_state,
};

fn ids_only() -> Value {
    json!({"id": {"type": "integer"}})
}

#[tokio::test]
async fn a_run_that_was_overtaken_writes_nothing_more() {
    let world = World::new("overtaken").await;
    let catalog = catalog(&[stream("a", &ids_only(), &json!({}))]);
    let mut stale = world.start(&catalog, fenced(1));
    stale
        .feed(&lines(&[ids("a", 0..10), vec![state("a", 1)]]))
        .await;
    stale.until_committed(1).await;
    world
        .load(
            &catalog,
            &lines(&[ids("a", 10..20), vec![state("a", 2), complete("a")]]),
            fenced(2),
        )
        .await
        .result
        .unwrap();
    stale
        .feed(&lines(&[ids("a", 100..200), vec![state("a", 99)]]))
        .await;
    let finished = stale.finish().await;
    assert!(finished.result.is_err());
    assert_eq!(finished.states, [""; 0]);
    assert_eq!(
        world.rows("SELECT count(*), max(id) FROM a").await,
        ["20|19"]
    );
    let saved = committed_states(&world.target, "con_1").await.unwrap();
    assert_eq!(
        saved,
        [serde_json::from_str::<Value>(&stream_state("a", 2)).unwrap()]
    );
}

#[tokio::test]
async fn an_older_or_equal_token_cannot_start() {
    let world = World::new("old_token").await;
    let catalog = catalog(&[stream("a", &ids_only(), &json!({}))]);
    world
        .load(&catalog, &[complete("a")], fenced(5))
        .await
        .result
        .unwrap();
    for token in [5, 4] {
        let fault = world
            .load(&catalog, &ids("a", 0..1), fenced(token))
            .await
            .result
            .unwrap_err();
        assert_eq!(fault.kind, Kind::Cancelled);
    }
    assert_eq!(world.rows("SELECT count(*) FROM a").await, ["0"]);
}

fn refresh(generation: i64) -> airbyte::protocol::ConfiguredAirbyteCatalog {
    catalog(&[stream(
        "a",
        &ids_only(),
        &json!({"generation_id": generation, "minimum_generation_id": generation}),
    )])
}

#[tokio::test]
async fn a_refresh_goes_on_within_its_generation() {
    let world = World::new("resume").await;
    world
        .load(
            &refresh(1),
            &lines(&[ids("a", 0..5), vec![state("a", 5), complete("a")]]),
            fenced(1),
        )
        .await
        .result
        .unwrap();

    let broken = world
        .load(
            &refresh(2),
            &lines(&[ids("a", 10..20), vec![state("a", 20)], ids("a", 20..25)]),
            fenced(2),
        )
        .await
        .result
        .unwrap();
    assert_eq!(broken[0].outcome, Outcome::Incomplete);
    assert_eq!(
        world.rows("SELECT count(*) FROM a").await,
        ["5"],
        "readers still have the old generation"
    );
    let saved = resumable_states(&world.target, "con_1", &refresh(2))
        .await
        .unwrap();
    assert_eq!(
        saved,
        [serde_json::from_str::<Value>(&stream_state("a", 20)).unwrap()]
    );
    assert_eq!(
        resumable_states(&world.target, "con_1", &refresh(3))
            .await
            .unwrap(),
        [Value::Null; 0],
        "another generation starts from scratch"
    );

    let receipts = world
        .load(
            &refresh(2),
            &lines(&[ids("a", 20..30), vec![state("a", 30), complete("a")]]),
            fenced(3),
        )
        .await
        .result
        .unwrap();
    assert_eq!(
        (
            receipts[0].problem(),
            receipts[0].resumed,
            receipts[0].rows_after
        ),
        (None, 10, 20)
    );
    assert_eq!(
        world.rows("SELECT count(*), min(id), max(id) FROM a").await,
        ["20|10|29"]
    );
}

/// The state of a source that could not go on.
fn nothing_read() -> String {
    r#"{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"a"},"stream_state":null}}}"#
        .to_owned()
}

#[tokio::test]
async fn a_source_that_begins_anew_has_the_rows_of_the_earlier_attempt_thrown_away() {
    let world = World::new("anew").await;
    let earlier = lines(&[ids("a", 0..10), vec![state("a", 10)]]);
    world
        .load(&refresh(1), &earlier, fenced(1))
        .await
        .result
        .unwrap();
    // Broken off before anything was committed: what was left is left.
    let still = [vec![nothing_read()], ids("a", 100..105)];
    let never = RunOptions {
        commit_every: Duration::from_hours(1),
        ..fenced(2)
    };
    let mut overtaken = world.start(&refresh(1), never);
    overtaken.feed(&lines(&still)).await;
    let thrown_away = "SELECT 1 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
                       WHERE c.relnamespace = 'load_anew'::regnamespace AND l.mode = 'AccessExclusiveLock' AND l.granted
                         AND c.relname LIKE '\\_tributary\\_new\\_%'";
    while world.rows(thrown_away).await.is_empty() {
        tokio::task::yield_now().await;
    }
    let anew = lines(&[
        vec![nothing_read()],
        ids("a", 200..203),
        vec![state("a", 3), nothing_read(), complete("a")],
    ]);
    let receipts = world
        .load(&refresh(1), &anew, fenced(3))
        .await
        .result
        .unwrap();
    assert!(overtaken.finish().await.result.is_err());
    assert_eq!(
        (
            receipts[0].problem(),
            receipts[0].resumed,
            receipts[0].rows_after
        ),
        (None, 0, 3)
    );
    assert_eq!(
        world.rows("SELECT count(*), min(id), max(id) FROM a").await,
        ["3|200|202"]
    );
}

#[tokio::test]
async fn a_refresh_goes_on_in_columns_that_were_made_to_fit_a_view() {
    let world = World::new("resume_view").await;
    let typed = |generation: i64, kind: &str| {
        let properties = json!({"id": {"type": "integer"}, "x": {"type": kind}});
        let generations = json!({"generation_id": generation, "minimum_generation_id": generation});
        catalog(&[stream("a", &properties, &generations)])
    };
    let row = |id: i64, x: Value| record("a", &json!({"id": id, "x": x}));
    world
        .load(
            &typed(1, "string"),
            &[row(1, json!("one")), complete("a")],
            fenced(1),
        )
        .await
        .result
        .unwrap();
    world.run("CREATE VIEW seen AS SELECT id, x FROM a").await;
    let numbers = typed(2, "integer");
    world
        .load(&numbers, &[row(1, json!(10)), state("a", 1)], fenced(2))
        .await
        .result
        .unwrap();
    let receipts = world
        .load(&numbers, &[row(2, json!(20)), complete("a")], fenced(3))
        .await
        .result
        .unwrap();
    assert_eq!(receipts[0].problem(), None);
    assert_eq!(
        world.rows("SELECT id, x FROM seen ORDER BY 1").await,
        ["1|10", "2|20"]
    );
}

#[tokio::test]
async fn what_an_earlier_generation_has_left_is_thrown_away() {
    let world = World::new("thrown_away").await;
    world
        .load(
            &refresh(3),
            &lines(&[ids("a", 70..80), vec![state("a", 80)]]),
            fenced(4),
        )
        .await
        .result
        .unwrap();
    let receipts = world
        .load(
            &refresh(4),
            &lines(&[ids("a", 0..3), vec![complete("a")]]),
            fenced(5),
        )
        .await
        .result
        .unwrap();
    assert_eq!(
        (receipts[0].resumed, receipts[0].rows_after),
        (0, 3),
        "what generation 3 left is thrown away"
    );
}

#[tokio::test]
async fn a_full_refresh_that_is_complete_leaves_no_state_to_go_on_from() {
    let world = World::new("full_done").await;
    let catalog = catalog(&[stream(
        "a",
        &ids_only(),
        &json!({"sync_mode": "full_refresh"}),
    )]);
    let finished = world
        .load(
            &catalog,
            &lines(&[ids("a", 0..5), vec![state("a", 5), complete("a")]]),
            fenced(1),
        )
        .await;
    assert_eq!(
        finished.states,
        [stream_state("a", 5)],
        "it is echoed all the same"
    );
    assert_eq!(
        committed_states(&world.target, "con_1").await.unwrap(),
        [Value::Null; 0]
    );
}
