//! What goes wrong around a load, and that nothing is lost or doubled by it.

use secrecy::SecretString;
use serde_json::json;
use sync::fault::{Fault, Kind};
use sync::load::{RunOptions, Target, check};

use super::world::{
    World, at_every_state, catalog, complete, fenced, ids, lines, record, state, stream,
    stream_state,
};

fn items() -> airbyte::protocol::ConfiguredAirbyteCatalog {
    catalog(&[stream(
        "items",
        &json!({"id": {"type": "integer"}}),
        &json!({}),
    )])
}

#[tokio::test]
async fn a_backend_that_is_killed_mid_load_loses_and_doubles_nothing() {
    let world = World::new("killed").await;
    let mut load = world.start(&items(), fenced(1));
    load.feed(&lines(&[ids("items", 0..1000), vec![state("items", 1)]]))
        .await;
    load.until_committed(1).await;
    load.feed(&ids("items", 1000..30_000)).await;
    world
        .run("SELECT pg_terminate_backend(backend, 10000) FROM _tributary_fence")
        .await;
    load.feed(&lines(&[
        ids("items", 30_000..60_000),
        vec![state("items", 2)],
    ]))
    .await;
    let finished = load.finish().await;
    let fault = finished.result.unwrap_err();
    assert_eq!(fault.kind, Kind::Unreachable);
    assert!(
        fault.message.contains("goes on from the last saved state"),
        "{fault}"
    );
    assert_eq!(world.rows("SELECT count(*) FROM items").await, ["1000"]);
    let saved = sync::load::committed_states(&world.target, "con_1")
        .await
        .unwrap();
    assert_eq!(
        saved,
        [serde_json::from_str::<serde_json::Value>(&stream_state("items", 1)).unwrap()]
    );
    world
        .load(
            &items(),
            &lines(&[
                ids("items", 1000..60_000),
                vec![state("items", 2), complete("items")],
            ]),
            fenced(2),
        )
        .await
        .result
        .unwrap();
    assert_eq!(
        world
            .rows("SELECT count(*), count(DISTINCT id) FROM items")
            .await,
        ["60000|60000"]
    );
}

#[tokio::test]
async fn a_full_disk_is_told_in_plain_words_and_leaves_whole_commits() {
    let world = World::new("full_disk").await;
    world
        .load_well(
            &items(),
            &lines(&[ids("items", 0..10), vec![complete("items")]]),
        )
        .await;
    // PostgreSQL raises this very state when a write meets a full disk.
    world
        .run(
            "SET search_path = load_full_disk;
             CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
               IF NEW.id >= 500 THEN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END IF; RETURN NEW; END $$;
             CREATE TRIGGER fills BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION disk_full()",
        )
        .await;
    let finished = world
        .load(
            &items(),
            &lines(&[
                ids("items", 10..20),
                vec![state("items", 1)],
                ids("items", 490..510),
                vec![state("items", 2)],
            ]),
            at_every_state(),
        )
        .await;
    let fault = finished.result.unwrap_err();
    assert_eq!(
        (&fault.kind, fault.stream.as_deref()),
        (&Kind::Upstream, Some("items"))
    );
    assert!(fault.message.contains("disk is full"), "{fault}");
    assert!(fault.is_transient(), "the run may be tried again by itself");
    assert_eq!(finished.states, [stream_state("items", 1)]);
    assert_eq!(
        world.rows("SELECT count(*), max(id) FROM items").await,
        ["20|19"]
    );
}

async fn refused(change: impl FnOnce(&mut Target)) -> Fault {
    let world = World::new("refused").await;
    let mut target = world.target.clone();
    change(&mut target);
    check(&target).await.expect_err("the target is refused")
}

#[tokio::test]
async fn what_is_wrong_with_a_target_is_told_at_its_field() {
    let world = World::new("refused_logins").await;
    world
        .run("DROP ROLE IF EXISTS load_nobody; CREATE ROLE load_nobody LOGIN PASSWORD 'right'")
        .await;
    let fault = refused(|target| target.port = 1).await;
    assert_eq!(
        (fault.kind, fault.field.as_deref()),
        (Kind::Unreachable, Some("host"))
    );
    let fault = refused(|target| target.database = "no_such_database".to_owned()).await;
    assert_eq!(
        (fault.kind, fault.field.as_deref()),
        (Kind::Config, Some("database"))
    );
    let fault = refused(|target| target.user = "no_such_role".to_owned()).await;
    assert_eq!(
        (fault.kind, fault.field.as_deref()),
        (Kind::Credentials, Some("password"))
    );
    let fault = refused(|target| {
        target.user = "load_nobody".to_owned();
        target.password = SecretString::from("right".to_owned());
    })
    .await;
    assert_eq!(fault.kind, Kind::Forbidden, "{fault}");
    assert!(
        !format!("{fault:?}").contains("right\""),
        "the password is not in the fault"
    );
    world.run("DROP ROLE load_nobody").await;
}

#[tokio::test]
async fn a_login_with_two_connections_and_no_right_to_make_schemas_or_temporary_tables_is_enough() {
    let world = World::new("tenant").await;
    world
        .run(
            "DROP ROLE IF EXISTS load_tenant; CREATE ROLE load_tenant LOGIN PASSWORD 'x' CONNECTION LIMIT 2;
             CREATE SCHEMA load_tenant; GRANT USAGE, CREATE ON SCHEMA load_tenant TO load_tenant;
             -- A hardened server lets nobody in unasked.
             DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO load_tenant', current_database()); END $$",
        )
        .await;
    let mut target = world.target.clone();
    target.user = "load_tenant".to_owned();
    target.password = SecretString::from("x".to_owned());
    check(&target).await.unwrap();
    let tenant = World {
        target,
        client: world.client,
    };
    let settings = json!({"destination_sync_mode": "append_dedup", "primary_key": [["id"]]});
    let dedup = catalog(&[stream(
        "items",
        &json!({"id": {"type": "integer"}}),
        &settings,
    )]);
    for token in [1, 2] {
        let all = lines(&[
            ids("items", 0..50),
            vec![state("items", token)],
            ids("items", 25..75),
            vec![state("items", token), complete("items")],
        ]);
        let receipts = tenant
            .load(&dedup, &all, fenced(token))
            .await
            .result
            .unwrap();
        assert_eq!((receipts[0].problem(), receipts[0].rows_after), (None, 75));
    }
    tenant
        .run("DROP SCHEMA load_tenant CASCADE; DROP OWNED BY load_tenant; DROP ROLE load_tenant")
        .await;
}

#[tokio::test]
async fn a_rule_somebody_put_on_the_table_is_named_without_showing_the_row() {
    let world = World::new("rule").await;
    world.load_well(&items(), &[complete("items")]).await;
    world.run("ALTER TABLE items ADD CHECK (id < 100)").await;
    let fault = world
        .load(
            &items(),
            &[
                record("items", &json!({"id": 123_456_789})),
                complete("items"),
            ],
            RunOptions::default(),
        )
        .await
        .result
        .unwrap_err();
    assert_eq!(
        (&fault.kind, fault.stream.as_deref()),
        (&Kind::Data, Some("items"))
    );
    assert!(!format!("{fault:?}").contains("123456789"), "{fault:?}");
    assert_eq!(world.rows("SELECT count(*) FROM items").await, ["0"]);
}

#[tokio::test]
async fn a_line_over_the_limit_is_refused_by_the_name_of_its_stream() {
    let world = World::new("long_line").await;
    let huge = record(
        "items",
        &json!({"id": 2, "blob": "x".repeat(9 * 1024 * 1024)}),
    );
    let finished = world
        .load(
            &items(),
            &[
                record("items", &json!({"id": 1})),
                state("items", 1),
                huge,
                complete("items"),
            ],
            at_every_state(),
        )
        .await;
    let fault = finished.result.unwrap_err();
    assert_eq!(
        (&fault.kind, fault.stream.as_deref()),
        (&Kind::Data, Some("items"))
    );
    assert!(fault.message.contains("longer than 8 MiB"), "{fault}");
    assert_eq!(
        world.rows("SELECT count(*) FROM items").await,
        ["1"],
        "what its state covers is kept"
    );
}

#[tokio::test]
async fn a_broken_record_stops_the_run_and_garbage_does_not() {
    let world = World::new("broken").await;
    for broken in [
        r#"{"type":"RECORD","record":{"stream":"items","data":{"id":2}"#,
        r#"{"type":"STATE","state":{"type":"STREAM","stream":}}"#,
    ] {
        let garbage = [
            "npm warn deprecated".to_owned(),
            "{not json".to_owned(),
            "[1,2]".to_owned(),
            "null".to_owned(),
        ];
        let all = lines(&[
            ids("items", 0..1),
            garbage.to_vec(),
            vec![state("items", 1), broken.to_owned()],
            ids("items", 5..6),
        ]);
        let finished = world.load(&items(), &all, at_every_state()).await;
        assert_eq!(finished.result.unwrap_err().kind, Kind::Data);
        assert_eq!(finished.states, [stream_state("items", 1)]);
    }
    assert_eq!(world.rows("SELECT id FROM items").await, ["0", "0"]);
}

#[tokio::test]
async fn a_run_that_is_dropped_takes_back_what_is_not_committed() {
    let world = World::new("dropped").await;
    let (sender, input) = tokio::sync::mpsc::channel(4);
    let (events, mut told) = tokio::sync::mpsc::channel(100);
    let catalog = items();
    let run = sync::load::write(&world.target, &catalog, input, events, at_every_state());
    let rows = lines(&[
        ids("items", 0..5),
        vec![state("items", 1)],
        ids("items", 5..20_000),
    ])
    .join("\n")
        + "\n";
    sender.send(rows.into()).await.unwrap();
    tokio::select! {
        _ = run => panic!("the input is still open"),
        _ = told.recv() => {}
    }
    assert!(
        tokio::time::timeout(std::time::Duration::from_secs(20), sender.closed())
            .await
            .is_ok(),
        "the reading thread lets go of its input"
    );
    assert_eq!(world.rows("SELECT count(*) FROM items").await, ["5"]);
}

/// More runs at once than a login may have connections: they wait for each other.
#[tokio::test(flavor = "multi_thread")]
async fn runs_wait_for_a_connection_when_a_login_has_none_left() {
    let world = World::new("busy").await;
    world
        .run(
            "DROP ROLE IF EXISTS load_busy; CREATE ROLE load_busy LOGIN PASSWORD 'x' CONNECTION LIMIT 2;
             CREATE SCHEMA load_busy; GRANT USAGE, CREATE ON SCHEMA load_busy TO load_busy;
             DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO load_busy', current_database()); END $$",
        )
        .await;
    let mut target = world.target.clone();
    target.user = "load_busy".to_owned();
    target.password = SecretString::from("x".to_owned());
    let tenant = World {
        target,
        client: world.client,
    };
    let runs: Vec<_> = (0..6)
        .map(|number| {
            let name = format!("t{number}");
            let one = catalog(&[stream(
                &name,
                &json!({"id": {"type": "integer"}}),
                &json!({}),
            )]);
            let mut run = tenant.start(&one, at_every_state());
            tokio::spawn(async move {
                run.feed(&lines(&[
                    ids(&name, 0..3),
                    vec![state(&name, 3), complete(&name)],
                ]))
                .await;
                run.finish().await.result
            })
        })
        .collect();
    for run in runs {
        run.await.unwrap().unwrap();
    }
    // Whoever asks whether the destination works is told at once.
    let (one, two) = (
        tenant.target.connect_in_turn().await.unwrap(),
        tenant.target.connect_in_turn().await.unwrap(),
    );
    let fault = check(&tenant.target).await.unwrap_err();
    assert!(fault.message.contains("no more connections"), "{fault:?}");
    drop((one, two));
    tenant
        .run("DROP SCHEMA load_busy CASCADE; DROP OWNED BY load_busy; DROP ROLE load_busy")
        .await;
}
