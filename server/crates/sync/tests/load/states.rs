//! A state is kept exactly when the rows before it are, and only the newest run may keep anything.

use std::time::Duration;

use serde_json::{Value, json};
use sync::load::{Namespaces, RunOptions, committed_states};
use sync::receipt::Outcome;

use super::world::{
    World, at_every_state, catalog, complete, fenced, ids, lines, state, stream, stream_state,
};

fn ids_only() -> Value {
    json!({"id": {"type": "integer"}})
}

fn two_streams() -> airbyte::protocol::ConfiguredAirbyteCatalog {
    catalog(&[
        stream("a", &ids_only(), &json!({})),
        stream("b", &ids_only(), &json!({})),
    ])
}

#[tokio::test]
async fn rows_behind_the_last_state_are_left_to_the_next_run() {
    let world = World::new("half_way").await;
    let catalog = catalog(&[stream("a", &ids_only(), &json!({}))]);
    let finished = world
        .load(
            &catalog,
            &lines(&[ids("a", 0..10), vec![state("a", 10)], ids("a", 10..15)]),
            at_every_state(),
        )
        .await;
    let receipts = finished.result.unwrap();
    assert_eq!(finished.states, [stream_state("a", 10)]);
    assert_eq!(
        (
            receipts[0].outcome,
            receipts[0].read,
            receipts[0].written,
            receipts[0].discarded
        ),
        (Outcome::Incomplete, 15, 10, 5)
    );
    assert_eq!(world.rows("SELECT count(*) FROM a").await, ["10"]);
    // The next run reads from 10 on.
    world
        .load_well(
            &catalog,
            &lines(&[ids("a", 10..20), vec![state("a", 20), complete("a")]]),
        )
        .await;
    assert_eq!(
        world
            .rows("SELECT count(*), count(DISTINCT id) FROM a")
            .await,
        ["20|20"]
    );
}

#[tokio::test]
async fn a_large_half_way_load_leaves_no_row_without_its_state() {
    let world = World::new("large_half_way").await;
    let catalog = catalog(&[stream("a", &ids_only(), &json!({}))]);
    // Far more than a buffer, so rows run ahead of their state into the open transaction.
    let finished = world
        .load(
            &catalog,
            &lines(&[
                ids("a", 0..20_000),
                vec![state("a", 1)],
                ids("a", 20_000..60_000),
            ]),
            at_every_state(),
        )
        .await;
    assert_eq!(finished.states, [stream_state("a", 1)]);
    assert_eq!(world.rows("SELECT count(*) FROM a").await, ["20000"]);
}

#[tokio::test]
async fn states_come_back_untouched_and_in_order_when_streams_are_mixed() {
    let world = World::new("mixed").await;
    let mut all = Vec::new();
    for turn in 0..20 {
        all.extend(ids("a", turn * 10..turn * 10 + 10));
        all.extend(ids("b", turn * 10..turn * 10 + 5));
        all.push(state("b", turn));
        all.extend(ids("b", turn * 10 + 5..turn * 10 + 10));
        all.push(state("a", turn));
    }
    let finished = world
        .load(
            &two_streams(),
            &lines(&[all, vec![complete("a"), complete("b")]]),
            at_every_state(),
        )
        .await;
    assert!(
        finished
            .result
            .unwrap()
            .iter()
            .all(|receipt| receipt.problem().is_none())
    );
    let expected: Vec<_> = (0..20)
        .flat_map(|turn| [stream_state("b", turn), stream_state("a", turn)])
        .collect();
    assert_eq!(finished.states, expected);
    assert_eq!(
        world
            .rows("SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b)")
            .await,
        ["200|200"]
    );
}

#[tokio::test]
async fn a_state_of_one_stream_does_not_commit_rows_of_another() {
    let world = World::new("other_rows").await;
    let finished = world
        .load(
            &two_streams(),
            &lines(&[
                ids("a", 0..10),
                ids("b", 0..10),
                vec![state("a", 1)],
                ids("a", 10..20),
            ]),
            at_every_state(),
        )
        .await;
    assert_eq!(finished.states, [stream_state("a", 1)]);
    assert_eq!(world.rows("SELECT count(*) FROM a").await, ["10"]);
    let made: Vec<_> = world
        .tables()
        .await
        .into_iter()
        .filter(|table| table == "b")
        .collect();
    assert!(made.is_empty(), "b has no committed row yet");
}

#[tokio::test]
async fn global_and_legacy_states_cover_every_stream() {
    for (name, raw) in [
        (
            "global",
            r#"{"type":"GLOBAL","global":{"shared_state":{"lsn":7.50},"stream_states":[{"stream_descriptor":{"name":"a"},"stream_state":{}}]}}"#,
        ),
        ("legacy", r#"{"data":{"a":{"at":1}, "b":null}}"#),
    ] {
        let world = World::new(&format!("covers_{name}")).await;
        let message = format!(r#"{{"type":"STATE","state":{raw}}}"#);
        let finished = world
            .load(
                &two_streams(),
                &lines(&[
                    ids("a", 0..10),
                    ids("b", 0..5),
                    vec![message],
                    ids("b", 5..9),
                ]),
                fenced(1),
            )
            .await;
        assert_eq!(finished.states, [raw]);
        assert_eq!(
            world
                .rows("SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b)")
                .await,
            ["10|5"],
            "{name}"
        );
        assert_eq!(
            committed_states(&world.target, "con_1").await.unwrap(),
            [serde_json::from_str::<Value>(raw).unwrap()]
        );
    }
}

#[tokio::test]
async fn the_next_run_finds_the_last_committed_state_of_each_stream() {
    let world = World::new("saved").await;
    assert_eq!(
        committed_states(&world.target, "con_1").await.unwrap(),
        [Value::Null; 0],
        "before the first run there is nothing"
    );
    let all = lines(&[
        ids("a", 0..2),
        vec![state("a", 1), state("b", 1)],
        ids("a", 2..4),
        vec![state("a", 2)],
        ids("b", 0..9),
    ]);
    world
        .load(&two_streams(), &all, fenced(1))
        .await
        .result
        .unwrap();
    let expected = [stream_state("a", 2), stream_state("b", 1)]
        .map(|text| serde_json::from_str::<Value>(&text).unwrap());
    assert_eq!(
        committed_states(&world.target, "con_1").await.unwrap(),
        expected
    );
    assert_eq!(
        committed_states(&world.target, "con_2").await.unwrap(),
        [Value::Null; 0],
        "another connection has its own"
    );
    let grants = world.rows("SELECT count(*) FROM information_schema.role_table_grants WHERE table_schema = 'load_saved' AND table_name LIKE '\\_tributary%' AND grantee <> grantor").await;
    assert_eq!(grants, ["0"], "nobody else reads them");
}

#[tokio::test]
async fn states_of_a_source_that_is_silent_do_not_wait_for_its_next_word() {
    let world = World::new("silent").await;
    let options = RunOptions {
        commit_every: Duration::from_millis(50),
        ..RunOptions::default()
    };
    let mut load = world.start(&two_streams(), options);
    load.feed(&lines(&[ids("a", 0..3), vec![state("a", 1)]]))
        .await;
    assert_eq!(load.until_committed(1).await, [stream_state("a", 1)]);
    assert_eq!(
        world.rows("SELECT count(*) FROM a").await,
        ["3"],
        "the source has not said another word"
    );
    load.finish().await.result.unwrap();
}

#[tokio::test]
async fn streams_of_one_name_in_two_namespaces_do_not_mix() {
    let world = World::new("namespaces").await;
    world
        .run("DROP SCHEMA IF EXISTS load_ns_one CASCADE; DROP SCHEMA IF EXISTS load_ns_two CASCADE")
        .await;
    let in_namespace = |namespace: &str| {
        let mut stream = stream("a", &ids_only(), &json!({}));
        stream["stream"]["namespace"] = json!(namespace);
        stream
    };
    let record = |namespace: &str, id: i64| {
        json!({"type": "RECORD", "record": {"stream": "a", "namespace": namespace, "data": {"id": id}, "emitted_at": 1}}).to_string()
    };
    let done = |namespace: &str| {
        json!({"type": "TRACE", "trace": {"type": "STREAM_STATUS", "emitted_at": 1.0, "stream_status": {"stream_descriptor": {"name": "a", "namespace": namespace}, "status": "COMPLETE"}}}).to_string()
    };
    let both = catalog(&[in_namespace("load_ns_one"), in_namespace("load_ns_two")]);
    let lines = [
        record("load_ns_one", 1),
        record("load_ns_two", 2),
        record("load_ns_one", 3),
        done("load_ns_one"),
        done("load_ns_two"),
    ];
    let options = RunOptions {
        namespaces: Namespaces::Schemas,
        ..RunOptions::default()
    };
    world.load(&both, &lines, options).await.result.unwrap();
    assert_eq!(world.rows("SELECT id FROM load_ns_one.a").await, ["1", "3"]);
    assert_eq!(world.rows("SELECT id FROM load_ns_two.a").await, ["2"]);
    world.load_well(&both, &lines).await;
    assert_eq!(
        world
            .rows("SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM a_1)")
            .await,
        ["2|1"],
        "in one schema the second gets a name of its own"
    );
    world
        .run("DROP SCHEMA load_ns_one, load_ns_two CASCADE")
        .await;
}

#[tokio::test]
async fn many_streams_mixed_without_states_stay_within_memory_and_arrive_whole() {
    let world = World::new("spill").await;
    let wide = json!({"id": {"type": "integer"}, "text": {"type": "string"}});
    let names = ["a", "b", "c"];
    let catalog = catalog(&names.map(|name| stream(name, &wide, &json!({}))));
    let text = "x".repeat(2000);
    let mut load = world.start(&catalog, at_every_state());
    for id in 0..8000 {
        let turn: Vec<_> = names
            .iter()
            .map(|name| super::world::record(name, &json!({"id": id, "text": text})))
            .collect();
        load.feed(&turn).await;
    }
    load.feed(&names.map(complete)).await;
    let receipts = load.finish().await.result.unwrap();
    for receipt in &receipts {
        assert_eq!((receipt.problem(), receipt.rows_after), (None, 8000));
    }
    assert_eq!(world.tables().await, names, "no staging table is left");
}

/// "tuple concurrently updated": several runs made the state tables of a new schema and locked them away at one moment.
#[tokio::test(flavor = "multi_thread")]
async fn first_runs_of_one_schema_do_not_disturb_each_other() {
    let world = World::new("crowded").await;
    // As a tenant's: what is made in it may be read by others, unless it is locked away.
    world
        .run("CREATE SCHEMA load_crowded; ALTER DEFAULT PRIVILEGES IN SCHEMA load_crowded GRANT SELECT ON TABLES TO PUBLIC")
        .await;
    let loads: Vec<_> = (0..12)
        .map(|number| {
            let name = format!("t{number}");
            let catalog = catalog(&[stream(&name, &ids_only(), &json!({}))]);
            let mut options = fenced(1);
            if let Some(fence) = &mut options.fence {
                fence.key = format!("con_{number}");
            }
            (world.start(&catalog, options), name)
        })
        .collect();
    for (mut load, name) in loads {
        load.feed(&lines(&[
            ids(&name, 0..3),
            vec![state(&name, 3), complete(&name)],
        ]))
        .await;
        load.finish().await.result.unwrap();
        let count = format!("SELECT count(*) FROM {name}");
        assert_eq!(world.rows(&count).await, ["3"]);
    }
}
